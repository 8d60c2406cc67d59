package cluster_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/work"
)

// world is a store of one cluster, and the cluster itself.
type world struct {
	cluster.Store
	cluster.Tx

	t        *testing.T
	service  *cluster.Service
	now      time.Time
	row      cluster.Cluster
	sealed   string
	identity *cluster.Identity
	// due counts what was scheduled by kind.
	due       map[work.Kind]int
	forgotten int
	deleted   bool
	recorded  []audit.Entry

	// What the cluster holds and does.
	secrets   map[int64]string
	missing   []string
	unproven  bool
	unfilled  bool
	failure   error
	meanwhile func()
	dissolved bool
	uncleared bool
	clears    int
	// drafts are what DraftsBefore lists, and draftsBefore what it was asked for.
	drafts       []int64
	draftsBefore time.Time
	items        []cluster.Item
	proofs       int
	// stranded are the namespaces that a grant leaves behind, removed those that were taken away.
	stranded    []int64
	removed     []int64
	invalidated []int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), sealed: "pasted for https://api.example.com:6443",
		due: map[work.Kind]int{}, secrets: map[int64]string{},
		row: cluster.Cluster{
			ID: 7, Name: "main", Level: cluster.Instance, EnvironmentScope: "*", Enabled: true, State: cluster.Attached, Generation: 1,
			Platform: cluster.Platform{APIURL: "https://api.example.com:6443"},
		},
	}
	w.service = &cluster.Service{
		Store: w, Guard: egress.NewGuard(egress.Config{}), Sealer: w, Values: w, Mirror: mirror{w}, Dependents: w, Accounts: w,
		Installation: "0a1b2c3d-aaaa-bbbb", Now: func() time.Time { return w.now },
	}
	return w
}

// Atomically takes everything back when fn fails.
func (w *world) Atomically(_ context.Context, fn func(cluster.Tx) error) error {
	row, sealed, due, deleted, recorded := w.row, w.sealed, maps.Clone(w.due), w.deleted, w.recorded
	var identity *cluster.Identity
	if w.identity != nil {
		identity = new(*w.identity)
	}
	err := fn(w)
	if err != nil {
		w.row, w.sealed, w.due, w.identity, w.deleted = row, sealed, due, identity, deleted
		w.recorded = recorded
	}
	return err
}

func (w *world) Cluster(context.Context, int64) (cluster.Cluster, error) { return w.row, nil }

func (w *world) Identity(context.Context, int64) (cluster.Identity, error) {
	if w.identity == nil {
		return cluster.Identity{}, apperr.Of(apperr.NotFound)
	}
	return *w.identity, nil
}

func (w *world) SaveIdentity(_ context.Context, i cluster.Identity) error {
	w.identity = &i
	return nil
}

func (w *world) UpdateCluster(_ context.Context, c cluster.Cluster) error {
	w.row = c
	return nil
}

func (w *world) SetSealedToken(_ context.Context, _ int64, sealed []byte) error {
	w.sealed = string(sealed)
	return nil
}

func (w *world) DeleteCluster(context.Context, int64) error {
	w.deleted = true
	return nil
}

func (w *world) Schedule(_ context.Context, ref work.Ref) error {
	w.due[ref.Kind]++
	return nil
}

func (w *world) Notify(string) {}

// Seal implements cluster.Sealer so that a test sees what was sealed for what.
func (w *world) Seal(v secret.Value, place secret.Context) (sealed []byte, err error) {
	v.Reveal(func(b []byte) { sealed = append(sealed, b...) })
	return append(sealed, " for "+place.Target...), nil
}

func (w *world) Refresh(context.Context, int64, string) error { return nil }

func (w *world) Invalidate(_ context.Context, _, generation int64) error {
	w.invalidated = append(w.invalidated, generation)
	return nil
}

type mirror struct{ w *world }

func (m mirror) Forget(context.Context, int64) error {
	m.w.forgotten++
	return nil
}

func (w *world) Clear(context.Context, cluster.Cluster) (bool, error) {
	w.clears++
	return !w.uncleared, nil
}

func (w *world) DraftsBefore(_ context.Context, made time.Time) ([]int64, error) {
	w.draftsBefore = made
	return w.drafts, nil
}

func (w *world) Inventory(context.Context, int64) ([]cluster.Item, error) { return w.items, nil }

func (w *world) DeleteGrant(context.Context, int64, int64) error { return nil }

func (w *world) Stranded(context.Context, int64, int64) ([]int64, error) { return w.stranded, nil }

func (w *world) RemoveNamespace(_ context.Context, id int64, _ time.Time) error {
	w.removed = append(w.removed, id)
	return nil
}

func (w *world) Record(_ context.Context, e audit.Entry) error {
	w.recorded = append(w.recorded, e)
	return nil
}

func (w *world) Missing(context.Context, cluster.IdentitySpec) ([]string, error) {
	return w.missing, w.failure
}

func (w *world) Make(context.Context, cluster.IdentitySpec) (string, error) { return "uid", w.failure }

func (w *world) Token(_ context.Context, _ cluster.IdentitySpec, serial int64) (secret.Value, error) {
	if w.failure != nil || w.unfilled {
		return secret.Value{}, w.failure
	}
	w.secrets[serial] = "token-" + string(rune('0'+serial))
	return secret.NewValue([]byte(w.secrets[serial])), nil
}

func (w *world) Prove(context.Context, cluster.IdentitySpec, secret.Value) ([]string, error) {
	w.proofs++
	if w.meanwhile != nil {
		w.meanwhile()
		w.meanwhile = nil
	}
	if w.unproven {
		return nil, apperr.Of(apperr.ClusterUnauthorized)
	}
	return nil, w.failure
}

func (w *world) Tidy(_ context.Context, _ cluster.IdentitySpec, keep int64) error {
	maps.DeleteFunc(w.secrets, func(serial int64, _ string) bool { return serial != keep })
	return w.failure
}

func (w *world) Find(context.Context, cluster.IdentitySpec) (string, error) {
	if w.dissolved {
		return "", apperr.Of(apperr.ClusterUnauthorized) // the account is gone
	}
	return "uid", w.failure
}

func (w *world) Remove(context.Context, cluster.IdentitySpec, string) error {
	w.dissolved = true
	return errors.New("the process dies before it knows")
}

// step runs the identity's step once.
func (w *world) step() (work.Next, error) {
	return w.service.StepIdentity(w.t.Context(), work.Claim{Ref: work.Ref{Kind: cluster.IdentityKind, Object: 7, Cluster: 7}})
}

// adopted is a world in which our own identity is in use, with its first token.
func adopted(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	if _, err := w.service.Adopt(t.Context(), 7, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.step(); err != nil {
		t.Fatal(err)
	}
	w.wantState(cluster.IdentityOwn, "")
	return w
}

func (w *world) wantState(state cluster.IdentityState, code apperr.Code) {
	w.t.Helper()
	if w.identity.State != state || w.identity.Code != code {
		w.t.Errorf("the identity is %s (%s), want %s (%s)", w.identity.State, w.identity.Code, state, code)
	}
}

func (w *world) wantSealed(want string) {
	w.t.Helper()
	if w.sealed != want {
		w.t.Errorf("%q is sealed, want %q", w.sealed, want)
	}
}

func (w *world) wantSecrets(serials ...int64) {
	w.t.Helper()
	if got := slices.Sorted(maps.Keys(w.secrets)); !slices.Equal(got, serials) {
		w.t.Errorf("the cluster holds the Secrets %v, want %v", got, serials)
	}
}
