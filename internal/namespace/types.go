package namespace

import (
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Profile says how much a namespace's tenant may do.
type Profile string

// The profiles. Restricted is the default; Admin binds the cluster role admin,
// as the predecessor did.
const (
	Restricted Profile = "restricted"
	Baseline   Profile = "baseline"
	GitLab     Profile = "gitlab"
)

// State is where a namespace stands.
type State string

// States of a namespace.
const (
	Pending  State = "pending"
	Ready    State = "ready"
	Failed   State = "failed"
	Removing State = "removing"
)

// Namespace is the namespace of (cluster, project, environment), or of (cluster,
// project).
type Namespace struct {
	ID        int64
	ClusterID int64
	ProjectID int64
	// EnvironmentID is zero for the namespace that a whole project shares.
	EnvironmentID int64
	// Managed says that we make it. One that is not is only a name in a cluster
	// that somebody else looks after; several projects may have the same.
	Managed bool
	// Name is the namespace's name in the cluster. The stored one wins over
	// what the naming rule would say today.
	Name           string
	ServiceAccount string
	Profile        Profile
	State          State
	// Code says why the namespace failed.
	Code apperr.Code
	// UID is the namespace object's, known once it exists. Every later write
	// carries it, so a namespace that somebody replaced is left alone.
	UID     string
	Objects []Object
	// Generation rises with every request to provision anew.
	Generation int64
	CreatedAt  time.Time
	UpdatedAt  time.Time
	// ReadyAt is when all objects were last known to stand.
	ReadyAt time.Time
}

// Object is the outcome of one object of a namespace.
type Object struct {
	Kind    string
	Name    string
	Applied bool
	Code    apperr.Code
}

// CredentialState is where a credential stands.
type CredentialState string

// States of a credential.
const (
	CredentialPending   CredentialState = "pending"
	CredentialAnswered  CredentialState = "answered"
	CredentialDelivered CredentialState = "delivered"
	CredentialFailed    CredentialState = "failed"
)

// Credential is a short-lived token of a namespace's service account: asked
// for by a handler, minted by a worker, sealed to the handler's one-time key,
// and revoked by deleting the lease Secret that the token is bound to.
type Credential struct {
	ID          int64
	NamespaceID int64
	ClusterID   int64
	// PublicKey is the one-time key of the waiting handler.
	PublicKey []byte
	// Lifetime is how long the token shall live.
	Lifetime time.Duration
	State    CredentialState
	Code     apperr.Code
	// Sealed is the token sealed to PublicKey. It goes when it is read.
	Sealed []byte
	// LeaseUID is the uid of the lease Secret.
	LeaseUID  string
	CreatedAt time.Time
	// AnsweredAt starts the minute after which an unread answer is revoked.
	AnsweredAt time.Time
	// ExpiresAt is when the token ends.
	ExpiresAt time.Time
}
