package tenant

import (
	"strings"
	"time"
)

// Service answers for groups, projects, environments and members.
type Service struct {
	Store Store
	// Now is the clock.
	Now func() time.Time
}

// counted cuts a count at MaxCount and reports whether there is more.
func counted(n int, err error) (int, bool, error) {
	return min(n, MaxCount), n > MaxCount, err
}

// all is the page that counting looks at: one more than is told.
func all() Page { return Page{Limit: MaxCount + 1} }

// changed lists the names of what differs, for the record.
type changed []string

// set gives a field what it shall have, if that differs, and notes its name.
func (c changed) set(name string, to, now *string) changed {
	if to == nil || *to == *now {
		return c
	}
	*now = *to
	return append(c, name)
}

func (c changed) String() string { return strings.Join(c, " ") }

func trimmed(text *string) *string {
	if text == nil {
		return nil
	}
	return new(strings.TrimSpace(*text))
}
