package cluster

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/egress"
)

// The limits on checks that people cause, so that nobody scans a network by
// attaching what may listen there.
const (
	attemptEvery = 10 * time.Second // per user, in the long run: six a minute
	attemptBurst = 6                // at once
	attemptHost  = 10 * time.Second // for which a check has a host to itself: as long as connecting may take
	maxAttempts  = 10_000           // users and hosts that are remembered
)

// attempts limits the checks of connections that people ask for. Instance
// administrators are not limited: they may see what the limit hides. The zero
// value is ready.
type attempts struct {
	mu    sync.Mutex
	users map[string]time.Time // when the user's allowance is whole again
	hosts map[string]time.Time // when the host is free again
}

// allow counts one check of an API URL by the caller of ctx. The error is
// rate_limited and says when to come back; what is refused does not count. Work
// that no person asked for just now passes.
func (a *attempts) allow(ctx context.Context, apiURL string, now time.Time) error {
	caller, ok := auth.FromContext(ctx)
	if !ok || caller.Admin {
		return nil
	}
	host := apiURL
	if u, err := url.Parse(apiURL); err == nil {
		host = egress.HostPort(u)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	whole := later(a.users[caller.Name], now).Add(attemptEvery)
	if wait := max(whole.Sub(now)-attemptBurst*attemptEvery, a.hosts[host].Sub(now)); wait > 0 {
		return tooMany(wait)
	}
	if !makeRoom(&a.users, caller.Name, now) || !makeRoom(&a.hosts, host, now) {
		return tooMany(attemptEvery)
	}
	a.users[caller.Name], a.hosts[host] = whole, now.Add(attemptHost)
	return nil
}

func tooMany(wait time.Duration) error {
	return apperr.Of(apperr.RateLimited).WithAfter(wait).WithMessage("Too many checks of clusters by this user or of this host.")
}

// makeRoom makes sure that a key can be remembered, and forgets what is over if
// there is no room.
func makeRoom(seen *map[string]time.Time, key string, now time.Time) bool {
	if *seen == nil {
		*seen = map[string]time.Time{}
	}
	if _, known := (*seen)[key]; known || len(*seen) < maxAttempts {
		return true
	}
	for k, over := range *seen {
		if !over.After(now) {
			delete(*seen, k)
		}
	}
	return len(*seen) < maxAttempts
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
