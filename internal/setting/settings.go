package setting

import "time"

const day = 24 * time.Hour

// Settings are the values in force, in the units of their names.
type Settings struct {
	KeepOperationsDays int
	KeepAuditDays      int
	DefaultTokenDays   int
	LongestTokenDays   int
	SessionHours       int
}

// Default returns what is in force while nobody has set anything.
func Default() Settings {
	var s Settings
	for _, n := range Numbers() {
		*n.of(&s) = n.Default
	}
	return s
}

// KeepOperations is how long operations that have ended are kept, with their logs.
func (s Settings) KeepOperations() time.Duration { return time.Duration(s.KeepOperationsDays) * day }

// KeepAudit is how long rows of the audit record are kept.
func (s Settings) KeepAudit() time.Duration { return time.Duration(s.KeepAuditDays) * day }

// DefaultToken is how long an access token lives unless another time is asked for.
func (s Settings) DefaultToken() time.Duration { return time.Duration(s.DefaultTokenDays) * day }

// LongestToken is how long an access token lives at most.
func (s Settings) LongestToken() time.Duration { return time.Duration(s.LongestTokenDays) * day }

// Session is how long a browser stays signed in at most.
func (s Settings) Session() time.Duration { return time.Duration(s.SessionHours) * time.Hour }
