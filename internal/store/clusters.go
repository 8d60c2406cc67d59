package store

import (
	"context"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

var (
	_ cluster.Store = Clusters{}
	_ cluster.Tx    = clusterTx{}
)

// Clusters keeps clusters and their sealed credentials.
type Clusters struct{ db *DB }

// Clusters returns the store of clusters.
func (db *DB) Clusters() Clusters { return Clusters{db: db} }

// Atomically runs fn in one transaction.
func (s Clusters) Atomically(ctx context.Context, fn func(tx cluster.Tx) error) error {
	return s.db.atomically(ctx, func(tx *tx) error { return fn(clusterTx{tx}) })
}

// Cluster returns one cluster.
func (s Clusters) Cluster(ctx context.Context, id int64) (cluster.Cluster, error) {
	row, err := s.db.reader().Cluster(ctx, id)
	if err != nil {
		return cluster.Cluster{}, doing(err, "read cluster %d", id)
	}
	return clusterOf(row)
}

// ClustersByName lists every cluster of that name, whatever its level.
func (s Clusters) ClustersByName(ctx context.Context, name string) ([]cluster.Cluster, error) {
	rows, err := s.db.reader().ClustersByName(ctx, name)
	if err != nil {
		return nil, doing(err, "list clusters named %s", name)
	}
	return eachOrError(rows, clusterOf)
}

// Clusters lists in order of id, after the given one.
func (s Clusters) Clusters(ctx context.Context, after int64, limit int) ([]cluster.Cluster, error) {
	rows, err := s.db.reader().Clusters(ctx, sqlgen.ClustersParams{ID: after, Limit: int32(limit)})
	if err != nil {
		return nil, doing(err, "list clusters")
	}
	return eachOrError(rows, clusterOf)
}

// ClustersOf lists those that are registered at a level, in order of id.
func (s Clusters) ClustersOf(
	ctx context.Context, level cluster.Level, groupID, projectID int64, p cluster.Page,
) (list []cluster.Cluster, err error) {
	q, limit, offset := s.db.reader(), int32(p.Limit), int32(p.Offset)
	var rows []sqlgen.Cluster
	switch level {
	case cluster.Group:
		rows, err = q.GroupClusters(ctx, sqlgen.GroupClustersParams{GroupID: optional(groupID), Limit: limit, Offset: offset})
	case cluster.Project:
		rows, err = q.ProjectClusters(ctx, sqlgen.ProjectClustersParams{ProjectID: optional(projectID), Limit: limit, Offset: offset})
	default:
		rows, err = q.InstanceClusters(ctx, sqlgen.InstanceClustersParams{Limit: limit, Offset: offset})
	}
	if err != nil {
		return nil, doing(err, "list clusters of %s %d", level, groupID+projectID)
	}
	return eachOrError(rows, clusterOf)
}

// CountClustersOf counts them, up to a limit.
func (s Clusters) CountClustersOf(
	ctx context.Context, level cluster.Level, groupID, projectID int64, limit int,
) (n int, err error) {
	q, most := s.db.reader(), int32(limit)
	var count int64
	switch level {
	case cluster.Group:
		count, err = q.CountGroupClusters(ctx, sqlgen.CountGroupClustersParams{GroupID: optional(groupID), Limit: most})
	case cluster.Project:
		count, err = q.CountProjectClusters(ctx, sqlgen.CountProjectClustersParams{ProjectID: optional(projectID), Limit: most})
	default:
		count, err = q.CountInstanceClusters(ctx, most)
	}
	return int(count), doing(err, "count clusters of %s %d", level, groupID+projectID)
}

// SealedToken returns the credential as it was sealed.
func (s Clusters) SealedToken(ctx context.Context, id int64) ([]byte, error) {
	sealed, err := s.db.reader().ClusterToken(ctx, id)
	return sealed, doing(err, "read the sealed token of cluster %d", id)
}

type clusterTx struct{ *tx }

// NextClusterID reserves the id of a cluster.
func (t clusterTx) NextClusterID(ctx context.Context) (int64, error) {
	id, err := t.NextID(ctx, "clusters")
	return id, doing(err, "reserve the id of a cluster")
}

// Cluster reads one cluster for a change.
func (t clusterTx) Cluster(ctx context.Context, id int64) (cluster.Cluster, error) {
	row, err := t.LockCluster(ctx, id)
	if err != nil {
		return cluster.Cluster{}, doing(err, "lock cluster %d", id)
	}
	return clusterOf(row)
}

// InsertCluster stores a new cluster under its reserved id.
func (t clusterTx) InsertCluster(ctx context.Context, c cluster.Cluster, sealedToken []byte) error {
	removal, err := encode(c.Removal)
	if err != nil {
		return err
	}
	err = t.Queries.InsertCluster(ctx, sqlgen.InsertClusterParams{
		ID: c.ID, Name: c.Name, Level: string(c.Level), GroupID: optional(c.GroupID), ProjectID: optional(c.ProjectID),
		EnvironmentScope: c.EnvironmentScope, Enabled: c.Enabled, State: string(c.State), Generation: c.Generation,
		ApiURL: c.Platform.APIURL, CAPEM: c.Platform.CAPEM,
		CreatedAt: stamp(c.CreatedAt), UpdatedAt: stamp(c.UpdatedAt),
		Domain: c.Domain, Managed: c.Managed, NamespacePerEnvironment: c.NamespacePerEnvironment,
		ManagementProjectID: optional(c.ManagementProjectID), Provider: string(c.Provider),
		AuthorizationType: string(c.AuthorizationType), PlatformNamespace: c.Platform.Namespace, CreatedBy: c.CreatedBy,
		Removal: removal, StateSince: stamp(c.StateSince),
	})
	if err != nil {
		return doing(err, "store cluster %s", c.Name)
	}
	if err := t.wordsOfCluster(ctx, c); err != nil {
		return err
	}
	return t.SetSealedToken(ctx, c.ID, sealedToken)
}

// UpdateCluster writes the changed row unless somebody else changed its
// platform meanwhile. Level, owner and the time of its making stay. Work that
// waits for the cluster is tried again, as after every change of it.
func (t clusterTx) UpdateCluster(ctx context.Context, c cluster.Cluster) error {
	removal, err := encode(c.Removal)
	if err != nil {
		return err
	}
	rows, err := t.Queries.UpdateCluster(ctx, sqlgen.UpdateClusterParams{
		ID: c.ID, Name: c.Name, EnvironmentScope: c.EnvironmentScope, Enabled: c.Enabled, State: string(c.State),
		ApiURL: c.Platform.APIURL, CAPEM: c.Platform.CAPEM, UpdatedAt: stamp(c.UpdatedAt), Generation: c.Generation,
		Domain: c.Domain, Managed: c.Managed, NamespacePerEnvironment: c.NamespacePerEnvironment,
		ManagementProjectID: optional(c.ManagementProjectID), PlatformNamespace: c.Platform.Namespace,
		Removal: removal, StateSince: stamp(c.StateSince),
	})
	if err := affected(rows, err, apperr.Of(apperr.Conflict)); err != nil {
		return doing(err, "change cluster %d", c.ID)
	}
	if err := t.wordsOfCluster(ctx, c); err != nil {
		return err
	}
	return t.Release(ctx, c.ID)
}

// SetSealedToken stores the credential of a cluster.
func (t clusterTx) SetSealedToken(ctx context.Context, id int64, sealed []byte) error {
	if err := t.SetClusterToken(ctx, sqlgen.SetClusterTokenParams{ClusterID: id, Sealed: sealed}); err != nil {
		return doing(err, "store the sealed token of cluster %d", id)
	}
	return t.Release(ctx, id)
}

// DeleteCluster deletes a cluster and everything that belongs to it, its due
// work too.
func (t clusterTx) DeleteCluster(ctx context.Context, id int64) error {
	if err := t.DeleteClusterWork(ctx, id); err != nil {
		return doing(err, "delete the work of cluster %d", id)
	}
	if err := t.Release(ctx, id); err != nil {
		return err
	}
	rows, err := t.Queries.DeleteCluster(ctx, id)
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "delete cluster %d", id)
}

func clusterOf(r sqlgen.Cluster) (cluster.Cluster, error) {
	c := registered(r)
	return c, doing(decode(r.Removal, &c.Removal), "read how cluster %d is being removed", r.ID)
}

// registered is the row but for what is nested in it.
func registered(r sqlgen.Cluster) cluster.Cluster {
	return cluster.Cluster{
		ID: r.ID, Name: r.Name, Level: cluster.Level(r.Level), GroupID: r.GroupID.Int64, ProjectID: r.ProjectID.Int64,
		EnvironmentScope: r.EnvironmentScope, Enabled: r.Enabled, State: cluster.State(r.State), StateSince: moment(r.StateSince),
		Domain: r.Domain, Managed: r.Managed, NamespacePerEnvironment: r.NamespacePerEnvironment,
		ManagementProjectID: r.ManagementProjectID.Int64, Provider: cluster.Provider(r.Provider),
		AuthorizationType: cluster.Authorization(r.AuthorizationType), CreatedBy: r.CreatedBy, Generation: r.Generation,
		Platform:  cluster.Platform{APIURL: r.ApiURL, CAPEM: r.CAPEM, Namespace: r.PlatformNamespace},
		CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt),
	}
}
