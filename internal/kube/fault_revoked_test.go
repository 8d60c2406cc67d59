package kube_test

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kubetest"
)

const (
	never = 1 << 40
	// atOnce is how many calls a provisioning has on their way at the same time: so many may meet a token that has
	// just been revoked.
	atOnce = 12
)

// TestTokenIsRevokedInMidOperation has a server refuse the token from the kth call of a provisioning on, for every
// k. The operation ends with the code, the server hears of the token at most three times more however often the job
// comes back, and a new token mends it.
//
//nolint:tparallel // the one subtest tells the seed
func TestTokenIsRevokedInMidOperation(t *testing.T) {
	t.Parallel()
	seeded(t, func(t *testing.T, random *rand.Rand) {
		calls := revokedFrom(t, never).total
		sample := sampleOf(random, int(calls), 10)
		var most, more int64
		for _, i := range sample {
			k := int64(i + 1)
			r := revokedFrom(t, k)
			most, more = max(most, r.total-r.more-k+1), max(more, r.more)
			if r.more > 3 {
				t.Errorf("refused from call %d on: %d calls more when the job came back", k, r.more)
			}
		}
		if most > atOnce {
			t.Errorf("%d calls were refused at once", most)
		}
		t.Logf("%d calls, the token revoked before %d of them in turn: at most %d were refused, those that were made at once; "+
			"at most %d more when the job came back five times; all recovered with a new token", calls, len(sample), most, more)
	})
}

// revoked counts the calls that reached a server before there was a new token.
type revoked struct {
	total int64
	more  int64 // since the operation failed first
}

// revokedFrom provisions a namespace with a token that is refused from the kth call on, lets the job come back, and
// at last provisions with a new token.
func revokedFrom(t *testing.T, k int64) (r revoked) {
	t.Helper()
	s, objects := kubetest.NewServer(t), kubetest.NewObjects()
	answer, count := kubetest.FromCall(k, kubetest.Status(http.StatusUnauthorized, "Unauthorized", marker), objects.Answer)
	s.Answer("*", answer)
	clients, d, clock := behind(t, target(s, 7, 1))
	defer clients.Close()
	if err := provision(t.Context(), clients, "shop"); err != nil {
		wantCode(t, err, apperr.ClusterUnauthorized)
		failed := count.Load()
		for range 5 {
			clock.add(10 * time.Minute)
			wantCode(t, provision(t.Context(), clients, "shop"), apperr.ClusterUnauthorized)
		}
		r.more = count.Load() - failed
	}
	r.total = count.Load()
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
	return r
}
