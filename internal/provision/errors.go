package provision

import (
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
)

// What callers of Cloud branch on.
var (
	ErrStackExists   = errors.New("a stack of this name exists")
	ErrStackNotFound = errors.New("there is no such stack")
)

// Class says what to do about a failure of a cloud.
type Class string

// The classes. The first three are no failures of a run: it goes on later, with a new session where one expired.
const (
	Throttled   Class = "throttled"
	Transient   Class = "transient"
	Expired     Class = "expired"
	Denied      Class = "permissions" // tried again for a while: rights take time to reach everywhere
	Invalid     Class = "validation"
	Quota       Class = "quota"
	Capacity    Class = "capacity" // of a zone
	NameTaken   Class = "name_taken"
	Unreachable Class = "unreachable" // the cluster, not the cloud
	TimedOut    Class = "timeout"
	Gone        Class = "gone" // somebody deleted it
	Unknown     Class = "unknown"
)

// CloudError is a failure that a cloud reported. Cause holds its own words.
type CloudError struct {
	Class  Class
	Code   apperr.Code
	Action string // that was denied, such as "cloudformation:CreateStack"; empty when unknown
	Cause  error
}

// Error implements error. It is for the log: it holds what the cloud said.
func (e *CloudError) Error() string { return fmt.Sprintf("%s: %v", e.Class, e.Cause) }

// Unwrap implements errors.Unwrap, and gives the error its code.
func (e *CloudError) Unwrap() []error { return []error{apperr.Of(e.Code), e.Cause} }

// ClassOf returns the class of a failure of a cloud, Unknown when it has none.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*CloudError](err); ok {
		return e.Class
	}
	return Unknown
}

// FieldError is the cause of an error about one field of what somebody asked for, named as the error's sentence names it.
type FieldError struct{ Field string }

// Error implements error.
func (e *FieldError) Error() string { return e.Field }
