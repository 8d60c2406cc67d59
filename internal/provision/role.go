package provision

import (
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Role lets us into an account of a cloud: a role there that trusts our account on condition of an external id.
type Role struct {
	ID int64
	// Level and GroupID say whose role it is; clusters made with it belong to the same owner.
	Level   cluster.Level
	GroupID int64
	Name    string

	// ExternalID is made by us, unique to the role, and never accepted from outside. It is no secret.
	ExternalID string

	// Principal is our own account, which the role has to trust; empty until a worker asked the cloud.
	Principal string

	// ARN is the role that we assume, StackRoleARN the one that the cloud's own templates run as; empty when there is
	// none. Both are empty until the role is registered. AccountID and Partition are read from ARN.
	ARN          string
	StackRoleARN string
	AccountID    string
	Partition    string
	// Region is where the role is tried, and the default of clusters made with it.
	Region string

	State      RoleState
	Code       apperr.Code // why it was refused
	VerifiedAt time.Time
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// RoleState is where a role stands.
type RoleState string

// A role is a draft until its ARN is given, then verified by trying it. One that can be assumed without our external id
// is refused: whoever knows its ARN could be let in by us.
const (
	RoleDraft     RoleState = "draft"
	RoleVerifying RoleState = "verifying"
	RoleVerified  RoleState = "verified"
	RoleRefused   RoleState = "refused"
)
