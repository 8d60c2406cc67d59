package store

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

// Run returns one run.
func (s Provision) Run(ctx context.Context, id int64) (provision.Run, error) {
	row, err := s.db.reader().ProvisionRun(ctx, id)
	if err != nil {
		return provision.Run{}, doing(err, "read run %d", id)
	}
	return runOf(row)
}

// RunsByName lists the runs of a cluster's name, but no deleted ones.
func (s Provision) RunsByName(ctx context.Context, name string) ([]provision.Run, error) {
	rows, err := s.db.reader().ProvisionRunsByName(ctx, name)
	if err != nil {
		return nil, doing(err, "list runs by name")
	}
	return eachOrError(rows, runOf)
}

// RunOfCluster returns the run that made a cluster, or makes it.
func (s Provision) RunOfCluster(ctx context.Context, clusterID int64) (provision.Run, error) {
	row, err := s.db.reader().ProvisionRunOfCluster(ctx, clusterID)
	if err != nil {
		return provision.Run{}, doing(err, "read the run of cluster %d", clusterID)
	}
	return runOf(row)
}

// Runs lists runs in order of id, after the given one.
func (s Provision) Runs(ctx context.Context, after int64, limit int) ([]provision.Run, error) {
	rows, err := s.db.reader().ProvisionRuns(ctx, sqlgen.ProvisionRunsParams{ID: after, Limit: int32(limit)})
	if err != nil {
		return nil, doing(err, "list runs")
	}
	return eachOrError(rows, runOf)
}

// Durations are how long the last creations took, the latest first.
func (s Provision) Durations(ctx context.Context, limit int) ([]time.Duration, error) {
	rows, err := s.db.reader().ProvisionDurations(ctx, int32(limit))
	return each(rows, func(ns int64) time.Duration { return time.Duration(ns) }), doing(err, "read how long runs took")
}

// Run reads the row for a change.
func (t provisionTx) Run(ctx context.Context, id int64) (provision.Run, error) {
	row, err := t.LockProvisionRun(ctx, id)
	if err != nil {
		return provision.Run{}, doing(err, "lock run %d", id)
	}
	return runOf(row)
}

// InsertRun stores a new run and returns it with its id.
func (t provisionTx) InsertRun(ctx context.Context, r provision.Run) (_ provision.Run, err error) {
	if r.ID, err = t.NextID(ctx, "provision_runs"); err != nil {
		return r, doing(err, "reserve the id of a run")
	}
	detail, err := encode(detailOf(r))
	if err != nil {
		return r, err
	}
	err = t.InsertProvisionRun(ctx, sqlgen.InsertProvisionRunParams{
		ID: r.ID, Uuid: r.UUID, RoleID: r.RoleID, Level: string(r.Level), GroupID: optional(r.GroupID),
		ClusterID: r.ClusterID, State: string(r.State), Attempt: int64(r.Attempt), Took: int64(r.Took), Detail: detail,
		CreatedBy: r.CreatedBy, CreatedAt: stamp(r.CreatedAt), UpdatedAt: stamp(r.UpdatedAt), ReadyAt: stamp(r.ReadyAt), Name: r.Spec.Name,
	})
	return r, doing(err, "store a run")
}

// UpdateRun writes what can change, and in a final state erases the session.
func (t provisionTx) UpdateRun(ctx context.Context, r provision.Run) error {
	detail, err := encode(detailOf(r))
	if err != nil {
		return err
	}
	rows, err := t.UpdateProvisionRun(ctx, sqlgen.UpdateProvisionRunParams{
		ID: r.ID, State: string(r.State), Attempt: int64(r.Attempt), Took: int64(r.Took), Detail: detail,
		UpdatedAt: stamp(r.UpdatedAt), ReadyAt: stamp(r.ReadyAt), Final: r.State.Final(),
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "change run %d", r.ID)
}

// DeleteRun deletes a run with its events.
func (t provisionTx) DeleteRun(ctx context.Context, id int64) error {
	rows, err := t.DeleteProvisionRun(ctx, id)
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "delete run %d", id)
}

// runDetail is the part of a run that nobody searches by.
type runDetail struct {
	Spec              provision.Spec      `json:"spec"`
	StackID           string              `json:"stack_id,omitempty"`
	Asked             bool                `json:"asked,omitempty"`
	StackGone         bool                `json:"stack_gone,omitempty"`
	LastEvent         string              `json:"last_event,omitempty"`
	Outputs           provision.Outputs   `json:"outputs"`
	Progress          provision.Progress  `json:"progress"`
	Failure           *provision.Failure  `json:"failure,omitempty"`
	CancelRequestedAt int64               `json:"cancel_requested_at,omitempty"`
	Removal           *provision.Removal  `json:"removal,omitempty"`
	Upgrade           *provision.Upgrade  `json:"upgrade,omitempty"`
	Plan              *provision.Plan     `json:"plan,omitempty"`
	NodesBehind       bool                `json:"nodes_behind,omitempty"`
	Findings          []provision.Finding `json:"findings,omitempty"`
	Billed            []provision.Billed  `json:"billed,omitempty"`
	Inventory         provision.Inventory `json:"inventory"`
	Stuck             []string            `json:"stuck,omitempty"`
	Since             int64               `json:"since,omitempty"`
	Misses            int                 `json:"misses,omitempty"`
	Deadline          int64               `json:"deadline,omitempty"`
}

func detailOf(r provision.Run) runDetail {
	return runDetail{
		Spec: r.Spec, StackID: r.StackID, StackGone: r.StackGone, LastEvent: r.LastEvent, Outputs: r.Outputs,
		Progress: r.Progress, Failure: r.Failure, CancelRequestedAt: stamp(r.CancelRequestedAt), Removal: r.Removal,
		Upgrade: r.Upgrade, Plan: r.Plan, Findings: r.Findings, Billed: r.Billed, Stuck: r.Stuck, Inventory: r.Inventory,
		Since: stamp(r.Since), Misses: r.Misses, Deadline: stamp(r.Deadline), Asked: r.Asked, NodesBehind: r.NodesBehind,
	}
}

func runOf(row sqlgen.ProvisionRun) (provision.Run, error) {
	var d runDetail
	if err := decode(row.Detail, &d); err != nil {
		return provision.Run{}, doing(err, "read run %d", row.ID)
	}
	return provision.Run{
		ID: row.ID, UUID: row.Uuid, RoleID: row.RoleID, Level: cluster.Level(row.Level), GroupID: row.GroupID.Int64,
		ClusterID: row.ClusterID, State: provision.State(row.State), Attempt: int(row.Attempt),
		Took: time.Duration(row.Took), CreatedBy: row.CreatedBy,
		CreatedAt: moment(row.CreatedAt), UpdatedAt: moment(row.UpdatedAt), ReadyAt: moment(row.ReadyAt),
		Spec: d.Spec, StackID: d.StackID, StackGone: d.StackGone, LastEvent: d.LastEvent, Outputs: d.Outputs,
		Progress: d.Progress, Failure: d.Failure, CancelRequestedAt: moment(d.CancelRequestedAt), Removal: d.Removal,
		Upgrade: d.Upgrade, Plan: d.Plan, Findings: d.Findings, Billed: d.Billed, Stuck: d.Stuck, Inventory: d.Inventory,
		Since: moment(d.Since), Misses: d.Misses, Deadline: moment(d.Deadline), Asked: d.Asked, NodesBehind: d.NodesBehind,
	}, nil
}
