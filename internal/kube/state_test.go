package kube

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBreakersTellWhichClustersAreHeldBack(t *testing.T) {
	t.Parallel()
	cs := NewClients(Config{})
	for id := range int64(2) {
		cs.known[id] = &known{health: newHealth(time.Now)}
	}
	cs.known[1].health.breaker.open(time.Minute)
	if diff := cmp.Diff(map[int64]bool{0: false, 1: true}, cs.Breakers()); diff != "" {
		t.Errorf("breakers (-want +got):\n%s", diff)
	}
}
