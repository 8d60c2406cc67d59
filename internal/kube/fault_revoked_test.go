package kube_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
)

// refusals counts the calls whose credential was refused, and of them those that left after the second refusal was
// known: two of them end the use of a credential. The others were on their way already.
type refusals struct {
	mu         sync.Mutex
	now        func() time.Time
	second     time.Time
	all, after int
}

func (r *refusals) LogCall(_ context.Context, c kube.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.Status != http.StatusUnauthorized {
		return
	}
	now := r.now()
	r.all++
	if r.all > 2 && now.Add(-c.Duration).After(r.second) {
		r.after++
	}
	if r.all == 2 {
		r.second = now
	}
}

// TestTokenIsRevokedInMidOperation has a server refuse the token from the kth call of a provisioning on, for every
// k. The operation ends with the code, the server is left alone however often the job comes back, and a new token
// mends it.
func TestTokenIsRevokedInMidOperation(t *testing.T) {
	t.Parallel()
	seeded(t, func(t *testing.T, random *rand.Rand) {
		const never = 1 << 40
		calls, _ := revokedFrom(t, never)
		sample := sampleOf(random, int(calls), 10)
		var most, after int
		for _, i := range sample {
			_, r := revokedFrom(t, int64(i+1))
			most, after = max(most, r.all), max(after, r.after)
			if r.after > 1 {
				t.Errorf("refused from call %d on: %d calls left although two had been refused", i+1, r.after)
			}
			if r.all > 12 {
				t.Errorf("refused from call %d on: %d calls, more than are made at once", i+1, r.all)
			}
		}
		t.Logf("%d calls, the token revoked before %d of them in turn: at most %d calls were refused, most on their way already; "+
			"at most %d left after the second refusal was known; all recovered with a new token", calls, len(sample), most, after)
	})
}

// revokedFrom provisions a namespace with a token that is refused from the kth call on, lets the job come back, and
// returns how many calls reached the server until then. At last it provisions with a new token.
func revokedFrom(t *testing.T, k int64) (calls int64, r *refusals) {
	t.Helper()
	s, objects := kubetest.NewServer(t), kubetest.NewObjects()
	answer, count := kubetest.FromCall(k, kubetest.Status(http.StatusUnauthorized, "Unauthorized", marker), objects.Answer)
	s.Answer("*", answer)
	r = &refusals{now: time.Now}
	clients, d, clock := behind(t, target(s, 7, 1), r)
	defer clients.Close()
	r.now = clock.now
	if err := provision(t.Context(), clients, "shop"); err != nil {
		wantCode(t, err, apperr.ClusterUnauthorized)
		for range 5 {
			clock.add(10 * time.Minute)
			wantCode(t, provision(t.Context(), clients, "shop"), apperr.ClusterUnauthorized)
		}
	}
	calls = count.Load()
	s.Answer("*", objects.Answer)
	d.set(target(s, 7, 2))
	if err := provision(t.Context(), clients, "shop"); err != nil {
		t.Errorf("refused from call %d on, with the new token: %v", k, err)
	}
	for effect, times := range objects.Effects() {
		if strings.HasPrefix(effect, http.MethodPost) && times != 1 {
			t.Errorf("refused from call %d on: %s took effect %d times", k, effect, times)
		}
	}
	return calls, r
}
