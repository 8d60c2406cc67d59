package work

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// A cluster that fails is left alone for holdMin, doubling with each failure
// up to holdMost, unless it or its client says how long. That is believed up
// to holdLimit.
const (
	holdMin   = time.Second
	holdMost  = 30 * time.Second
	holdLimit = time.Hour
)

// contact remembers what the last call to the cluster in a step ended in.
type contact struct {
	mu   sync.Mutex
	made bool
	code apperr.Code
}

type contactKey struct{}

// Heard tells the engine that the step which ctx belongs to has called its
// cluster, and the code that this ended in: empty when it went well. It does
// nothing outside of a step, and for calls that we ended ourselves.
func Heard(ctx context.Context, code apperr.Code) {
	if code == apperr.Interrupted || code == apperr.Unavailable || code == apperr.ClusterUnsupported {
		return
	}
	if c, ok := ctx.Value(contactKey{}).(*contact); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.made, c.code = true, code
	}
}

// last returns the code of the last call, and whether there was one.
func (c *contact) last() (code apperr.Code, made bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.code, c.made
}

// health is what a step showed of its cluster.
type health struct {
	// hold is for how long the cluster is to be left alone, because of code.
	hold time.Duration
	code apperr.Code
	// told says that hold was given with the error: the step could not help it.
	told bool
	// well says that the cluster served us.
	well bool
}

// healthOf judges the cluster of a claim by the error of its step and by its
// calls. The error comes first: the last call may have gone well.
func healthOf(claim Claim, err error, c *contact) health {
	if claim.Cluster == 0 {
		return health{}
	}
	// A wait for what is short here, such as memory, is no fault of the cluster.
	if after, ok := apperr.AfterOf(err); ok && failing(apperr.CodeOf(err)) {
		return health{hold: min(max(after, holdMin), holdLimit), code: apperr.CodeOf(err), told: true}
	}
	code, made := c.last()
	switch {
	case err != nil && failing(apperr.CodeOf(err)):
		return health{hold: holdFor(claim.Failures), code: apperr.CodeOf(err)}
	case failing(code):
		return health{hold: holdFor(claim.Failures), code: code}
	case made:
		return health{well: true}
	}
	return health{}
}

// holdFor returns how long a cluster is left alone after so many failures,
// give or take a quarter.
func holdFor(failures int) time.Duration {
	d := min(holdMost, holdMin<<min(failures, 5))
	return d - d/4 + rand.N(d/2)
}

// failing reports whether a code tells of the cluster as a whole, so that
// other work on it would end no better.
func failing(code apperr.Code) bool {
	switch code {
	case apperr.ClusterRefused, apperr.ClusterTimeout, apperr.ClusterTLSUntrusted, apperr.ClusterTLSHostname,
		apperr.ClusterTLSExpired, apperr.ClusterTLSFailed, apperr.ClusterUnauthorized, apperr.ClusterThrottled,
		apperr.ClusterServerError, apperr.ClusterBreakerOpen, apperr.ClusterRedirected, apperr.ClusterBadResponse,
		apperr.ClusterAddressRefused:
		return true
	default:
		return false
	}
}
