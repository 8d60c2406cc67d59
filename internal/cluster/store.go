package cluster

import (
	"context"

	"github.com/roadstead/roadstead/internal/work"
)

// Store keeps clusters and their sealed credentials.
type Store interface {
	// Atomically runs fn in one transaction.
	Atomically(ctx context.Context, fn func(tx Tx) error) error
	Cluster(ctx context.Context, id int64) (Cluster, error)
	// ClustersByName lists every cluster of that name, whatever its level.
	ClustersByName(ctx context.Context, name string) ([]Cluster, error)
	// Clusters lists in order of id, after the given one.
	Clusters(ctx context.Context, after int64, limit int) ([]Cluster, error)
	// Candidates lists the enabled, attached clusters that a project could
	// use: its own, those of the given groups, and those of the instance.
	Candidates(ctx context.Context, projectID int64, groupIDs []int64) ([]Cluster, error)
	// SealedToken returns the credential as it was sealed.
	SealedToken(ctx context.Context, id int64) ([]byte, error)
	// Identity returns what is known of our own identity in a cluster, or
	// apperr.NotFound when none was ever asked for.
	Identity(ctx context.Context, clusterID int64) (Identity, error)
}

// Tx is the part of the store that changes things, inside one transaction.
type Tx interface {
	// NextClusterID reserves the id of a cluster, so that its credential can be
	// sealed to it before the row exists.
	NextClusterID(ctx context.Context) (int64, error)
	InsertCluster(ctx context.Context, c Cluster, sealedToken []byte) error
	// Cluster reads one cluster for a change: nobody else changes it until the
	// transaction ends.
	Cluster(ctx context.Context, id int64) (Cluster, error)
	// UpdateCluster writes the changed row. It returns a conflict error when
	// the stored generation is not c.Generation-1 or c.Generation.
	UpdateCluster(ctx context.Context, c Cluster) error
	SetSealedToken(ctx context.Context, id int64, sealed []byte) error
	DeleteCluster(ctx context.Context, id int64) error
	// Identity reads the identity of a cluster for a change, or returns
	// apperr.NotFound. SaveIdentity makes or replaces it.
	Identity(ctx context.Context, clusterID int64) (Identity, error)
	SaveIdentity(ctx context.Context, i Identity) error
	// Schedule makes an item due at once and queues its slot.
	Schedule(ctx context.Context, ref work.Ref) error
	// Notify announces a topic once the transaction is committed.
	Notify(topic string)
}
