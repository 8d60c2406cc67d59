package provision

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/work"
)

// shelf is a store of one run.
type shelf struct {
	Store

	run    Run
	record []string
}

type shelfTx struct {
	Tx

	shelf *shelf
}

func (s *shelf) Atomically(_ context.Context, fn func(tx Tx) error) error {
	return fn(shelfTx{shelf: s})
}
func (s *shelf) Run(context.Context, int64) (Run, error)        { return s.run, nil }
func (s *shelf) Role(context.Context, int64) (Role, error)      { return Role{}, nil }
func (s *shelf) Session(context.Context, int64) ([]byte, error) { return nil, nil }

func (t shelfTx) Run(context.Context, int64) (Run, error) { return t.shelf.run, nil }
func (t shelfTx) UpdateRun(_ context.Context, r Run) error {
	t.shelf.run = r
	return nil
}
func (shelfTx) KeepSession(context.Context, int64, []byte, time.Time) error { return nil }
func (shelfTx) Schedule(context.Context, work.Ref) error                    { return nil }
func (shelfTx) Notify(string)                                               {}

func (t shelfTx) Record(_ context.Context, e audit.Entry) error {
	checked, err := e.Checked()
	t.shelf.record = append(t.shelf.record, checked.Action)
	return err
}

// unsealed keeps nothing.
type unsealed struct{}

func (unsealed) Seal(secret.Value, secret.Context) ([]byte, error) { return nil, nil }

// revoked is a cloud that answers a creation so, and lets nobody in afterwards.
type revoked struct {
	Cloud

	answer *CloudError
	out    bool
}

func (c *revoked) Assume(context.Context, Grant) (Session, error) {
	if c.out {
		return Session{}, &CloudError{Class: Denied, Code: apperr.CloudRoleRefused}
	}
	return Session{}, nil
}

func (c *revoked) Stack(context.Context, Session, string) (Stack, error) {
	return Stack{}, ErrStackNotFound
}

func (c *revoked) Create(context.Context, Session, Role, Run) (string, error) {
	c.out = true
	return "", c.answer
}

// TestLostCreationNeedsCleanup pins that somebody is told to look for a stack when we cannot know that there is none.
func TestLostCreationNeedsCleanup(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer Class
		want   bool
	}{"the answer is lost": {Transient, true}, "it is refused": {Denied, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &shelf{run: Run{State: Creating, Attempt: 1}}
			m := &Machine{
				Store: store, Cloud: &revoked{answer: &CloudError{Class: test.answer, Code: apperr.CloudUnknown}}, Sealer: unsealed{},
				Times: Times{Retry: time.Second}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
			}
			for range 2 {
				if _, err := m.Step(t.Context(), work.Claim{}); err != nil {
					t.Fatal(err)
				}
			}
			if f := store.run.Failure; store.run.State != Failed || f == nil || f.NeedsCleanup != test.want {
				t.Errorf("%s with %+v, want cleanup %v", store.run.State, f, test.want)
			}
		})
	}
}

// TestMachinesThatStayedBehindAreUpgradedAlone follows an upgrade whose second half failed, and the wish for it again.
func TestMachinesThatStayedBehindAreUpgradedAlone(t *testing.T) {
	t.Parallel()
	store := &shelf{run: Run{State: Updating, Spec: Spec{KubernetesVersion: "1.35"}, Upgrade: &Upgrade{Version: "1.36"}}}
	m := &Machine{Store: store, Now: time.Now}
	if _, err := m.upgraded(t.Context(), store.run); err != nil {
		t.Fatal(err)
	}
	if _, err := m.notUpgraded(t.Context(), store.run, Failure{Class: Quota}); err != nil {
		t.Fatal(err)
	}
	service := Service{Store: store, Now: time.Now}
	again, err := service.Upgrade(t.Context(), 1, "1.36")
	if err != nil || again.Upgrade == nil || *again.Upgrade != (Upgrade{Version: "1.36", Nodes: true}) {
		t.Fatalf("asked again: %+v, %v", again.Upgrade, err)
	}
	if _, err := m.upgraded(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Upgrade(t.Context(), 1, "1.36"); apperr.CodeOf(err) == "" {
		t.Error("the same version is taken again after the machines have it")
	}
}

// crowded is a store in which another cluster took the scope meanwhile.
type crowded struct{ *shelf }

func (s crowded) Atomically(_ context.Context, fn func(tx Tx) error) error {
	return fn(crowdedTx{shelfTx{shelf: s.shelf}})
}

type crowdedTx struct{ shelfTx }

func (crowdedTx) InsertCluster(context.Context, cluster.Cluster, []byte) error {
	return apperr.Of(apperr.AlreadyExists)
}

// TestScopeTakenMeanwhileIsSaid pins that somebody whose new cluster cannot be registered is told why, and that it is
// kept.
func TestScopeTakenMeanwhileIsSaid(t *testing.T) {
	t.Parallel()
	store := &shelf{run: Run{State: Configuring, Attempt: 1}}
	m := &Machine{Store: crowded{store}, Sealer: unsealed{}, Now: time.Now}
	if _, err := m.ready(t.Context(), store.run, identity{}, ""); err != nil {
		t.Fatal(err)
	}
	f := store.run.Failure
	if store.run.State != Failed || f == nil || f.Class != NameTaken || f.Code != apperr.ClusterScopeTaken || !f.NeedsCleanup {
		t.Errorf("%s with %+v", store.run.State, f)
	}
}
