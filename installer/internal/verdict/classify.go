package verdict

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/roadstead/roadstead/installer/internal/chart"
	"github.com/roadstead/roadstead/installer/internal/release"
	"github.com/roadstead/roadstead/installer/internal/values"
)

// Classify gives an error its code and names what it is about.
func Classify(err error) (Code, []string) {
	for _, classify := range []func(error) (Code, []string){ofOurs, ofAPI, ofHelm, ofConnection} {
		if code, detail := classify(err); code != "" {
			return code, detail
		}
	}
	return InstallFailed, nil
}

// ofOurs knows the errors of our own packages, which say what they are about.
func ofOurs(err error) (Code, []string) {
	if e, ok := errors.AsType[*values.RefusedError](err); ok {
		return ValuesRefused, e.Paths
	}
	if e, ok := errors.AsType[*release.RightsError](err); ok {
		return RightsMissing, []string{e.Verb + " " + e.Resource}
	}
	if e, ok := errors.AsType[*release.PodRefusedError](err); ok {
		return PodRefused, names(e.Objects)
	}
	if e, ok := errors.AsType[*release.HookError](err); ok {
		return HookFailed, names(e.Objects)
	}
	if e, ok := errors.AsType[*release.NotReadyError](err); ok {
		return NotReadyInTime, names(e.Objects)
	}
	return ofChart(err), nil
}

// ofChart knows the errors of getting a chart.
func ofChart(err error) Code {
	switch {
	case errors.Is(err, chart.ErrAddress):
		return RepositoryAddressRefuse
	case errors.Is(err, chart.ErrDigest):
		return ChartDigestMismatch
	case errors.Is(err, chart.ErrNotFound):
		return ChartNotFound
	case errors.Is(err, chart.ErrUnreachable):
		return RepositoryUnreachable
	case errors.Is(err, chart.ErrInvalid):
		return ChartInvalid
	}
	return ""
}

func names(objects []release.Object) []string {
	list := make([]string, len(objects))
	for i, o := range objects {
		list[i] = o.String()
	}
	return list
}

// ofAPI knows the answers of the API server.
func ofAPI(err error) (Code, []string) {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok {
		return "", nil
	}
	answer := status.Status()
	switch {
	case apierrors.IsUnauthorized(err):
		return RightsMissing, []string{"authenticate"}
	case apierrors.IsForbidden(err):
		return ofForbidden(answer.Message)
	case apierrors.IsTimeout(err), apierrors.IsServerTimeout(err), apierrors.IsTooManyRequests(err):
		return ClusterTimeout, nil
	case apierrors.IsConflict(err):
		return ReleaseConflict, about(answer)
	}
	if fields := mistyped(answer.Message); fields != nil {
		return ValuesRefused, fields
	}
	return InstallFailed, append(webhook(answer.Message), about(answer)...)
}

// ofConnection knows what is left when nobody answered.
func ofConnection(err error) (Code, []string) {
	network, ok := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return NotReadyInTime, nil
	case ok && network.Timeout():
		return ClusterTimeout, nil
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.ErrUnexpectedEOF), ok:
		return ClusterRefused, nil
	}
	return "", nil
}
