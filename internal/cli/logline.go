package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// logLine is a line of kubernetes.log.
type logLine struct {
	Time          time.Time   `json:"time"`
	Level         string      `json:"level"`
	CorrelationID string      `json:"correlation_id"`
	ClusterID     int64       `json:"cluster_id"`
	ProjectID     int64       `json:"project_id"`
	Namespace     string      `json:"namespace"`
	Verb          string      `json:"verb"`
	Group         string      `json:"group"`
	Resource      string      `json:"resource"`
	Name          string      `json:"name"`
	Status        int         `json:"status"`
	Code          apperr.Code `json:"code"`
	Milliseconds  float64     `json:"duration_ms"`
	Attempt       int         `json:"attempt"`
	Job           string      `json:"job"`
	Event         string      `json:"event"`
	Raw           string      `json:"raw"`

	// torn is the text of a line that cannot be read.
	torn string
}

func readLogLine(text []byte) logLine {
	var l logLine
	if err := json.Unmarshal(text, &l); err != nil {
		return logLine{torn: string(text)}
	}
	return l
}

// failed reports whether the line is about a failure. That something is not there, or is there already, is an answer.
func (l logLine) failed() bool { return l.Level != "INFO" && l.Level != "DEBUG" }

// words says the line to people.
func (l logLine) words() string {
	if l.torn != "" {
		return "a line that cannot be read: " + clean(l.torn)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  cluster %d  %s", l.Time.UTC().Format(time.RFC3339), l.ClusterID, l.what())
	if l.Code != "" {
		fmt.Fprintf(&b, " %s (%s)", apperr.Of(l.Code).Message, l.Code)
	}
	if l.Raw != "" {
		b.WriteString(" It said " + l.Raw) // quoted by the writer of the log
	}
	return clean(b.String() + l.why())
}

// what says what was done, and how it went.
func (l logLine) what() string {
	if l.Verb == "" {
		return l.happened()
	}
	object := strings.TrimSuffix(l.Resource+"."+l.Group, ".")
	if l.Name != "" {
		object += " " + l.Name
	}
	if l.Namespace != "" {
		object += " in " + l.Namespace
	}
	took := time.Duration(l.Milliseconds * float64(time.Millisecond)).Round(100 * time.Microsecond)
	switch {
	case l.failed():
		return fmt.Sprintf("%s %s: failed after %s.", l.Verb, object, took)
	case l.Code != "":
		return fmt.Sprintf("%s %s: answered in %s.", l.Verb, object, took)
	}
	return fmt.Sprintf("%s %s: done in %s.", l.Verb, object, took)
}

// happened says an event.
func (l logLine) happened() string {
	action, begins := strings.CutPrefix(l.Event, "begin_")
	switch {
	case l.Event == "begin_create":
		return "begins to create namespace " + l.Namespace + "."
	case l.Event == "failed_to_create_namespace":
		return "namespace " + l.Namespace + " could not be created."
	case l.Event == "deleting_project_namespace":
		return "deletes namespace " + l.Namespace + "."
	case begins:
		return "begins to " + action + " " + l.Name + " in " + l.Namespace + "."
	}
	return l.Event + "."
}

// why says what the line belongs to.
func (l logLine) why() string {
	var parts []string
	if l.Job != "" {
		parts = append(parts, l.Job)
	}
	if l.Attempt > 1 {
		parts = append(parts, fmt.Sprintf("try %d", l.Attempt))
	}
	if l.ProjectID != 0 {
		parts = append(parts, fmt.Sprintf("project %d", l.ProjectID))
	}
	if l.CorrelationID != "" {
		parts = append(parts, l.CorrelationID)
	}
	if len(parts) == 0 {
		return ""
	}
	return "  [" + strings.Join(parts, ", ") + "]"
}

// logFilter chooses lines. Its zero value passes all.
type logFilter struct {
	cluster                      int64
	namespace, code, correlation string
	failures                     bool
	since                        time.Time
}

func (f logFilter) passes(l logLine) bool {
	switch {
	case f == logFilter{}:
		return true
	case l.torn != "",
		f.cluster != 0 && f.cluster != l.ClusterID,
		f.namespace != "" && f.namespace != l.Namespace,
		f.code != "" && f.code != string(l.Code),
		f.correlation != "" && f.correlation != l.CorrelationID,
		f.failures && !l.failed():
		return false
	}
	return !l.Time.Before(f.since)
}
