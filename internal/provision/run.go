package provision

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/work"
)

// Kinds of work.
const (
	Kind     work.Kind = "provision"      // advances a run
	RoleKind work.Kind = "provision.role" // verifies a role
	FormKind work.Kind = "provision.form" // fetches what a form offers
)

// Run is the life of one cluster that we make.
type Run struct {
	ID int64
	// UUID names what we make in the cloud, and is never used again.
	UUID   string
	RoleID int64
	// Level and GroupID are the owner's.
	Level   cluster.Level
	GroupID int64
	// ClusterID is reserved at the start. The cluster is registered under it once it is ready.
	ClusterID int64

	Spec  Spec
	State State
	// Attempt counts the creations from 1.
	Attempt int

	// StackID is the cloud's own id of what it makes, known after the creation began.
	StackID string
	// Asked says that the cloud was asked for a stack, and did not refuse.
	Asked bool
	// StackGone says that the cloud reported the stack as deleted.
	StackGone bool
	// LastEvent is the id of the newest event that was read.
	LastEvent string
	Outputs   Outputs
	Progress  Progress

	Failure *Failure // of the last attempt; nil while it goes well
	// CancelRequestedAt is when somebody wanted no cluster any more.
	CancelRequestedAt time.Time
	// Removal is set once a deletion was confirmed.
	Removal *Removal
	// Upgrade is set while one is under way, Plan once the cloud said what it would do.
	Upgrade *Upgrade
	Plan    *Plan
	// NodesBehind says that the control plane has its version, and the machines have an older one.
	NodesBehind bool
	// Findings are of the look before the present attempt, Billed of the look before or after a deletion.
	Findings []Finding
	Billed   []Billed
	// Inventory is of the last look at what the cluster holds in the account.
	Inventory Inventory
	// Stuck are the parts whose deletion failed.
	Stuck []string
	// Since is when the present state began.
	Since time.Time
	// Misses counts what was tried in the present state and did not go well.
	Misses int

	// Deadline is when the state must be left; zero: never.
	Deadline  time.Time
	CreatedBy string
	CreatedAt time.Time
	UpdatedAt time.Time
	ReadyAt   time.Time
	// Took is how long the cloud was busy making it.
	Took time.Duration
}

// enter moves a run to another state. What was tried in the last one counts no more.
func enter(r *Run, s State, now time.Time) {
	if r.State != s {
		r.State, r.Since, r.Misses = s, now, 0
	}
	r.Deadline = time.Time{}
}

// newUUID makes a random UUID, version 4 of RFC 9562.
func newUUID() string {
	var u [16]byte
	_, _ = rand.Read(u[:]) // never fails
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// StackName is the name in the cloud of the run's present attempt.
func (r Run) StackName() string {
	return "roadstead-" + r.UUID + "-" + strconv.Itoa(r.Attempt)
}

// RequestToken makes a request for one thing the same request however often it is sent.
func (r Run) RequestToken(operation string) string {
	return operation + "-" + r.UUID + "-" + strconv.Itoa(r.Attempt)
}

// State is where a run stands.
type State string

// The states. The first row is the way to a cluster, each waiting for nothing but itself; Ready, Failed, Cancelled and
// Deleted are final, until somebody asks for more.
const (
	Pending     State = "pending"     // nothing was asked of the cloud yet
	Preflight   State = "preflight"   // looks for what would fail
	Creating    State = "creating"    // the cloud is asked to make it
	Waiting     State = "waiting"     // the cloud makes it
	Connecting  State = "connecting"  // the API server is not let in yet, or not there
	Configuring State = "configuring" // our account is made in the cluster
	Ready       State = "ready"

	Failing       State = "failing" // the cloud takes back what it made
	Failed        State = "failed"
	Cancelling    State = "cancelling"
	Cancelled     State = "cancelled"
	Updating      State = "updating"
	Deleting      State = "deleting"
	DeleteBlocked State = "delete_blocked" // something cannot be deleted; somebody has to choose
	Deleted       State = "deleted"
)

// Final reports whether the run waits for nobody but people. No credential of the cloud is stored in such a state.
func (s State) Final() bool {
	switch s {
	case Ready, Failed, Cancelled, DeleteBlocked, Deleted:
		return true
	default:
		return false
	}
}

// Outputs are what the cloud says of a cluster that it made.
type Outputs struct {
	Endpoint        string `json:"endpoint,omitempty"`
	CAPEM           string `json:"ca_pem,omitempty"`
	ARN             string `json:"arn,omitempty"`
	SecurityGroupID string `json:"security_group_id,omitempty"`
	NodeRoleARN     string `json:"node_role_arn,omitempty"`
}

// Progress is how far the cloud is.
type Progress struct {
	Percent int `json:"percent"` // never falls within an attempt
	// Remaining is estimated from earlier runs; zero when unknown.
	Remaining time.Duration `json:"remaining"`
	Ready     int           `json:"nodes_ready"`
	Nodes     int           `json:"nodes"`
	Warning   apperr.Code   `json:"warning,omitempty"` // ready, but something is not as it should be
}

// Failure says why an attempt failed, in our words alone. What the cloud said is in the log under CorrelationID.
type Failure struct {
	Class         Class       `json:"class"`
	Code          apperr.Code `json:"code"`
	ResourceType  string      `json:"resource_type,omitempty"`
	Action        string      `json:"action,omitempty"` // that we may not do, such as "ec2:CreateVpc"
	Zones         []string    `json:"zones,omitempty"`  // that would do instead
	CorrelationID string      `json:"correlation_id"`
	NeedsCleanup  bool        `json:"needs_cleanup,omitempty"` // something was left in the account and costs
}

// Removal is how a cluster is to be taken down.
type Removal struct {
	LoadBalancers bool     `json:"load_balancers,omitempty"` // may be removed first
	Retain        []string `json:"retain,omitempty"`         // resources that are left behind
	Force         bool     `json:"force,omitempty"`
}
