package e2e_test

import (
	"context"
	"syscall"
	"testing"
	"time"
)

// pause stops a process for a while, as a suspended machine does, and runs
// meanwhile.
func (s *server) pause(t *testing.T, d time.Duration, meanwhile func(ctx context.Context)) {
	t.Helper()
	s.process.Signal(syscall.SIGSTOP)
	defer s.process.Signal(syscall.SIGCONT)
	over := time.After(d)
	meanwhile(t.Context())
	<-over
}

// TestServerIsPausedForAMinute stops the only process there is.
func TestServerIsPausedForAMinute(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	s.must(t, s.attachArgs(t, n.cluster)...)
	s.must(t, "app", "install", n.app, "--cluster", n.cluster, "--no-wait")
	eventually(t, settled, func() error { return s.appState(n, "installing") })
	s.pause(t, time.Minute, func(context.Context) {})
	eventually(t, settled, func() error { return s.appInstalled(n) })
}

// TestClusterIsRegisteredTwice installs the same application through two
// registrations of one cluster at the same time. One of them does it; the other
// does it again or says that the first was there. There is one release.
func TestClusterIsRegisteredTwice(t *testing.T) {
	t.Parallel()
	n := newNames()
	again := n
	again.cluster = unique("c")
	s := newServerWith(t, n.app)
	s.must(t, s.attachArgs(t, n.cluster)...)
	s.must(t, append(s.attachArgs(t, again.cluster), "--environment-scope", "again")...)
	for _, each := range []names{n, again} {
		s.must(t, "app", "install", n.app, "--cluster", each.cluster, "--no-wait")
	}
	ended := map[string]int{}
	for _, each := range []names{n, again} {
		eventually(t, settled, func() error { return s.appState(each, "errored") })
		a, err := s.app(each)
		if err != nil {
			t.Fatal(err)
		}
		ended[a.State]++
	}
	if ended["installed"] == 0 {
		t.Errorf("the installs ended as %v", ended)
	}
	eventually(t, settled, func() error { return leftovers(n) })
	if err := releases(n, 1); err != nil {
		t.Error(err)
	}
}
