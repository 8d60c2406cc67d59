package provision

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/secret"
)

// Purpose narrows a session to what one part of a run needs.
type Purpose string

// The purposes.
const (
	ToVerify    Purpose = "verify"    // find out who we are, nothing else
	ToDescribe  Purpose = "describe"  // fill a form and look before we act
	ToProvision Purpose = "provision" // make and change the stacks of one run
	ToConnect   Purpose = "connect"   // prove to the cluster of one run who we are
	ToDelete    Purpose = "delete"    // take the stacks of one run down and look for leftovers
)

// Grant is a request to be let into an account.
type Grant struct {
	Role       Role
	Region     string
	ExternalID *string // as it is sent; nil sends none. Only a verification sends another one than the role's.
	Purpose    Purpose
	Run        Run // the zero value for ToVerify and ToDescribe of a form
}

// Session is a temporary credential for one account and region. The zero value is none.
type Session struct {
	AccessKeyID  secret.Value
	SecretKey    secret.Value
	SessionToken secret.Value
	ExpiresAt    time.Time
	Region       string
	Partition    string
	AccountID    string
}

// Cloud is a provider of clusters. Its errors carry a Class, see ClassOf, and a code; what the cloud said is in the wrapped
// cause and goes nowhere but to the log. No method waits for anything but its own answer.
type Cloud interface {
	Accounts
	Lookouts
	Stacks
	Controls
	Upgrades
}

// Accounts let us in.
type Accounts interface {
	// Assume lets us in for at most an hour.
	Assume(ctx context.Context, g Grant) (Session, error)
	// Account returns the account that the session is let into, as the cloud sees it; without a session, our own, which
	// roles have to trust.
	Account(ctx context.Context, s Session) (string, error)
}

// Lookouts tell what could be made, and what costs.
type Lookouts interface {
	// Offers returns what a form for a cluster in the session's region offers.
	Offers(ctx context.Context, s Session) (Offers, error)
	// Preflight looks for all that would fail, with cheap calls only.
	Preflight(ctx context.Context, s Session, role Role, run Run) ([]Finding, error)

	// Billed lists what costs and would be left, or is left, beside the stack: load balancers, volumes, machines.
	Billed(ctx context.Context, s Session, run Run) ([]Billed, error)
}

// Stacks are made and taken down as one.
type Stacks interface {
	// Create asks for the run's stack. The same request twice makes one stack. ErrStackExists: its name is taken; look
	// with Stack whose it is.
	Create(ctx context.Context, s Session, role Role, run Run) (stackID string, err error)
	// Stack finds a stack by id, or by name, by which a deleted one is not found. ErrStackNotFound when there is none.
	Stack(ctx context.Context, s Session, nameOrID string) (Stack, error)
	// Events returns the events after the given one, oldest first.
	Events(ctx context.Context, s Session, stackID, after string) ([]Event, error)
	// Protect turns the protection of a stack against deletion on or off.
	Protect(ctx context.Context, s Session, stackID string, on bool) error
	// Delete asks for the deletion of a stack.
	Delete(ctx context.Context, s Session, stackID string, o DeleteOptions) error
}

// Controls are the control planes of clusters, and our rights there.
type Controls interface {
	// Control returns the state of the run's cluster as the cloud sees it.
	Control(ctx context.Context, s Session, run Run) (Control, error)
	// Bearer makes the token that the run's cluster knows the session by, without a call. It is used at once.
	Bearer(ctx context.Context, s Session, run Run) (secret.Value, error)
	// Narrow leaves the role nothing but the right to look around in the run's cluster, Widen makes it an administrator
	// there again.
	Narrow(ctx context.Context, s Session, role Role, run Run) error
	Widen(ctx context.Context, s Session, role Role, run Run) error
}

// Upgrades are planned, then executed.
type Upgrades interface {
	// Plan asks what an upgrade to a version would do, one part of the cluster at a time. It may not be ready yet.
	Plan(ctx context.Context, s Session, role Role, run Run, u Upgrade) (Plan, error)
	// Execute begins a planned upgrade.
	Execute(ctx context.Context, s Session, run Run, p Plan) error
}

