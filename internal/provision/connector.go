package provision

import (
	"context"

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
	// Identify makes our own account there, proves its token, and returns it. Repeating it makes no second account.
	Identify(ctx context.Context, a Access) (secret.Value, error)
	// Nodes counts the machines that joined, and those that are ready.
	Nodes(ctx context.Context, a Access) (ready, joined int, err error)
	// AdmitNodes lets machines of a role in where the cluster goes by the ConfigMap aws-auth. What it holds else stays.
	AdmitNodes(ctx context.Context, a Access, nodeRoleARN string) error
	// Balancers lists the objects that hold load balancers: Services, Ingresses and Gateways, as "kind namespace/name".
	Balancers(ctx context.Context, clusterID int64) ([]string, error)
	// DropBalancers deletes them, and reports whether none is left.
	DropBalancers(ctx context.Context, clusterID int64) (bool, error)
	// Volumes lists the claims whose volumes would stay.
	Volumes(ctx context.Context, clusterID int64) ([]string, error)
}
