package e2e_test

import (
	"errors"
	"os"
	"strconv"
	"testing"
)

// TestRemovalIsKilledAtEveryInstant kills the server while it takes all that we have out of a cluster. Short of a full
// run it does so once for each way to remove one.
func TestRemovalIsKilledAtEveryInstant(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"cleanup", "forget"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			a := removal(mode)
			for _, k := range removalInstants(t, a) {
				t.Run("k="+strconv.Itoa(k), func(t *testing.T) {
					t.Parallel()
					survive(t, a, k)
				})
			}
		})
	}
}

// removalInstants are all instants in a full run, else one: there a round to count them would take as long as the one
// that matters. An instant that is not reached is a removal without a crash.
func removalInstants(t *testing.T, a act) []int {
	t.Helper()
	const usual, least = 100, 60
	if os.Getenv("ROADSTEAD_TEST_FULL") == "" {
		return sample(t, usual)[:1]
	}
	points := survive(t, a, 0)
	t.Logf("it passes %d kill points", points)
	if points < least {
		t.Fatalf("only %d kill points: they are not compiled in", points)
	}
	return sample(t, points)
}

// removal ends the registration of a cluster that holds all we can have in it.
func removal(mode string) act {
	return act{
		prepare: func(t *testing.T, s *server, n *names) {
			t.Helper()
			s.moveIn(t, n, s.attachAs(t, newAdministrator(t), n.cluster))
		},
		request:  func(n names) []string { return []string{"cluster", "remove", n.cluster, "--" + mode, "--applications"} },
		accepted: (*server).leaving,
		ended: func(s *server, n names) error {
			known, err := s.knows("/api/v1/clusters/" + n.cluster)
			if err == nil && known {
				err = errors.New("the cluster is still registered")
			}
			return errors.Join(err, s.leftNothing(n))
		},
	}
}
