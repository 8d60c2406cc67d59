package storetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/storetest"
)

// eachProvision runs a test over both databases, with a run that waits for its stack.
func eachProvision(t *testing.T, test func(t *testing.T, s provisions)) {
	t.Helper()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := provisions{world: newWorld(t, config(t))}
			s.role = s.addRole(t, "customer")
			s.run = s.addRun(t, "orders")
			test(t, s)
		})
	}
}

type provisions struct {
	world

	role provision.Role
	run  provision.Run
}

func (s provisions) atomically(t *testing.T, fn func(tx provision.Tx) error) {
	t.Helper()
	check(t, s.Provision().Atomically(t.Context(), fn))
}

func (s provisions) addRole(t *testing.T, name string) (role provision.Role) {
	t.Helper()
	s.atomically(t, func(tx provision.Tx) (err error) {
		role, err = tx.InsertRole(t.Context(), provision.Role{
			Name: name, Level: cluster.Group, GroupID: s.group.ID, ExternalID: "external-" + name, Region: "eu-west-1",
			ARN: "arn:" + name, State: provision.RoleVerified, CreatedAt: instant(), UpdatedAt: instant(),
		})
		return err
	})
	return role
}

func (s provisions) addRun(t *testing.T, name string) (run provision.Run) {
	t.Helper()
	s.atomically(t, func(tx provision.Tx) error {
		id, err := tx.NextClusterID(t.Context())
		if err != nil {
			return err
		}
		run, err = tx.InsertRun(t.Context(), provision.Run{
			UUID: uuid.NewString(), RoleID: s.role.ID, Level: cluster.Group, GroupID: s.group.ID, ClusterID: id, Attempt: 1,
			Spec: provision.Spec{Name: name, Region: "eu-west-1", Tags: map[string]string{"team": "shop"}}, State: provision.Waiting,
			StackID: "stack-1", Deadline: instant().Add(time.Hour), Since: instant(), CreatedAt: instant(), UpdatedAt: instant(),
		})
		return err
	})
	return run
}

func (s provisions) keep(t *testing.T, run provision.Run, expires time.Time) {
	t.Helper()
	s.atomically(t, func(tx provision.Tx) error { return tx.KeepSession(t.Context(), run.ID, []byte("sealed"), expires) })
}

func TestRuns(t *testing.T) {
	t.Parallel()
	eachProvision(t, func(t *testing.T, s provisions) {
		ctx, store := t.Context(), s.Provision()
		if diff := cmp.Diff(s.run, must(store.Run(ctx, s.run.ID))(t)); diff != "" {
			t.Errorf("as it was stored (-want +got):\n%s", diff)
		}
		changed := s.run
		changed.State, changed.Attempt, changed.Took, changed.ReadyAt = provision.Ready, 2, time.Minute, instant()
		changed.Failure = &provision.Failure{Class: provision.Quota, Code: apperr.CloudQuota, Zones: []string{"eu-west-1a"}}
		changed.Asked, changed.NodesBehind = true, true
		changed.Removal = &provision.Removal{Retain: []string{"Vpc"}, Force: true}
		changed.Billed, changed.Stuck = []provision.Billed{{Kind: "volume", ID: "vol-1"}}, []string{"Vpc"}
		s.atomically(t, func(tx provision.Tx) error { return tx.UpdateRun(ctx, changed) })
		if diff := cmp.Diff(changed, must(store.RunOfCluster(ctx, changed.ClusterID))(t)); diff != "" {
			t.Errorf("after a change (-want +got):\n%s", diff)
		}
		if got := must(store.Durations(ctx, 3))(t); !cmp.Equal(got, []time.Duration{time.Minute}) {
			t.Errorf("durations %v", got)
		}
		second := s.addRun(t, "orders")
		if got := must(store.RunsByName(ctx, "orders"))(t); len(got) != 2 {
			t.Errorf("%d runs of the name", len(got))
		}
		second.State = provision.Deleted
		s.atomically(t, func(tx provision.Tx) error { return tx.UpdateRun(ctx, second) })
		if got := must(store.RunsByName(ctx, "orders"))(t); len(got) != 1 || got[0].ID != s.run.ID {
			t.Errorf("a deleted run is found by name: %+v", got)
		}
		s.atomically(t, func(tx provision.Tx) error { return tx.DeleteRun(ctx, second.ID) })
		_, err := store.Run(ctx, second.ID)
		wantCode(t, err, apperr.NotFound)
	})
}

// TestSessionEndsWithTheRun pins that no final state is stored with a credential of the cloud.
func TestSessionEndsWithTheRun(t *testing.T) {
	t.Parallel()
	eachProvision(t, func(t *testing.T, s provisions) {
		ctx, store := t.Context(), s.Provision()
		for _, state := range []provision.State{
			provision.Pending, provision.Preflight, provision.Creating, provision.Waiting, provision.Connecting, provision.Configuring,
			provision.Ready, provision.Failing, provision.Failed, provision.Cancelling, provision.Cancelled, provision.Updating,
			provision.Deleting, provision.DeleteBlocked, provision.Deleted,
		} {
			s.keep(t, s.run, instant())
			run := s.run
			run.State = state
			s.atomically(t, func(tx provision.Tx) error { return tx.UpdateRun(ctx, run) })
			if got := must(store.Session(ctx, run.ID))(t); (got == nil) != state.Final() {
				t.Errorf("%s keeps the session %q", state, got)
			}
			if !state.Final() {
				continue
			}
			s.keep(t, s.run, instant().Add(time.Hour)) // which the domain never does
			s.atomically(t, func(tx provision.Tx) error {
				if n, err := tx.EraseSessions(ctx, instant()); err != nil || n != 1 {
					t.Errorf("the sweep erased %d sessions of a run that is %s: %v", n, state, err)
				}
				return nil
			})
		}
	})
}

