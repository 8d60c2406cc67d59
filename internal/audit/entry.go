package audit

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxText bounds, in bytes, every text of a row.
const maxText = 256

// Object is what was acted on. Its name is what it was called at that time.
type Object struct {
	Kind string
	ID   int64
	Name string
}

// Entry is what a domain records of a change, in the transaction of the change. A change that changed nothing has none.
type Entry struct {
	// Action is noun.verb, for example "cluster.attach".
	Action string
	Object Object
	// GroupID and ProjectID say whose record it belongs to: at most one is set, none for the instance.
	GroupID   int64
	ProjectID int64
	// ClusterID, where neither is set, stands for the owner of that cluster, whom the store looks up.
	ClusterID int64
	// Detail tells more, under keys of a closed list: never a body, a header or a secret.
	Detail map[string]string
}

// Act is an entry by who acts in a context, where it is not that of the caller.
type Act struct {
	Context context.Context //nolint:containedctx // it says who acts, and is not waited for
	Entry   Entry
}

// Event is a row of the record.
type Event struct {
	ID    int64
	At    time.Time
	Actor Actor
	Entry

	// CorrelationID joins the row with the log and with what else one request caused.
	CorrelationID string
}

// detailKeys lists what Detail may tell.
func detailKeys() []string {
	return []string{
		"access_level", "action", "admin", "application", "cause", "changed", "cluster", "cluster_id", "code", "count",
		"description", "email", "environment", "environment_scope", "expires_at", "from", "group", "identity", "issuer", "job",
		"kind", "level", "lifetime", "member", "mode", "name", "namespace", "operation", "options", "parent", "path", "profile", "project",
		"provider", "reason", "region", "role", "scopes", "state", "subject", "tier", "to", "token", "user", "verb", "version",
	}
}

var actionForm = regexp.MustCompile(`^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$`)

// Noun returns the part of an action before the point.
func Noun(action string) string {
	noun, _, _ := strings.Cut(action, ".")
	return noun
}

// Checked returns the entry as it may be stored: texts cut to 256 bytes, without control characters. It returns an error
// for an action that is not noun.verb and for a detail under a key that is not in the list.
func (e Entry) Checked() (Entry, error) {
	if !actionForm.MatchString(e.Action) {
		return Entry{}, fmt.Errorf("action %q is not of the form noun.verb", e.Action)
	}
	e.Object.Name = plain(e.Object.Name)
	detail := make(map[string]string, len(e.Detail))
	for key, value := range e.Detail {
		if !slices.Contains(detailKeys(), key) {
			return Entry{}, fmt.Errorf("detail %q of %s is not in the list of what may be recorded", key, e.Action)
		}
		detail[key] = plain(value)
	}
	e.Detail = detail
	return e, nil
}

// plain cuts a text and takes out what could change how a line of the record reads.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
