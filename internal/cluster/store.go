package cluster

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/work"
)

// Store keeps clusters and their sealed credentials.
type Store interface {
	// Atomically runs fn in one transaction.
	Atomically(ctx context.Context, fn func(tx Tx) error) error
	Cluster(ctx context.Context, id int64) (Cluster, error)
	// ClustersByID finds clusters, in no order. Those that are gone are missing.
	ClustersByID(ctx context.Context, ids []int64) ([]Cluster, error)
	// ClustersByName lists every cluster of that name, whatever its level. No list
	// holds drafts, nor what is forgotten.
	ClustersByName(ctx context.Context, name string) ([]Cluster, error)
	// Clusters lists in order of id, after the given one.
	Clusters(ctx context.Context, after int64, limit int) ([]Cluster, error)
	// VisibleClusters lists those that somebody may look into.
	VisibleClusters(ctx context.Context, q VisibleQuery) ([]Cluster, error)
	// ClustersOf lists those that are registered at a level, in order of id.
	ClustersOf(ctx context.Context, level Level, groupID, projectID int64, p Page) ([]Cluster, error)
	// CountClustersOf counts them, up to a limit.
	CountClustersOf(ctx context.Context, level Level, groupID, projectID int64, limit int) (int, error)
	// Candidates lists all clusters but forgotten ones, drafts too, that a project
	// could be served by: those it manages, its own, those of its group and the
	// groups above or granted to them, and those of the instance. Without a project,
	// those of the group. One that stands at several places comes for each.
	Candidates(ctx context.Context, projectID, groupID int64) ([]Candidate, error)
	// Grants lists those of a cluster, GrantsTo those to a group, the oldest first.
	Grants(ctx context.Context, clusterID int64) ([]Grant, error)
	GrantsTo(ctx context.Context, groupID int64) ([]Grant, error)
	// DraftsBefore lists the drafts that were made before a time.
	DraftsBefore(ctx context.Context, made time.Time) ([]int64, error)
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
	// InsertCluster and UpdateCluster return already_exists for an environment
	// scope that another attached cluster of the same level and owner has, or
	// another one with the same management project.
	InsertCluster(ctx context.Context, c Cluster, sealedToken []byte) error
	// Cluster reads one cluster for a change: nobody else changes it until the
	// transaction ends.
	Cluster(ctx context.Context, id int64) (Cluster, error)
	// UpdateCluster writes the changed row. It returns a conflict error when
	// the stored generation is not c.Generation-1 or c.Generation.
	UpdateCluster(ctx context.Context, c Cluster) error
	SetSealedToken(ctx context.Context, id int64, sealed []byte) error
	DeleteCluster(ctx context.Context, id int64) error
	// InsertGrant reports whether the grant is new.
	InsertGrant(ctx context.Context, g Grant) (bool, error)
	// DeleteGrant returns not_found where nothing is granted.
	DeleteGrant(ctx context.Context, clusterID, groupID int64) error
	// Stranded lists the namespaces on a cluster whose projects are in a group and
	// are served by the cluster in no other way.
	Stranded(ctx context.Context, clusterID, groupID int64) ([]int64, error)
	// RemoveNamespace has a worker take a namespace out of the cluster.
	RemoveNamespace(ctx context.Context, id int64, at time.Time) error
	// Identity reads the identity of a cluster for a change, or returns
	// apperr.NotFound. SaveIdentity makes or replaces it.
	Identity(ctx context.Context, clusterID int64) (Identity, error)
	SaveIdentity(ctx context.Context, i Identity) error
	// Schedule makes an item due at once and queues its slot.
	Schedule(ctx context.Context, ref work.Ref) error
	// Record writes the change into the audit record.
	Record(ctx context.Context, e audit.Entry) error
	// Notify announces a topic once the transaction is committed.
	Notify(topic string)
}
