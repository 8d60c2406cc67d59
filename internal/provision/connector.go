package provision

import (
	"context"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
)

// Access is how the new cluster of a run is entered.
type Access struct {
	ClusterID int64
	APIURL    string
	CAPEM     []byte
	Bearer    secret.Value
}

// Connector works inside the new cluster. Its errors carry the codes of clusters.
type Connector interface {
	// Reach proves that the API server answers and knows the bearer.
	Reach(ctx context.Context, a Access) error
	// Identify makes our own identity there, proves its token, and returns that with the uid of the identity's namespace.
	// Repeating it makes no second one.
	Identify(ctx context.Context, a Access, spec cluster.IdentitySpec) (token secret.Value, uid string, err error)
	// Nodes counts the machines that joined, and those that are ready.
	Nodes(ctx context.Context, a Access) (ready, joined int, err error)
	// AdmitNodes lets machines of a role in where the cluster goes by the ConfigMap aws-auth. What it holds else stays.
	AdmitNodes(ctx context.Context, a Access, nodeRoleARN string) error
	// Dependents lists what holds load balancers or volumes in the account.
	Dependents(ctx context.Context, a Access) (Dependents, error)
	// DropBalancers deletes what holds load balancers, and reports whether none is left.
	DropBalancers(ctx context.Context, a Access) (bool, error)
}

// Dependents are objects of a cluster that hold something in the account beside the stack, as "Service shop/web".
type Dependents struct {
	Balancers []apperr.Untrusted `json:"balancers"`
	Volumes   []apperr.Untrusted `json:"volumes"`
}
