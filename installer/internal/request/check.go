package request

import (
	"fmt"
	"regexp"
)

// maxTimeout is the longest operation in seconds: two hours, the most that a catalog entry may ask for.
const maxTimeout = 2 * 60 * 60

// WaitWatcher waits for readiness by watching; it is the only way that is supported.
const WaitWatcher = "watcher"

// check compares every field with the grammar of what it names, so that none can mean more than that later: a
// chart's name becomes part of an address, a release's name part of a Secret's.
func (q Request) check() error {
	if q.Action != Install && q.Action != Uninstall {
		return fmt.Errorf("action is not %q or %q", Install, Uninstall)
	}
	if q.Wait != WaitWatcher {
		return fmt.Errorf("wait is not %q", WaitWatcher)
	}
	if q.TimeoutSeconds < 1 || q.TimeoutSeconds > maxTimeout {
		return fmt.Errorf("timeout_seconds is not from 1 to %d", maxTimeout)
	}
	return firstMismatch(append(q.nameFields(), q.chartFields()...))
}

// field is one text and the grammar it keeps.
type field struct {
	name    string
	value   string
	grammar string
	most    int // bytes
}

const (
	label   = `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
	token   = `[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?`
	version = `v?[0-9]+(\.[0-9]+){0,2}(-[-.0-9A-Za-z]+)?(\+[-.0-9A-Za-z]+)?`
	digest  = `(sha256:[0-9a-f]{64})?`
)

func (q Request) nameFields() []field {
	return []field{
		{"operation", q.Operation, token, 64},
		{"application", q.Application, label, 63},
		{"release", q.Release, label + `(\.` + label + `)*`, 53},
		{"namespace", q.Namespace, label, 63},
	}
}

// chartFields are those of an install; an uninstall needs no chart.
func (q Request) chartFields() []field {
	if q.Action == Uninstall {
		return nil
	}
	return []field{
		{"chart.name", q.Chart.Name, token, 250},
		{"chart.version", q.Chart.Version, version, 128},
		{"chart.digest", q.Chart.Digest, digest, 71},
		{"chart.repository", q.Chart.Repository, `(https|http|oci)://\S+`, 2048},
	}
}

func firstMismatch(fields []field) error {
	for _, f := range fields {
		if len(f.value) > f.most || !regexp.MustCompile(`^(?:`+f.grammar+`)$`).MatchString(f.value) {
			return fmt.Errorf("%s is not acceptable", f.name)
		}
	}
	return nil
}
