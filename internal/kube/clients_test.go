package kube_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/secret"
)

// directory serves targets and counts how often a credential was opened.
type directory struct {
	mu      sync.Mutex
	targets map[int64]kube.Target
	opened  int
}

func (d *directory) Generation(_ context.Context, id int64) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.targets[id]
	if !ok {
		return 0, apperr.Of(apperr.NotFound)
	}
	return t.Generation, nil
}

func (d *directory) Target(_ context.Context, id int64) (kube.Target, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opened++
	return d.targets[id], nil
}

func (d *directory) set(t kube.Target) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.targets[t.Cluster] = t
}

func target(s *kubetest.Server, id, generation int64) kube.Target {
	return kube.Target{Cluster: id, Generation: generation, APIURL: s.URL, CAPEM: s.CA, Token: secret.NewValue([]byte(kubetest.Token))}
}

// hands of a clock that move only when told to.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hands) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func TestClientIsKeptUntilTheRegistrationChanges(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	d := &directory{targets: map[int64]kube.Target{}}
	clients := kube.NewClients(kube.Config{Guard: kubetest.Guard(), Directory: d})
	t.Cleanup(clients.Close)

	_, err := clients.For(t.Context(), 1)
	wantCode(t, err, apperr.NotFound)
	d.set(target(s, 1, 1))
	first, err := clients.For(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := clients.For(t.Context(), 1)
	if err != nil || again != first || d.opened != 1 {
		t.Errorf("another client (%v), credential opened %d times", err, d.opened)
	}
	d.set(target(s, 1, 2))
	if changed, err := clients.For(t.Context(), 1); err != nil || changed == first {
		t.Errorf("the old client after a change (%v)", err)
	}
	if len(s.Requests()) != 0 {
		t.Error("making a client sends something")
	}
}

func TestIdleClientIsDropped(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	d := &directory{targets: map[int64]kube.Target{}}
	h := &hands{now: time.Unix(0, 0)}
	clients := kube.NewClients(kube.Config{Guard: kubetest.Guard(), Directory: d, Now: h.clock})
	t.Cleanup(clients.Close)
	d.set(target(s, 1, 1))
	d.set(target(s, 2, 1))
	idle, err := clients.For(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 12 {
		h.pass(time.Minute)
		if _, err := clients.For(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
	}
	if again, err := clients.For(t.Context(), 1); err != nil || again == idle || d.opened != 3 {
		t.Errorf("kept for twelve minutes (%v), credentials opened %d times", err, d.opened)
	}
}
