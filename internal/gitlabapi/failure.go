package gitlabapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
)

// failure is an answer that is not what was asked for, in one of the predecessor's three shapes.
type failure struct {
	status int
	body   any
	header http.Header
}

// Error implements error.
func (f *failure) Error() string { return http.StatusText(f.status) }

// said answers {"message": text}, which is how the predecessor's own code refuses.
func said(status int, text string) *failure {
	return &failure{status: status, body: map[string]any{"message": text}}
}

// refused answers {"error": text}, which is how the predecessor's framework refuses.
func refused(status int, text string) *failure {
	return &failure{status: status, body: map[string]any{"error": text}}
}

func unauthorized() *failure { return said(http.StatusUnauthorized, "401 Unauthorized") }
func forbidden() *failure    { return said(http.StatusForbidden, "403 Forbidden") }

// notFound is for paths that nothing answers.
func notFound() *failure { return refused(http.StatusNotFound, "404 Not Found") }

// noRecord is for a record that is not where it was looked for. The lower case is the predecessor's.
func noRecord() *failure { return said(http.StatusNotFound, "404 Not found") }

// missing is for what the path names first: a Project or a Group.
func missing(what string) *failure { return said(http.StatusNotFound, "404 "+what+" Not Found") }

// insufficientScope is for a token that may only read.
func insufficientScope() *failure {
	return &failure{status: http.StatusForbidden, body: struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Scope       string `json:"scope"`
	}{"insufficient_scope", "The request requires higher privileges than provided by the access token.", "api"}}
}

// attribute is a value that was not acceptable, by the predecessor's name for it, and what it says of it.
type attribute struct {
	name     string
	messages []string
}

// attributes keep the order in which they were found, which a map would not.
type attributes []attribute

// MarshalJSON implements [json.Marshaler].
func (a attributes) MarshalJSON() ([]byte, error) {
	parts := make([]string, len(a))
	for i, found := range a {
		name, err := encode(found.name)
		if err != nil {
			return nil, err
		}
		messages, err := encode(found.messages)
		if err != nil {
			return nil, err
		}
		parts[i] = string(name) + ":" + string(messages)
	}
	return []byte("{" + strings.Join(parts, ",") + "}"), nil
}

// invalid answers {"message": {attribute: [text]}}.
func invalid(name string, messages ...string) *failure {
	return invalids(attributes{{name, messages}})
}

func invalids(found attributes) *failure {
	return &failure{status: http.StatusBadRequest, body: map[string]any{"message": found}}
}

// encode is JSON as browsers need not fear it: this API is read by programs, and by them as it is.
func encode(v any) ([]byte, error) {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err //nolint:wrapcheck // the caller says what was encoded
	}
	return []byte(strings.TrimSuffix(out.String(), "\n")), nil
}

// failureOf is the one place where an error of a domain becomes an answer. What is ours goes to the log only.
func (h *Handler) failureOf(ctx context.Context, err error) *failure {
	if known, ok := errors.AsType[*failure](err); ok {
		return known
	}
	known, ok := apperr.From(err)
	if !ok || known.Code == apperr.Internal {
		h.Log.ErrorContext(ctx, "request failed", slog.Any("error", err))
		return said(http.StatusInternalServerError, "500 Internal Server Error")
	}
	switch known.Code {
	case apperr.NotFound:
		return noRecord()
	case apperr.Unauthenticated:
		return unauthorized()
	case apperr.Forbidden:
		return forbidden()
	case apperr.RateLimited:
		return h.tooMany(known)
	case apperr.ValidationFailed:
		return invalid("base", sentence(known))
	default:
		return said(known.Status(), sentence(known))
	}
}

// sentence is what we say to people, the hint with it.
func sentence(e *apperr.Error) string {
	parts := slices.DeleteFunc([]string{e.Message, e.Hint}, func(s string) bool { return s == "" })
	return strings.Join(parts, " ")
}
