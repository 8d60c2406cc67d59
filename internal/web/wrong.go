package web

import (
	"errors"
	"net/http"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// wrong is what was not accepted of a form: the error, and the field that it is about, empty when it is about no single
// one. The zero value says that nothing is wrong.
type wrong struct {
	Field string
	Error *apperr.Error
}

// refusal is what a form shows of an error, together with all that was typed. It is false for errors that are not
// about what was asked for.
func refusal(err error) (wrong, bool) {
	known, ok := apperr.From(err)
	if !ok || known.Status() >= http.StatusInternalServerError || known.Code == apperr.NotFound {
		return wrong{}, false
	}
	refused := wrong{Error: known}
	if about, ok := errors.AsType[*provision.FieldError](err); ok {
		refused.Field = about.Field
	}
	return refused, true
}

// Status is that of the answer which shows the form.
func (w wrong) Status() int {
	if w.Error == nil {
		return http.StatusOK
	}
	return w.Error.Status()
}
