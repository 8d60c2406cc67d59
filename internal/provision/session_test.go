package provision

import (
	"testing"
	"time"
)

// TestReserve pins how much life a stored session must have left: ten minutes, or half of a shorter one.
func TestReserve(t *testing.T) {
	t.Parallel()
	issued := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for name, test := range map[string]struct {
		lives, after time.Duration
		replaced     bool
	}{
		"fresh":                  {time.Hour, 0, false},
		"eleven minutes left":    {time.Hour, 49 * time.Minute, false},
		"nine minutes left":      {time.Hour, 51 * time.Minute, true},
		"over":                   {time.Hour, 2 * time.Hour, true},
		"of 15 s, after 7 s":     {15 * time.Second, 7 * time.Second, false},
		"of 15 s, after 8 s":     {15 * time.Second, 8 * time.Second, true},
		"a clock that went back": {time.Hour, -time.Minute, false},
	} {
		k := keptSession{IssuedAt: issued, ExpiresAt: issued.Add(test.lives)}
		if got := k.reserve(issued.Add(test.after)); got != test.replaced {
			t.Errorf("%s: replaced %v", name, got)
		}
	}
}
