package api

import "github.com/roadstead/roadstead/internal/apperr"

// Reason says in our words why something is not as it should be.
type Reason struct {
	Code   apperr.Code `json:"code"`
	Title  string      `json:"title"`
	Hint   string      `json:"hint,omitempty"`
	Detail []string    `json:"detail,omitempty" doc:"What exactly, for example the rights that are missing"`
}

// reasonOf explains a code; nil for none.
func reasonOf(code apperr.Code, detail ...string) *Reason {
	if code == "" {
		return nil
	}
	e := apperr.Of(code)
	return &Reason{Code: e.Code, Title: e.Message, Hint: e.Hint, Detail: detail}
}
