package telemetry

import (
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// longestText bounds a field, in bytes: no name in Kubernetes is longer.
const longestText = 256

// Entry is one line of kubernetes.log. Fields at their zero value are left out of the line. It has no field for a body, a
// header or a credential on purpose.
type Entry struct {
	// Level is at least [slog.LevelWarn] for a failure, which is then repeated on the process log.
	Level slog.Level

	// What was addressed.
	ClusterID int64
	ProjectID int64 // 0: that of the context
	Namespace string
	Verb      string // as in the authorization API: get, list, watch, create, patch, delete …
	Group     string // API group; empty is core
	Resource  string
	Name      string

	// How it went.
	Status   int           // HTTP status; 0 when no answer came
	Code     string        // our code; empty when it went well
	Duration time.Duration // written in milliseconds
	Attempt  int           // counts from 1
	Raw      string        // the far side's own words; written cut and quoted

	// Why it happened.
	Job   string // what was being advanced, for example "namespace/17"
	Event string // the predecessor's names: begin_create, failed_to_create_namespace, begin_install …
}

func (e Entry) attrs() []slog.Attr {
	attrs := make([]slog.Attr, 0, 14)
	attrs = appendNumber(attrs, "cluster_id", e.ClusterID)
	attrs = appendNumber(attrs, "project_id", e.ProjectID)
	attrs = appendText(attrs, "namespace", e.Namespace)
	attrs = appendText(attrs, "verb", e.Verb)
	attrs = appendText(attrs, "group", e.Group)
	attrs = appendText(attrs, "resource", e.Resource)
	attrs = appendText(attrs, "name", e.Name)
	attrs = appendNumber(attrs, "status", int64(e.Status))
	attrs = appendText(attrs, "code", e.Code)
	if e.Duration != 0 {
		attrs = append(attrs, slog.Float64("duration_ms", float64(e.Duration.Microseconds())/1000))
	}
	attrs = appendNumber(attrs, "attempt", int64(e.Attempt))
	attrs = appendText(attrs, "job", e.Job)
	attrs = appendText(attrs, "event", e.Event)
	if e.Raw != "" {
		attrs = append(attrs, slog.String("raw", apperr.Quote(e.Raw)))
	}
	return attrs
}

func appendText(attrs []slog.Attr, key, value string) []slog.Attr {
	if value == "" {
		return attrs
	}
	return append(attrs, slog.String(key, value[:min(len(value), longestText)]))
}

func appendNumber(attrs []slog.Attr, key string, value int64) []slog.Attr {
	if value == 0 {
		return attrs
	}
	return append(attrs, slog.Int64(key, value))
}
