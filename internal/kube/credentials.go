package kube

import (
	"net/http"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

const (
	credentialRefusals = 2               // refusals in a row end the use of a credential
	credentialPause    = 5 * time.Minute // for which whoever wants to use it then should stay away
)

// eventRefused is the event of the one call that ended the use of a credential.
const eventRefused = "credentials_refused"

// credentials is the breaker for a token that the cluster no longer accepts. Time does not heal it: it is closed
// by a new token, which comes with a client of its own, or by a forced call that the cluster accepts.
type credentials struct {
	mu       sync.Mutex
	refusals int // in a row
	ever     int // refusals in all
}

// admit lets a call out, unless the cluster would refuse it anyway. It returns how many refusals came before it.
func (c *credentials) admit(force bool) (before int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if force || c.refusals < credentialRefusals {
		return c.ever, nil
	}
	return 0, apperr.Of(apperr.ClusterUnauthorized).WithAfter(credentialPause)
}

// settle takes the status of an answer and reports whether it ended the use of the credential. A good one counts only
// if its call left after the last refusal: a slow answer may be older than that.
func (c *credentials) settle(r request, status, before int) (ended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case status == http.StatusUnauthorized:
		c.refusals++
		c.ever++
		return c.refusals == credentialRefusals
	case !r.public() && status < http.StatusInternalServerError && before == c.ever:
		c.refusals = 0
	}
	return false
}

func (c *credentials) unsuspected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refusals == 0
}

// health is what is known of a cluster that must outlive an idle client: else dropping it would be a way around
// its breakers. It belongs to one generation of the registration.
type health struct {
	breaker     breaker
	credentials credentials
}

func newHealth(now func() time.Time) *health { return &health{breaker: breaker{now: now}} }

// sound reports whether there is nothing to remember.
func (h *health) sound() bool { return h.breaker.closed() && h.credentials.unsuspected() }