// Stack is what the cloud makes for a run, as it is now.
type Stack struct {
	ID     string
	Name   string
	Status StackStatus
	// RunUUID is the run that the stack says it belongs to; empty when it is nobody's of ours.
	RunUUID   string
	CreatedAt time.Time
	Outputs   Outputs
	Protected bool
	// Stuck are the logical ids of resources that could not be deleted.
	Stuck []string
}

// StackStatus is what the cloud does with a stack.
type StackStatus string

// The statuses, those of AWS CloudFormation in fewer words.
const (
	StackCreating       StackStatus = "creating"
	StackCreated        StackStatus = "created"
	StackCreateFailed   StackStatus = "create_failed" // and left as it is
	StackRollingBack    StackStatus = "rolling_back"
	StackRolledBack     StackStatus = "rolled_back"
	StackRollbackFailed StackStatus = "rollback_failed"
	StackUpdating       StackStatus = "updating"
	StackUpdated        StackStatus = "updated"
	StackUpdateUndone   StackStatus = "update_undone" // the update failed and was taken back
	StackUpdateStuck    StackStatus = "update_stuck"  // neither could be done
	StackDeleting       StackStatus = "deleting"
	StackDeleted        StackStatus = "deleted"
	StackDeleteFailed   StackStatus = "delete_failed"
	StackUnknown        StackStatus = "unknown"
)

// Event is one change of a part of a stack. LogicalID is a name of our own template; Type is the cloud's, such as
// "AWS::EKS::Cluster".
type Event struct {
	ID        string
	At        time.Time
	LogicalID string
	Type      string
	Status    EventStatus
	// Failure is why a part failed; nil otherwise. FollowUp says that it failed only because another one did.
	Failure  *Failure
	FollowUp bool
	Raw      apperr.Untrusted // for the log only
}

// EventStatus is what becomes of a part of a stack.
type EventStatus string

// The statuses of a part.
const (
	PartCreating EventStatus = "creating"
	PartCreated  EventStatus = "created"
	PartUpdating EventStatus = "updating"
	PartUpdated  EventStatus = "updated"
	PartDeleting EventStatus = "deleting"
	PartDeleted  EventStatus = "deleted"
	PartRetained EventStatus = "retained"
	PartFailed   EventStatus = "failed"
)

// DeleteOptions say how a stack is deleted. Token makes repeating it harmless.
type DeleteOptions struct {
	Token   string
	RoleARN string   // that the cloud deletes with; empty: the one that it was made with
	Retain  []string // logical ids that are left, once the deletion failed on them
	Force   bool     // leave whatever cannot be deleted
}

// Control is a cluster as its cloud sees it.
type Control struct {
	Status     ControlStatus
	Version    string // minor
	Endpoint   string
	CAPEM      string
	ConfigMap  bool // nodes are let in by the ConfigMap aws-auth
	NodeEntry  bool // nodes are let in by an access entry
	NodeHealth []apperr.Code
}

// ControlStatus is the state of a control plane.
type ControlStatus string

// The states of a control plane.
const (
	ControlActive   ControlStatus = "active"
	ControlChanging ControlStatus = "changing"
	ControlFailed   ControlStatus = "failed"
	ControlNone     ControlStatus = "none"
)

// Upgrade is a wish for a newer version. The control plane comes before the nodes.
type Upgrade struct {
	Version string `json:"version"`
	Nodes   bool   `json:"nodes"`
	// Executed says that the planned change was begun.
	Executed bool `json:"executed,omitempty"`
}

// Plan is what an upgrade would do.
type Plan struct {
	ID      string   `json:"id"`
	Ready   bool     `json:"ready"`
	Empty   bool     `json:"empty"` // nothing would change
	Changes []Change `json:"changes"`
}

// Change is what becomes of one part of a stack. A replaced part is made anew and the old one deleted.
type Change struct {
	LogicalID string `json:"logical_id"`
	Type      string `json:"type"`
	Action    string `json:"action"` // add, modify or remove
	Replaced  bool   `json:"replaced"`
	Guarded   bool   `json:"guarded"` // may not be replaced or removed: the cluster and its network
}

// Billed is something in the account that costs.
type Billed struct {
	Kind     string  `json:"kind"` // load_balancer, volume, network_interface or instance
	ID       string  `json:"id"`
	USDMonth float64 `json:"usd_month"` // about, by list price; zero when unknown
}
