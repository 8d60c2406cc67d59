package provision

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/work"
)

// Service answers for roles and runs. It calls no cloud: what it changes is advanced by the Machine.
type Service struct {
	Store Store
	Now   func() time.Time
}

// Role finds a role by id or by name.
func (s *Service) Role(ctx context.Context, idOrName string) (Role, error) {
	if id, err := strconv.ParseInt(idOrName, 10, 64); err == nil {
		return s.Store.Role(ctx, id)
	}
	found, err := s.RolesNamed(ctx, idOrName)
	if err != nil {
		return Role{}, err
	}
	return Only(found)
}

// RolesNamed lists every role of a name.
func (s *Service) RolesNamed(ctx context.Context, name string) ([]Role, error) {
	found, err := s.Store.RolesByName(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("find role %q: %w", name, err)
	}
	return found, nil
}

// Run finds a run by id, or by the name of its cluster where only one has it.
func (s *Service) Run(ctx context.Context, idOrName string) (Run, error) {
	if id, err := strconv.ParseInt(idOrName, 10, 64); err == nil {
		return s.Store.Run(ctx, id)
	}
	found, err := s.RunsNamed(ctx, idOrName)
	if err != nil {
		return Run{}, err
	}
	return Only(found)
}

// RunsNamed lists every run for a cluster of that name.
func (s *Service) RunsNamed(ctx context.Context, name string) ([]Run, error) {
	found, err := s.Store.RunsByName(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("find run %q: %w", name, err)
	}
	return found, nil
}

// Only returns the one that was found by a name.
func Only[T any](found []T) (T, error) {
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return *new(T), apperr.Of(apperr.NotFound)
	}
	return *new(T), apperr.Of(apperr.AmbiguousName)
}

// Roles lists roles in order of id, after the given one.
func (s *Service) Roles(ctx context.Context, after int64, limit int) ([]Role, error) {
	return s.Store.Roles(ctx, after, limit)
}

// Runs lists runs in order of id, after the given one.
func (s *Service) Runs(ctx context.Context, after int64, limit int) ([]Run, error) {
	return s.Store.Runs(ctx, after, limit)
}

// Events lists what became of a run's stack in its present attempt, after the given sequence number.
func (s *Service) Events(ctx context.Context, r Run, after int64, limit int) ([]Logged, error) {
	return s.Store.Events(ctx, r.ID, r.Attempt, after, limit)
}

// Order is a wish for a cluster.
type Order struct {
	RoleID int64
	Spec   Spec
	// AcceptCost says that somebody was shown what it costs and wants it.
	AcceptCost bool
	By         string // who
}

// Create begins a run.
func (s *Service) Create(ctx context.Context, o Order) (run Run, err error) {
	if err := o.Spec.validate(); err != nil {
		return Run{}, err
	}
	if !o.AcceptCost {
		return Run{}, invalid("order", "A cluster costs from the first hour until it is deleted: say that this is wanted with accept_cost.")
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		role, err := tx.Role(ctx, o.RoleID)
		if err != nil {
			return err
		}
		if role.State != RoleVerified {
			return apperr.Of(apperr.CloudRoleUnverified)
		}
		clusterID, err := tx.NextClusterID(ctx)
		if err != nil {
			return err
		}
		run, err = tx.InsertRun(ctx, Run{
			UUID: newUUID(), RoleID: role.ID, Level: role.Level, GroupID: role.GroupID, ClusterID: clusterID,
			Spec: o.Spec, State: Pending, Attempt: 1, CreatedBy: o.By, CreatedAt: s.Now(), UpdatedAt: s.Now(), Since: s.Now(),
		})
		if err != nil {
			return err
		}
		if err := tx.Record(ctx, run.entry("run.create")); err != nil {
			return err
		}
		return s.wake(ctx, tx, run)
	})
	if err != nil {
		return Run{}, fmt.Errorf("begin to make a cluster: %w", err)
	}
	return run, nil
}

// Cancel ends a creation: what was made so far is taken back.
func (s *Service) Cancel(ctx context.Context, id int64) (Run, error) {
	return s.change(ctx, id, "cancel", func(run *Run) error {
		switch run.State {
		case Pending, Preflight, Creating, Waiting, Connecting, Configuring:
			if run.CancelRequestedAt.IsZero() {
				run.CancelRequestedAt = s.Now()
			}
			return nil
		case Cancelling, Cancelled:
			return nil
		default:
			return apperr.Of(apperr.CloudRunState)
		}
	})
}

// Retry goes on with a creation that failed: with the cluster, if it is there, else with a new attempt.
func (s *Service) Retry(ctx context.Context, id int64) (Run, error) {
	return s.change(ctx, id, "retry", func(run *Run) error {
		if run.State != Failed && run.State != Cancelled {
			return apperr.Of(apperr.CloudRunState)
		}
		run.CancelRequestedAt = time.Time{}
		standing := run.StackID != "" && !run.StackGone
		switch {
		case standing && run.Took > 0:
			run.Failure = nil
			enter(run, Connecting, s.Now())
		case standing:
			return apperr.Of(apperr.CloudRollbackFailed)
		default:
			nextAttempt(run, s.Now())
		}
		return nil
	})
}