func TestEraseSessions(t *testing.T) {
	t.Parallel()
	eachProvision(t, func(t *testing.T, s provisions) {
		ctx, later := t.Context(), s.addRun(t, "later")
		s.keep(t, s.run, instant())
		s.keep(t, later, instant().Add(time.Second))
		s.atomically(t, func(tx provision.Tx) error {
			if n, err := tx.EraseSessions(ctx, instant()); err != nil || n != 1 {
				t.Errorf("erased %d: %v", n, err)
			}
			return nil
		})
		if got := must(s.Provision().Session(ctx, later.ID))(t); string(got) != "sealed" {
			t.Errorf("the session that goes on is %q", got)
		}
		s.atomically(t, func(tx provision.Tx) error { return tx.EraseSession(ctx, later.ID) })
		if got := must(s.Provision().Session(ctx, later.ID))(t); got != nil {
			t.Errorf("the erased session is %q", got)
		}
	})
}

func TestProvisionEventsAreStoredOnce(t *testing.T) {
	t.Parallel()
	eachProvision(t, func(t *testing.T, s provisions) {
		ctx := t.Context()
		events := []provision.Event{
			{ID: "a", At: instant(), LogicalID: "Vpc", Type: "AWS::EC2::VPC", Status: provision.PartCreating},
			{
				ID: "b", At: instant(), LogicalID: "Vpc", Type: "AWS::EC2::VPC", Status: provision.PartFailed, FollowUp: true,
				Failure: &provision.Failure{Class: provision.Quota, Code: apperr.CloudQuota},
			},
		}
		for range 2 {
			s.atomically(t, func(tx provision.Tx) error { return tx.AppendEvents(ctx, s.run.ID, 1, events) })
		}
		s.atomically(t, func(tx provision.Tx) error { return tx.AppendEvents(ctx, s.run.ID, 2, events[:1]) })
		got := must(s.Provision().Events(ctx, s.run.ID, 1, 0, 10))(t)
		if len(got) != 2 || !cmp.Equal([]provision.Event{got[0].Event, got[1].Event}, events) {
			t.Errorf("the first attempt has the events %+v", got)
		}
		if after := must(s.Provision().Events(ctx, s.run.ID, 1, got[0].Seq, 10))(t); len(after) != 1 {
			t.Errorf("after the first there are %+v", after)
		}
	})
}

func TestProvisioningRoles(t *testing.T) {
	t.Parallel()
	eachProvision(t, func(t *testing.T, s provisions) {
		ctx, store := t.Context(), s.Provision()
		if diff := cmp.Diff(s.role, must(store.Role(ctx, s.role.ID))(t)); diff != "" {
			t.Errorf("as it was stored (-want +got):\n%s", diff)
		}
		twice := s.role
		twice.ExternalID = "another"
		err := store.Atomically(ctx, func(tx provision.Tx) error {
			_, err := tx.InsertRole(ctx, twice)
			return err
		})
		wantCode(t, err, apperr.AlreadyExists)
		s.atomically(t, func(tx provision.Tx) error {
			found, err := tx.RolesByARN(ctx, s.role.ARN)
			if len(found) != 1 || found[0].ID != s.role.ID {
				t.Errorf("by ARN: %+v", found)
			}
			if n, err := tx.RunsOfRole(ctx, s.role.ID); err != nil || n != 1 {
				t.Errorf("%d runs of the role: %v", n, err)
			}
			return err
		})
		form := s.form(ctx, t)
		if again := s.form(ctx, t); again.ID != form.ID {
			t.Errorf("one form is %d and %d", form.ID, again.ID)
		}
		s.atomically(t, func(tx provision.Tx) error {
			if err := tx.DeleteRun(ctx, s.run.ID); err != nil {
				return err
			}
			return tx.DeleteRole(ctx, s.role.ID)
		})
		_, err = store.FormByID(ctx, form.ID)
		wantCode(t, err, apperr.NotFound)
	})
}

func (s provisions) form(ctx context.Context, t *testing.T) (form provision.Form) {
	t.Helper()
	s.atomically(t, func(tx provision.Tx) (err error) {
		form, err = tx.EnsureForm(ctx, s.role.ID, "eu-west-1")
		return err
	})
	return form
}

// TestRunIsRegisteredWithItsEnd registers the cluster in the transaction that ends the run, or does neither.
func TestRunIsRegisteredWithItsEnd(t *testing.T) {
	t.Parallel()
	eachProvision(t, func(t *testing.T, s provisions) {
		ctx, c := t.Context(), s.cluster
		c.ID, c.Name, c.Level, c.GroupID = s.run.ClusterID, "orders", cluster.Group, s.group.ID
		ready := s.run
		ready.State = provision.Ready
		s.atomically(t, func(tx provision.Tx) error {
			if err := tx.InsertCluster(ctx, c, []byte("sealed")); err != nil {
				return err
			}
			if err := tx.SaveIdentity(ctx, cluster.OwnIdentity(c.ID, nil, "uid", instant())); err != nil {
				return err
			}
			return tx.UpdateRun(ctx, ready)
		})
		if got := must(s.Clusters().Cluster(ctx, c.ID))(t); got.Name != "orders" {
			t.Errorf("the cluster is %+v", got)
		}
		s.atomically(t, func(tx provision.Tx) error { return tx.DeleteCluster(ctx, c.ID) })
		_, err := s.Clusters().Cluster(ctx, c.ID)
		wantCode(t, err, apperr.NotFound)
		if got := must(s.Provision().Run(ctx, s.run.ID))(t); got.State != provision.Ready {
			t.Errorf("the run went with its cluster: %+v", got)
		}
	})
}
