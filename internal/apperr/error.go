package apperr

import (
	"errors"
	"log/slog"
	"strconv"
	"time"
)

// maxDetail is how many bytes of a foreign error text a log line may hold.
const maxDetail = 256

// Error is the one error that people and programs outside may see: a code, a safe sentence and a hint.
// The error it wraps may hold foreign text, so Error leaves it out; wrap an Error freely with fmt.Errorf.
type Error struct {
	Code    Code
	Message string        // one safe sentence, written by us
	Hint    string        // what to do about it; may be empty
	Field   string        // of what was asked for, that it is about; empty for no single one
	After   time.Duration // before which another try is of no use; 0 when nothing is known
	err     error
}

// New makes an error with a sentence and a hint of its own. Prefer Of where the table's words fit.
func New(code Code, message, hint string) *Error {
	return &Error{Code: code, Message: message, Hint: hint}
}

// Wrap is New around the cause err, which may hold foreign text.
func Wrap(err error, code Code, message, hint string) *Error {
	return &Error{Code: code, Message: message, Hint: hint, err: err}
}

// Of makes the error of a code with the words of the table. An unknown code becomes Internal.
func Of(code Code) *Error {
	e, ok := Lookup(code)
	if !ok {
		e, _ = Lookup(Internal)
	}
	return &Error{Code: e.Code, Message: e.Message, Hint: e.Hint}
}

// With returns a copy that wraps err.
func (e *Error) With(err error) *Error {
	c := *e
	c.err = err
	return &c
}

// WithHint returns a copy with another hint. The hint must be text of ours.
func (e *Error) WithHint(hint string) *Error {
	c := *e
	c.Hint = hint
	return &c
}

// WithMessage returns a copy with another sentence. The sentence must be text of ours.
func (e *Error) WithMessage(message string) *Error {
	c := *e
	c.Message = message
	return &c
}

// WithField returns a copy that says which field of what was asked for it is about.
func (e *Error) WithField(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// WithAfter returns a copy that says how long to wait before the next try. A negative time means none.
func (e *Error) WithAfter(d time.Duration) *Error {
	c := *e
	c.After = max(0, d)
	return &c
}

// Error returns code and sentence. It never holds the text of the wrapped error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.err }

// Status is the HTTP status of the error's code.
func (e *Error) Status() int { return e.Code.Status() }

// LogValue shows the cause to the log: quoted and cut, since it may be written by a hostile cluster.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("code", string(e.Code)), slog.String("message", e.Message)}
	if e.err != nil {
		attrs = append(attrs, slog.String("detail", Quote(e.err.Error())))
	}
	return slog.GroupValue(attrs...)
}

// Quote makes foreign text fit for a log line: cut to 256 bytes, then quoted, so that no control, bidi or
// escape character survives.
func Quote(s string) string {
	if len(s) > maxDetail {
		s = s[:maxDetail]
	}
	return strconv.QuoteToASCII(s)
}

// From finds the Error in err's tree.
func From(err error) (*Error, bool) { return errors.AsType[*Error](err) }

// CodeOf returns the code of err: empty for nil, Internal when it has none.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := From(err); ok {
		return e.Code
	}
	return Internal
}

// AfterOf returns how long to wait before what failed with err is tried again. It is the longest time that an
// Error anywhere in err's tree gives; false when none does.
func AfterOf(err error) (time.Duration, bool) {
	var longest time.Duration
	if e, ok := err.(*Error); ok { //nolint:errorlint // the tree is walked here
		longest = e.After
	}
	switch e := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		after, _ := AfterOf(e.Unwrap())
		longest = max(longest, after)
	case interface{ Unwrap() []error }:
		for _, branch := range e.Unwrap() {
			after, _ := AfterOf(branch)
			longest = max(longest, after)
		}
	}
	return longest, longest > 0
}
