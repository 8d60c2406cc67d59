package provision

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/work"
)

// Store keeps roles, runs and their events.
type Store interface {
	Atomically(ctx context.Context, fn func(tx Tx) error) error

	Role(ctx context.Context, id int64) (Role, error)
	// Roles and Runs list in order of id, after the given one.
	Roles(ctx context.Context, after int64, limit int) ([]Role, error)
	RolesByName(ctx context.Context, name string) ([]Role, error)
	Run(ctx context.Context, id int64) (Run, error)
	// RunsByName lists the runs of a cluster's name, whoever they belong to, but no deleted ones.
	RunsByName(ctx context.Context, name string) ([]Run, error)
	RunOfCluster(ctx context.Context, clusterID int64) (Run, error)
	Runs(ctx context.Context, after int64, limit int) ([]Run, error)
	// Session returns the sealed session of a run, nil when there is none.
	Session(ctx context.Context, runID int64) ([]byte, error)
	// Events lists what became of the run's stack in its attempt, in order, after the given sequence number.
	Events(ctx context.Context, runID int64, attempt int, after int64, limit int) ([]Logged, error)
	// Durations are how long the last creations took, the latest first.
	Durations(ctx context.Context, limit int) ([]time.Duration, error)
	// Form returns what a form was last told about a role and region; NotFound when nobody asked yet.
	Form(ctx context.Context, roleID int64, region string) (Form, error)
	FormByID(ctx context.Context, id int64) (Form, error)
}

// Tx is the part of the store that changes things, inside one transaction.
type Tx interface {
	RolesTx
	RunsTx
	SessionsTx
	ClustersTx

	EnsureForm(ctx context.Context, roleID int64, region string) (Form, error)
	UpdateForm(ctx context.Context, f Form) error

	Schedule(ctx context.Context, ref work.Ref) error
	ScheduleAt(ctx context.Context, ref work.Ref, at time.Time) error
	Notify(topic string)
	// Record adds a row to the audit record.
	Record(ctx context.Context, e audit.Entry) error
}

// RolesTx changes roles.
type RolesTx interface {
	// Role reads a row for a change; nobody else changes it until the transaction ends.
	Role(ctx context.Context, id int64) (Role, error)
	// RolesByARN lists the roles of that ARN, whoever they belong to.
	RolesByARN(ctx context.Context, arn string) ([]Role, error)
	InsertRole(ctx context.Context, r Role) (Role, error)
	UpdateRole(ctx context.Context, r Role) error
	DeleteRole(ctx context.Context, id int64) error
	// RunsOfRole counts the runs of a role that have something in its account.
	RunsOfRole(ctx context.Context, roleID int64) (int, error)
}

// RunsTx changes runs.
type RunsTx interface {
	// Run reads a row for a change; nobody else changes it until the transaction ends.
	Run(ctx context.Context, id int64) (Run, error)
	InsertRun(ctx context.Context, r Run) (Run, error)
	// UpdateRun writes a run. In a final state it erases the run's session in the same statement.
	UpdateRun(ctx context.Context, r Run) error
	DeleteRun(ctx context.Context, id int64) error
	AppendEvents(ctx context.Context, runID int64, attempt int, events []Event) error
}

// SessionsTx keeps the sealed sessions of runs.
type SessionsTx interface {
	// KeepSession stores a sealed session and when it expires.
	KeepSession(ctx context.Context, runID int64, sealed []byte, expires time.Time) error
	EraseSession(ctx context.Context, runID int64) error
	// EraseSessions erases what expired, or belongs to a run in a final state, and returns how many were erased.
	EraseSessions(ctx context.Context, now time.Time) (int64, error)
}

// ClustersTx registers what a run made.
type ClustersTx interface {
	// NextClusterID reserves the id of a cluster; InsertCluster registers it, DeleteCluster ends that.
	NextClusterID(ctx context.Context) (int64, error)
	InsertCluster(ctx context.Context, c cluster.Cluster, sealedToken []byte) error
	DeleteCluster(ctx context.Context, id int64) error
	SaveIdentity(ctx context.Context, i cluster.Identity) error
}

// Logged is an event with its place in the order of the run's events.
type Logged struct {
	Seq int64
	Event
}

// Topic is announced when a run changed.
func Topic(runID int64) string { return "provision/" + itoa(runID) }

// RolesTopic and RunsTopic are announced when the lists changed.
const (
	RolesTopic = "provision-roles"
	RunsTopic  = "provisions"
)
