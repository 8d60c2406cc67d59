package setting

import (
	"fmt"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Number describes a setting that is a whole number.
type Number struct {
	// Name is what the API, files and the command line call it.
	Name string
	// Label is its name for people, For a sentence on what it does.
	Label, For string
	// Unit is days or hours.
	Unit string
	// Least and Most bound it, both inclusive.
	Least, Most, Default int

	of func(*Settings) *int
	in func(*Change) **int
}

// Numbers describes all settings, in the order in which they are shown. A year is the longest that a review of other
// products' tokens would have one live, a week the shortest that still lets somebody in for the first time. The record
// is kept for a month at least, so that who gets hold of an administrator's account cannot wipe what he did.
func Numbers() []Number {
	return []Number{
		{
			"keep_operations_days", "Keep operations",
			"Operations that have ended are kept for so long, with their logs. The latest of an application stays.",
			"days", 1, 3650, 90, func(s *Settings) *int { return &s.KeepOperationsDays }, func(c *Change) **int { return &c.KeepOperationsDays },
		},
		{
			"keep_audit_days", "Keep the audit record", "Rows of the audit record are kept for so long.",
			"days", 30, 3650, 365, func(s *Settings) *int { return &s.KeepAuditDays }, func(c *Change) **int { return &c.KeepAuditDays },
		},
		{
			"default_token_days", "Life of an access token", "A new access token lives for so long unless another end is asked for.",
			"days", 1, 365, 90, func(s *Settings) *int { return &s.DefaultTokenDays }, func(c *Change) **int { return &c.DefaultTokenDays },
		},
		{
			"longest_token_days", "Longest life of an access token", "No new access token lives longer. Those that exist keep their end.",
			"days", 7, 365, 365, func(s *Settings) *int { return &s.LongestTokenDays }, func(c *Change) **int { return &c.LongestTokenDays },
		},
		{
			"session_hours", "Length of a session",
			"Who signs in stays so at most this long, and no longer than an hour without a request. Open sessions keep their end.",
			"hours", 1, 168, 12, func(s *Settings) *int { return &s.SessionHours }, func(c *Change) **int { return &c.SessionHours },
		},
	}
}

// Of returns the value in force.
func (n Number) Of(s Settings) int { return *n.of(&s) }

// In returns what a change makes it; nil when it stays.
func (n Number) In(c Change) *int { return *n.in(&c) }

// Bounds says what it may be, in words.
func (n Number) Bounds() string { return fmt.Sprintf("%d to %d %s", n.Least, n.Most, n.Unit) }

func (n Number) check(s Settings) error {
	if value := n.Of(s); value < n.Least || value > n.Most {
		return n.invalid()
	}
	return nil
}

func (n Number) parse(text string) (int, error) {
	value, err := strconv.Atoi(text)
	if err != nil {
		return 0, n.invalid()
	}
	return value, nil
}

func (n Number) invalid() error { return invalid(n.Name, "Give "+n.Bounds()+".") }

func invalid(name, hint string) error {
	return apperr.Of(apperr.ValidationFailed).WithField(name).
		WithMessage("The setting " + name + " is not acceptable.").WithHint(hint)
}
