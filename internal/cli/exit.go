package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
)

// Exit codes. They are part of the interface: see the package documentation.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitRefused     = 4
	exitUnavailable = 5
	exitKeyMissing  = 6
	exitDiffers     = 7
	exitInterrupted = 130
)

// exitCode is one row of their documentation.
type exitCode struct {
	code    int
	meaning string
}

func exitCodes() []exitCode {
	return []exitCode{
		{exitOK, "done"},
		{exitFailed, "the work was begun and failed, or something went wrong on our side"},
		{exitUsage, "the command line or a file it names is not understood"},
		{exitNotFound, "there is no such thing"},
		{exitRefused, "the request was refused: not valid, not allowed, or in conflict with the present state"},
		{exitUnavailable, "the server cannot be reached, or something that it needs did not answer in time"},
		{exitKeyMissing, "a key that stored credentials are sealed to is missing"},
		{exitDiffers, "`apply`: the server differs from the file, after a dry run or where a cluster waits for its token"},
		{exitInterrupted, "interrupted"},
	}
}

// usageError is a mistake in the command line that cobra cannot find.
type usageError string

func (e usageError) Error() string { return string(e) }

// settingsError is a setting that cannot be used.
type settingsError struct{ error }

func (e *settingsError) Unwrap() error { return e.error }

// failure is work that was begun and failed.
type failure struct {
	api.Reason
}

func (f *failure) Error() string { return string(f.Code) + ": " + f.Title }

// failed makes the error of work that ended with a reason; nil for none.
func failed(reason *api.Reason) error {
	if reason == nil {
		return nil
	}
	return &failure{*reason}
}

// report tells what went wrong and returns the exit code.
func (r *run) report(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil {
		fmt.Fprintln(r.Err, "roadstead: interrupted")
		return exitInterrupted
	}
	usage, ok := errors.AsType[usageError](err)
	if !ok && !r.began {
		usage, ok = usageError(err.Error()), true
	}
	if ok {
		r.explain(api.Reason{Title: string(usage), Hint: "`roadstead help` and `--help` after any command show how it is used."})
		return exitUsage
	}
	reason, code := diagnose(err)
	if _, ok := errors.AsType[*settingsError](err); ok {
		code = exitUsage
	}
	r.explain(reason)
	return code
}

// diagnose turns an error into what is shown of it and the exit code.
func diagnose(err error) (api.Reason, int) {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.Reason, exitFailed
	}
	if d, ok := errors.AsType[*differs](err); ok {
		return d.Reason, exitDiffers
	}
	if p, ok := errors.AsType[*api.Problem](err); ok {
		reason := api.Reason{Code: p.Code, Title: p.Title, Hint: p.Hint}
		if p.Detail != "" {
			reason.Detail = []string{p.Detail}
		}
		if p.CorrelationID != "" {
			reason.Detail = append(reason.Detail, "correlation id "+p.CorrelationID)
		}
		return reason, exitOf(p.Status)
	}
	if e, ok := apperr.From(err); ok {
		reason := api.Reason{Code: e.Code, Title: e.Message, Hint: e.Hint}
		if e.Code == apperr.CredentialKey {
			return reason, exitKeyMissing
		}
		return reason, exitOf(e.Status())
	}
	return api.Reason{Title: err.Error()}, exitFailed
}

func exitOf(status int) int {
	switch {
	case status == http.StatusNotFound:
		return exitNotFound
	case status == http.StatusBadGateway, status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return exitUnavailable
	case status >= http.StatusInternalServerError:
		return exitFailed
	default:
		return exitRefused
	}
}

// explain prints an error the way every command does.
func (r *run) explain(reason api.Reason) {
	line := "roadstead: " + clean(reason.Title)
	if reason.Code != "" {
		line += fmt.Sprintf(" (%s)", clean(string(reason.Code)))
	}
	fmt.Fprintln(r.Err, line)
	for _, detail := range reason.Detail {
		fmt.Fprintln(r.Err, "  "+clean(detail))
	}
	if reason.Hint != "" {
		fmt.Fprintln(r.Err, "hint: "+clean(reason.Hint))
	}
}