// nextAttempt makes a run begin once more.
func nextAttempt(r *Run, now time.Time) {
	enter(r, Pending, now)
	r.Attempt++
	r.Failure, r.StackID, r.StackGone, r.LastEvent, r.Findings = nil, "", false, "", nil
	r.Asked, r.NodesBehind = false, false
	r.Outputs, r.Progress, r.Removal, r.Took, r.Stuck, r.Billed = Outputs{}, Progress{}, nil, 0, nil, nil
}

// Demolition says how a cluster is to be deleted.
type Demolition struct {
	// Confirm is the name of the cluster, typed by somebody who was shown what goes and what stays.
	Confirm       string
	LoadBalancers bool
	Retain        []string
	Force         bool
}

// Delete takes a cluster down.
func (s *Service) Delete(ctx context.Context, id int64, d Demolition) (Run, error) {
	return s.change(ctx, id, "delete", func(run *Run) error {
		switch run.State {
		case Ready, Failed, DeleteBlocked, Cancelled:
		default:
			return apperr.Of(apperr.CloudRunState)
		}
		if d.Confirm != run.Spec.Name {
			return invalid("confirmation", "Type the name of the cluster, "+run.Spec.Name+".")
		}
		run.Removal = &Removal{LoadBalancers: d.LoadBalancers, Retain: d.Retain, Force: d.Force}
		run.Failure = nil
		enter(run, Deleting, s.Now())
		return nil
	})
}

// Forget ends a run without touching the account: somebody deletes there what is left.
func (s *Service) Forget(ctx context.Context, id int64, confirm string) error {
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		run, err := tx.Run(ctx, id)
		if err != nil {
			return err
		}
		if !run.State.Final() {
			return apperr.Of(apperr.CloudRunState)
		}
		if confirm != run.Spec.Name {
			return invalid("confirmation", "Type the name of the cluster, "+run.Spec.Name+".")
		}
		if err := tx.DeleteCluster(ctx, run.ClusterID); err != nil && apperr.CodeOf(err) != apperr.NotFound {
			return err
		}
		if err := tx.Record(ctx, run.entry("run.forget")); err != nil {
			return err
		}
		tx.Notify(RunsTopic)
		tx.Notify(Topic(id))
		tx.Notify("clusters")
		return tx.DeleteRun(ctx, id)
	})
	if err != nil {
		return fmt.Errorf("forget run %d: %w", id, err)
	}
	return nil
}

// Upgrade begins an upgrade by one minor version: of the control plane, then of the machines. Machines
// that stayed behind may be upgraded to the version that the control plane has.
func (s *Service) Upgrade(ctx context.Context, id int64, version string) (Run, error) {
	return s.change(ctx, id, "upgrade", func(run *Run) error {
		if run.State != Ready {
			return apperr.Of(apperr.CloudRunState)
		}
		machines := run.NodesBehind && version == run.Spec.KubernetesVersion
		if err := nextMinor(run.Spec.KubernetesVersion, version); err != nil && !machines {
			return err
		}
		run.Upgrade, run.Plan = &Upgrade{Version: version, Nodes: machines}, nil
		run.Failure = nil
		enter(run, Updating, s.Now())
		return nil
	})
}

// change edits a run under its row's lock, records it under the name of what is being done, and has the run advanced.
func (s *Service) change(ctx context.Context, id int64, doing string, edit func(run *Run) error) (run Run, err error) {
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if run, err = tx.Run(ctx, id); err != nil {
			return err
		}
		before := run
		if err := edit(&run); err != nil {
			return err
		}
		changed := !reflect.DeepEqual(before, run)
		run.UpdatedAt = s.Now()
		if err := tx.UpdateRun(ctx, run); err != nil {
			return err
		}
		if changed {
			if err := tx.Record(ctx, run.entry("run."+doing)); err != nil {
				return err
			}
		}
		return s.wake(ctx, tx, run)
	})
	if err != nil {
		return Run{}, fmt.Errorf("%s run %d: %w", doing, id, err)
	}
	return run, nil
}

func (s *Service) wake(ctx context.Context, tx Tx, run Run) error {
	tx.Notify(Topic(run.ID))
	tx.Notify(RunsTopic)
	return tx.Schedule(ctx, run.ref())
}

func (r Run) ref() work.Ref { return work.Ref{Kind: Kind, Object: r.ID, Cluster: r.ClusterID} }

// RunOf finds the run that made a cluster; NotFound when people attached it.
func (s *Service) RunOf(ctx context.Context, clusterID int64) (Run, error) {
	return s.Store.RunOfCluster(ctx, clusterID)
}

// registered is the cluster that a run ends with.
func (r Run) registered(now time.Time) cluster.Cluster {
	return cluster.Cluster{
		ID: r.ClusterID, Name: r.Spec.Name, Level: r.Level, GroupID: r.GroupID, EnvironmentScope: r.Spec.EnvironmentScope,
		Enabled: true, State: cluster.Attached, StateSince: now, Generation: 1,
		Managed: true, NamespacePerEnvironment: true, Provider: cluster.ByAWS, AuthorizationType: cluster.RBAC,
		Platform:  cluster.Platform{APIURL: r.Outputs.Endpoint, CAPEM: r.Outputs.CAPEM},
		CreatedAt: now, UpdatedAt: now,
	}
}

// codeOf is the code of a failure, internal for one without.
func codeOf(err error) apperr.Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*CloudError](err); ok {
		return e.Code
	}
	return apperr.CodeOf(err)
}
