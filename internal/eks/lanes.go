package eks

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"golang.org/x/time/rate"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

const (
	// AWS counts calls by account and region, over all of its customers' tools: a poll must leave room for them.
	pollRate   = 2 // a second
	pollBurst  = 10
	attempts   = 3
	maxBackoff = 2 * time.Second
	laneIdle   = time.Hour
)

// lane is how fast one account may be asked in one region.
type lane struct {
	retryer *retry.AdaptiveMode
	polls   *rate.Limiter
	used    time.Time
}

type laneKey struct{ account, region string }

// lanes are those in use. One that was idle for an hour has nothing left to remember.
type lanes struct {
	now  func() time.Time
	rate rate.Limit // of polls, a second

	mu    sync.Mutex
	byKey map[laneKey]*lane
}

func newLanes(now func() time.Time, pace int) *lanes {
	return &lanes{now: now, rate: rate.Limit(pollRate * max(1, pace)), byKey: map[laneKey]*lane{}}
}

func (l *lanes) of(account, region string) *lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, key := l.now(), laneKey{account, region}
	found := l.byKey[key]
	if found == nil {
		l.sweep(now)
		found = &lane{retryer: retry.NewAdaptiveMode(patience), polls: rate.NewLimiter(l.rate, pollBurst)}
		l.byKey[key] = found
	}
	found.used = now
	return found
}

func (l *lanes) sweep(now time.Time) {
	for key, old := range l.byKey {
		if now.Sub(old.used) > laneIdle {
			delete(l.byKey, key)
		}
	}
}

// patience is short: who called polls, and comes back. Once an account throttles, its calls are held to the pace that it
// allows. A quota of CloudFormation's has a name that the SDK takes for throttling; waiting does not help there.
func patience(o *retry.AdaptiveModeOptions) {
	notAQuota := func(err error) aws.Ternary {
		if answered(err, "LimitExceededException") {
			return aws.FalseTernary
		}
		return aws.UnknownTernary
	}
	o.Throttles = slices.Insert(o.Throttles, 0, retry.IsErrorThrottle(retry.IsErrorThrottleFunc(notAQuota)))
	o.StandardOptions = append(o.StandardOptions, func(s *retry.StandardOptions) {
		s.MaxAttempts = attempts
		s.MaxBackoff = maxBackoff
		s.Retryables = slices.Insert(s.Retryables, 0, retry.IsErrorRetryable(retry.IsErrorRetryableFunc(notAQuota)))
	})
}

// poll takes one of the polls of the session's account, or says when to come back.
func (c *Cloud) poll(s provision.Session) error {
	now := c.now()
	place := c.lanes.of(s.AccountID, s.Region).polls.ReserveN(now, 1)
	wait := place.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	place.CancelAt(now)
	return &provision.CloudError{
		Class: provision.Throttled, Code: apperr.CloudThrottled,
		Cause: apperr.Of(apperr.CloudThrottled).WithAfter(wait).With(errors.New("our own budget of polls is used up")),
	}
}
