package storetest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/storetest"
)

func TestNamespaces(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s, want := w.Namespaces(), w.addNamespace(t)
			want.ServiceAccount, want.Profile, want.State = "other", namespace.Baseline, namespace.Failed
			want.Code, want.UID, want.Generation = apperr.ClusterForbidden, "uid", 3
			want.Objects = []namespace.Object{{Kind: "Role", Name: "tenant", Code: apperr.ClusterForbidden}, {Applied: true}}
			want.UpdatedAt, want.ReadyAt = instant().Add(time.Second), instant().Add(time.Minute)
			check(t, s.Atomically(ctx, func(tx namespace.Tx) error {
				if _, err := tx.Namespace(ctx, want.ID); err != nil {
					return err
				}
				return tx.UpdateNamespace(ctx, want)
			}))
			for name, got := range map[string]namespace.Namespace{
				"by id":      must(s.Namespace(ctx, want.ID))(t),
				"by owner":   must(s.NamespaceOf(ctx, w.cluster.ID, w.project.ID, w.environment.ID))(t),
				"of project": must(s.NamespacesOfProject(ctx, w.project.ID))(t)[0],
				"of cluster": must(s.NamespacesOfCluster(ctx, w.cluster.ID))(t)[0],
				"by name":    must(s.NamespaceNamed(ctx, w.cluster.ID, want.Name))(t),
			} {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			_, err := s.NamespaceOf(ctx, w.cluster.ID, w.project.ID, 99)
			wantCode(t, err, apperr.NotFound)
			wantCode(t, s.Atomically(ctx, func(tx namespace.Tx) error {
				_, err := tx.InsertNamespace(ctx, want)
				return err
			}), apperr.AlreadyExists)
			check(t, s.Atomically(ctx, func(tx namespace.Tx) error { return tx.DeleteNamespace(ctx, want.ID) }))
			_, err = s.Namespace(ctx, want.ID)
			wantCode(t, err, apperr.NotFound)
			wantCode(t, s.Atomically(ctx, func(tx namespace.Tx) error { return tx.UpdateNamespace(ctx, want) }), apperr.NotFound)
		})
	}
}

// In a cluster that is not managed many may share a namespace, but nobody has
// two of the same owner.
func TestSharedNamespaces(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			s, ours := w.Namespaces(), w.addNamespace(t)
			insert := func(change func(n *namespace.Namespace)) error {
				n := ours
				n.ID = 0
				change(&n)
				return s.Atomically(ctx, func(tx namespace.Tx) error {
					_, err := tx.InsertNamespace(ctx, n)
					return err
				})
			}
			wantCode(t, insert(func(n *namespace.Namespace) { n.EnvironmentID = 0 }), apperr.AlreadyExists) // the name
			check(t, insert(func(n *namespace.Namespace) { n.EnvironmentID, n.Managed = 0, false }))
			wantCode(t, insert(func(n *namespace.Namespace) { n.EnvironmentID, n.Name = 0, "other" }), apperr.AlreadyExists)
			shared := must(s.NamespaceOf(ctx, w.cluster.ID, w.project.ID, 0))(t)
			if shared.Managed || shared.EnvironmentID != 0 || shared.Name != ours.Name {
				t.Errorf("the project's is %+v", shared)
			}
			if named := must(s.NamespaceNamed(ctx, w.cluster.ID, ours.Name))(t); named.ID != ours.ID {
				t.Errorf("namespace %d is found by name, want %d", named.ID, ours.ID)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s, n := w.Namespaces(), w.addNamespace(t)
			c := namespace.Credential{
				NamespaceID: n.ID, ClusterID: w.cluster.ID, PublicKey: []byte{1, 0, 2}, Lifetime: time.Hour,
				State: namespace.CredentialPending, CreatedAt: instant(),
			}
			counts := func() (live, pending int) {
				check(t, s.Atomically(ctx, func(tx namespace.Tx) (err error) {
					if live, err = tx.LiveCredentials(ctx, n.ID); err != nil {
						return err
					}
					pending, err = tx.PendingCredentials(ctx, w.cluster.ID)
					return err
				}))
				return live, pending
			}
			check(t, s.Atomically(ctx, func(tx namespace.Tx) (err error) {
				c, err = tx.InsertCredential(ctx, c)
				return err
			}))
			if diff := cmp.Diff(c, must(s.Credential(ctx, c.ID))(t)); diff != "" {
				t.Errorf("asked for (-want +got):\n%s", diff)
			}
			if live, pending := counts(); live != 1 || pending != 1 {
				t.Errorf("%d live, %d pending, want 1 and 1", live, pending)
			}

			c.State, c.Sealed, c.LeaseUID = namespace.CredentialAnswered, []byte("sealed"), "lease"
			c.AnsweredAt, c.ExpiresAt = instant().Add(time.Second), instant().Add(time.Hour)
			check(t, s.Atomically(ctx, func(tx namespace.Tx) error { return tx.UpdateCredential(ctx, c) }))
			check(t, s.Atomically(ctx, func(tx namespace.Tx) error {
				got, err := tx.Credential(ctx, c.ID)
				if diff := cmp.Diff(c, got); diff != "" {
					t.Errorf("answered (-want +got):\n%s", diff)
				}
				return err
			}))
			if live, pending := counts(); live != 1 || pending != 0 {
				t.Errorf("%d live, %d pending, want 1 and 0", live, pending)
			}

			c.State, c.Sealed = namespace.CredentialFailed, nil
			check(t, s.Atomically(ctx, func(tx namespace.Tx) error { return tx.UpdateCredential(ctx, c) }))
			if got := must(s.Credential(ctx, c.ID))(t); got.Sealed != nil {
				t.Errorf("the sealed answer is still there: %q", got.Sealed)
			}
			if live, _ := counts(); live != 0 {
				t.Errorf("%d live, want 0", live)
			}
			check(t, s.Atomically(ctx, func(tx namespace.Tx) error { return tx.DeleteCredential(ctx, c.ID) }))
			_, err := s.Credential(ctx, c.ID)
			wantCode(t, err, apperr.NotFound)
		})
	}
}
