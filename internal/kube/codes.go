package kube

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/egress"
)

// What callers branch on beyond the code.
var (
	// ErrExists means that Create found an object of that name. Its code is cluster_conflict.
	ErrExists = errors.New("the object exists")
	// ErrExpired means that a list or watch must start anew (410 Gone). Its code is cluster_conflict.
	ErrExpired = errors.New("the version is too old")
)

// Classify gives every failure of a call its code. What is no failure of the cluster keeps its own code, or is
// "interrupted" when the caller gave up. It returns nil for nil.
func Classify(err error) *apperr.Error {
	if err == nil {
		return nil
	}
	if e, ok := apperr.From(err); ok {
		return e
	}
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok {
		return classifyStatus(status.Status(), err)
	}
	if refused, ok := errors.AsType[*egress.RefusedError](err); ok {
		return addressRefused(refused, err)
	}
	return apperr.Of(codeOfTransport(err)).With(err)
}

// classify is Classify as an error, so that nil stays nil.
func classify(err error) error {
	if e := Classify(err); e != nil {
		return e
	}
	return nil
}

// addressRefused names the setting that opens an address, if the address is what was typed in. What a name
// resolves to is told to administrators only, by the log.
func addressRefused(refused *egress.RefusedError, err error) *apperr.Error {
	e := apperr.Of(apperr.ClusterAddressRefused).With(err)
	if refused.Setting != "" && refused.Host == refused.Addr.String() {
		return e.WithHint("An administrator can allow this address with " + refused.Setting + ".")
	}
	return e
}

func classifyStatus(s metav1.Status, err error) *apperr.Error {
	e := apperr.Of(codeOfStatus(int(s.Code)))
	switch {
	case s.Reason == metav1.StatusReasonAlreadyExists:
		return e.With(errors.Join(ErrExists, err))
	case s.Code == http.StatusGone, s.Reason == metav1.StatusReasonExpired:
		return e.With(errors.Join(ErrExpired, err))
	}
	return e.With(err)
}

// codeOfStatus maps the HTTP status of an answer.
func codeOfStatus(status int) apperr.Code {
	switch status {
	case http.StatusUnauthorized:
		return apperr.ClusterUnauthorized
	case http.StatusForbidden:
		return apperr.ClusterForbidden
	case http.StatusNotFound:
		return apperr.ClusterNotFound
	case http.StatusConflict, http.StatusGone:
		return apperr.ClusterConflict
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return apperr.ClusterInvalid
	case http.StatusTooManyRequests:
		return apperr.ClusterThrottled
	case http.StatusGatewayTimeout:
		return apperr.ClusterTimeout
	}
	if status >= 500 {
		return apperr.ClusterServerError
	}
	return apperr.ClusterBadResponse
}

// codeOfTransport maps what went wrong before there was an answer, or while it was read.
func codeOfTransport(err error) apperr.Code {
	switch {
	case errors.Is(err, context.Canceled):
		return apperr.Interrupted
	case isTimeout(err):
		return apperr.ClusterTimeout
	case codeOfTLS(err) != "":
		return codeOfTLS(err)
	case isRefused(err):
		return apperr.ClusterRefused
	}
	return apperr.ClusterBadResponse
}

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

func isRefused(err error) bool {
	for _, errno := range []error{
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, syscall.EHOSTUNREACH, syscall.ENETUNREACH,
		io.ErrUnexpectedEOF, io.EOF, net.ErrClosed,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	if reset, ok := errors.AsType[resetError](err); ok {
		return reset.Code != protocolError
	}
	_, ok := errors.AsType[*net.OpError](err)
	return ok
}

// resetError has the shape into which net/http lets its error for a reset HTTP/2 stream be read.
type resetError struct {
	StreamID, Code uint32
	Cause          error
}

// protocolError is the code of a stream that broke the rules of HTTP/2 (RFC 9113, 7).
const protocolError = 1

// Error gives the code.
func (r resetError) Error() string { return fmt.Sprintf("the stream was reset with code %d", r.Code) }

// Unwrap gives the cause.
func (r resetError) Unwrap() error { return r.Cause }

func codeOfTLS(err error) apperr.Code {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return apperr.ClusterTLSUntrusted
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return apperr.ClusterTLSHostname
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return apperr.ClusterTLSExpired
		}
		return apperr.ClusterTLSUntrusted
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return apperr.ClusterTLSUntrusted
	}
	_, record := errors.AsType[tls.RecordHeaderError](err)
	op, isOp := errors.AsType[*net.OpError](err)
	if record || isOp && (op.Op == "remote error" || op.Op == "local error") { // how crypto/tls reports its alerts
		return apperr.ClusterTLSFailed
	}
	return ""
}

// outcomeOf says what a finished round trip means for the breaker.
func outcomeOf(ctx context.Context, err error) outcome {
	switch {
	case err == nil:
		return reached
	case errors.Is(ctx.Err(), context.Canceled):
		return unknown
	}
	if _, ok := errors.AsType[*egress.RefusedError](err); ok {
		return unknown // nothing was dialled, and it must stay visible as what it is
	}
	return unreachable
}
