package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
)

// wrong is what was not accepted of a form: the error, and the field that it is about, empty when it is about no single
// one. The zero value says that nothing is wrong.
type wrong struct {
	Field string
	Error *apperr.Error
	// Problems are those of several fields at once.
	Problems cluster.Problems
}

// refusal is what a form shows of an error, together with all that was typed. It is false for errors that are not
// about what was asked for.
func refusal(err error) (wrong, bool) {
	known, ok := apperr.From(err)
	if !ok || known.Status() >= http.StatusInternalServerError || known.Code == apperr.NotFound {
		return wrong{}, false
	}
	refused := wrong{Field: known.Field, Error: known}
	if about, ok := errors.AsType[*provision.FieldError](err); ok {
		refused.Field = about.Field
	}
	if problems, ok := errors.AsType[cluster.Problems](err); ok {
		refused.Problems = problems
	}
	return refused, true
}

// On is what is wrong with a field, in words; empty when nothing is.
func (w wrong) On(field string) string {
	if w.Error != nil && w.Field == field {
		return w.Error.Hint
	}
	for _, problem := range w.Problems {
		if problem.Attribute == field {
			return capital(strings.TrimSpace(strings.Join(problem.Messages, ", "))) + "."
		}
	}
	return ""
}

// Status is that of the answer which shows the form.
func (w wrong) Status() int {
	if w.Error == nil {
		return http.StatusOK
	}
	return w.Error.Status()
}
