package e2e_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/storetest"
)

// halves is a web half and workers over one PostgreSQL database.
type halves struct {
	url  string
	keys string
	web  *server
}

func (h *halves) worker(t *testing.T, entries ...string) *server {
	t.Helper()
	return h.half(t, "worker", entries, "ROADSTEAD_KEYSET_FILE="+filepath.Join(h.keys, "private"))
}

// half starts a process of a role. All share the keys' public half and the
// database, and nothing else.
func (h *halves) half(t *testing.T, role string, entries []string, env ...string) *server {
	t.Helper()
	s := &server{
		bin: filepath.Join(shared.bin, "roadstead"), dir: t.TempDir(), token: adminToken, args: []string{"--role", role},
		env: append(env, "ROADSTEAD_DATABASE_URL="+h.url, "ROADSTEAD_PUBLIC_KEYSET_FILE="+filepath.Join(h.keys, "public")),
	}
	for _, name := range entries {
		s.addEntry(t, name, "web", "")
	}
	s.mustStart(t)
	t.Cleanup(func() { s.process.Kill() })
	return s
}

func newHalves(t *testing.T, entries ...string) (*halves, *server) {
	t.Helper()
	h := &halves{url: storetest.Postgres(t), keys: filepath.Join(t.TempDir(), "keys")}
	first := h.worker(t, entries...)
	h.web = h.half(t, "web", entries)
	return h, first
}

// TestTwoHalvesOverOneDatabase does the main job through a web half that has no
// key and no route of its own, and a worker.
func TestTwoHalvesOverOneDatabase(t *testing.T) {
	t.Parallel()
	n := newNames()
	h, _ := newHalves(t, n.app)
	h.web.mainJob(t, n)
	if err := h.web.appInstalled(n); err != nil {
		t.Error(err)
	}
}

// TestWorkerDiesAndAnotherGoesOn kills a worker in the middle of an install.
func TestWorkerDiesAndAnotherGoesOn(t *testing.T) {
	t.Parallel()
	n := newNames()
	h, first := newHalves(t, n.app)
	h.web.must(t, h.web.attachArgs(t, n.cluster)...)
	h.web.must(t, "app", "install", n.app, "--cluster", n.cluster, "--no-wait")
	eventually(t, settled, func() error { return h.web.appState(n, "installing") })
	first.process.Kill()
	h.worker(t, n.app)
	eventually(t, 2*settled, func() error { return h.web.appInstalled(n) })
}

// mainJob walks through everything a person would, from attaching to pods.
func (s *server) mainJob(t *testing.T, n names) {
	t.Helper()
	where := []string{"--project", n.project, "--environment", "production"}
	s.must(t, s.attachArgs(t, n.cluster)...)
	s.must(t, "group", "create", n.group)
	s.must(t, "project", "create", n.project)
	s.must(t, append([]string{"namespace", "ensure"}, where...)...)
	s.must(t, "app", "install", n.app, "--cluster", n.cluster)
	if log := s.must(t, "app", "logs", n.app, "--cluster", n.cluster); !strings.Contains(log, "step=done state=succeeded") {
		t.Errorf("the kept log lacks its end:\n%s", log)
	}
	if text := s.must(t, append([]string{"kubeconfig"}, where...)...); !strings.Contains(text, "current-context: roadstead") {
		t.Errorf("this is no kubeconfig:\n%s", text)
	}
	eventually(t, settled, func() error {
		out, err := s.cli(t.Context(), append([]string{"pods"}, where...)...)
		if err == nil && !strings.Contains(out, "live") {
			err = fmt.Errorf("the mirror is not live:\n%s", out)
		}
		return err
	})
}

func (s *server) appState(n names, want string) error {
	a, err := s.app(n)
	if err == nil && a.State != want && a.State != "installed" {
		err = fmt.Errorf("the application is %s", a.State)
	}
	return err
}

func newNames() names {
	n := names{cluster: unique("c"), group: unique("g"), app: unique("web")}
	n.project = n.group + "/" + unique("p")
	return n
}

// TestWorkerIsPausedForAMinute stops a worker with a signal for longer than its
// leases last. Another one takes over, and what the first still writes when it
// goes on is refused.
func TestWorkerIsPausedForAMinute(t *testing.T) {
	t.Parallel()
	n := newNames()
	h, first := newHalves(t, n.app)
	h.web.must(t, h.web.attachArgs(t, n.cluster)...)
	h.web.must(t, "app", "install", n.app, "--cluster", n.cluster, "--no-wait")
	eventually(t, settled, func() error { return h.web.appState(n, "installing") })
	first.pause(t, time.Minute, func(ctx context.Context) {
		h.worker(t, n.app)
	})
	eventually(t, 2*settled, func() error { return h.web.appInstalled(n) })
}
