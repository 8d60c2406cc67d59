package release

import (
	"fmt"
	"strings"
)

// Object names one object of the cluster.
type Object struct {
	Kind      string
	Namespace string // empty for objects of the whole cluster
	Name      string
	Reason    string // one word on why it is not as it should be, if known, such as "ImagePullBackOff"
}

// String is the form in which people see it: "Deployment web/web (ImagePullBackOff)".
func (o Object) String() string {
	s := o.Kind + " " + o.Name
	if o.Namespace != "" {
		s = o.Kind + " " + o.Namespace + "/" + o.Name
	}
	if o.Reason != "" {
		s += " (" + o.Reason + ")"
	}
	return s
}

// NotReadyError says that objects did not become ready, or did not vanish, in time.
type NotReadyError struct {
	Objects []Object
	Err     error // what ended the waiting
}

// Error names the objects.
func (e *NotReadyError) Error() string {
	return fmt.Sprintf("not ready: %s: %v", join(e.Objects), e.Err)
}

// Unwrap returns what ended the waiting.
func (e *NotReadyError) Unwrap() error { return e.Err }

// PodRefusedError says that the cluster refuses to create the pods of objects, which time will not heal.
type PodRefusedError struct{ Objects []Object }

// Error names the objects.
func (e *PodRefusedError) Error() string { return "pods are refused: " + join(e.Objects) }

// HookError says that a hook of the chart failed or did not end in time.
type HookError struct {
	Objects []Object
	Err     error
}

// Error names the hook.
func (e *HookError) Error() string { return fmt.Sprintf("hook %s failed: %v", join(e.Objects), e.Err) }

// Unwrap returns how the hook failed.
func (e *HookError) Unwrap() error { return e.Err }

func join(objects []Object) string {
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = o.String()
	}
	return strings.Join(names, ", ")
}
