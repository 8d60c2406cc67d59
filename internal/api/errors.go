package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// problemContent is the media type of RFC 9457.
const problemContent = "application/problem+json"

// documentation is where the pages are published that explain the codes.
const documentation = "https://github.com/roadstead/roadstead/blob/main/docs/"

// Problem is the one shape of an error answer.
//
//nolint:errname // the name is that of RFC 9457
type Problem struct {
	Type   string      `json:"type" doc:"Where the documentation explains the code"`
	Title  string      `json:"title" doc:"What happened, in one sentence"`
	Status int         `json:"status" doc:"The HTTP status"`
	Code   apperr.Code `json:"code" doc:"A member of the closed set of error codes"`
	Detail string      `json:"detail,omitempty" doc:"What is wrong with this request"`
	Hint   string      `json:"hint,omitempty" doc:"What to do about it"`
	Fields []Field     `json:"fields,omitempty" doc:"The values that were not acceptable"`
	// CorrelationID finds the log lines of a failure of ours.
	CorrelationID string `json:"correlation_id,omitempty" doc:"Finds the log lines of an internal error"`
	// After is what Retry-After says; 0 means a minute.
	After time.Duration `json:"-"`
}

// Field names one value of a request that was not acceptable. It never repeats the value.
type Field struct {
	Location string `json:"location" doc:"For example body.name"`
	Message  string `json:"message"`
}

// Error implements error, so that handlers can return a Problem.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Title }

// GetStatus implements [huma.StatusError].
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements [huma.ContentTypeFilter].
func (p *Problem) ContentType(string) string { return problemContent }

// GetHeaders implements [huma.HeadersError].
func (p *Problem) GetHeaders() http.Header {
	header := http.Header{}
	switch {
	case p.Status == http.StatusUnauthorized:
		header.Set("WWW-Authenticate", `Bearer realm="roadstead"`)
	case p.Status == http.StatusTooManyRequests, p.Code == apperr.IdempotencyInProgress:
		header.Set("Retry-After", strconv.Itoa(retrySeconds(p.After)))
	case p.Status == http.StatusServiceUnavailable:
		header.Set("Retry-After", "5")
	}
	return header
}

// retrySeconds rounds up: who comes back on the second must not be early.
func retrySeconds(after time.Duration) int {
	if after <= 0 {
		after = time.Minute
	}
	return int((after + time.Second - 1) / time.Second)
}

// write sends the problem where huma does not.
func (p *Problem) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", problemContent)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) //nolint:errchkjson // fails only when the reader is gone
}

// problem is the one place where an error becomes an answer. An error without a code is ours: its text goes to the log
// only, under the correlation id that the answer names.
func (h *Handler) problem(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	known, ok := apperr.From(err)
	if !ok {
		known = apperr.Of(apperr.Internal).With(err)
	}
	p := problemOf(known)
	if problems, ok := errors.AsType[cluster.Problems](err); ok {
		p.Fields = fieldsOf(problems)
	}
	if known.Code == apperr.Internal {
		p.CorrelationID = telemetry.Correlation(ctx)
		h.Log.ErrorContext(ctx, "request failed", slog.Any("error", known))
	}
	return p
}

// fieldsOf names what is wrong with a cluster by the fields of its body.
func fieldsOf(problems cluster.Problems) []Field {
	fields := make([]Field, 0, len(problems))
	for _, invalid := range problems {
		name := strings.TrimPrefix(invalid.Attribute, "platform_kubernetes.")
		if name == "ca_cert" {
			name = "ca"
		}
		for _, message := range invalid.Messages {
			fields = append(fields, Field{Location: "body." + name, Message: strings.TrimSpace(message)})
		}
	}
	return fields
}

func problemOf(e *apperr.Error) *Problem {
	return &Problem{
		Type: documentation + e.Code.Anchor(), Title: e.Message, Status: e.Status(), Code: e.Code, Hint: e.Hint, After: e.After,
	}
}

// replaceErrorModel turns the errors that huma finds in a request into our shape. It leaves out the values, which may
// be secrets.
func (h *Handler) replaceErrorModel(c huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	if model.Status >= http.StatusInternalServerError {
		return h.problem(c.Context(), errors.New(model.Detail)), nil
	}
	code := apperr.InvalidRequest
	if model.Status == http.StatusUnprocessableEntity {
		code = apperr.ValidationFailed
	}
	p := problemOf(apperr.Of(code))
	p.Status = model.Status
	p.describe(model)
	return p, nil
}

func (p *Problem) describe(model *huma.ErrorModel) {
	said := make([]string, 0, len(model.Errors))
	for _, e := range model.Errors {
		p.Fields = append(p.Fields, Field{Location: e.Location, Message: e.Message})
		said = append(said, strings.TrimPrefix(e.Location+": ", ": ")+e.Message)
	}
	p.Detail = strings.Join(said, "; ")
	if p.Detail == "" {
		p.Detail = model.Detail
	}
}
