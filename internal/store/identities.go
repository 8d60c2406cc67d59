package store

import (
	"context"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

// Identity returns what is known of our own identity in a cluster.
func (s Clusters) Identity(ctx context.Context, clusterID int64) (cluster.Identity, error) {
	row, err := s.db.reader().ClusterIdentity(ctx, clusterID)
	if err != nil {
		return cluster.Identity{}, doing(err, "read the identity of cluster %d", clusterID)
	}
	return identityOf(row)
}

// Identity reads the identity of a cluster for a change.
func (t clusterTx) Identity(ctx context.Context, clusterID int64) (cluster.Identity, error) {
	row, err := t.LockClusterIdentity(ctx, clusterID)
	if err != nil {
		return cluster.Identity{}, doing(err, "lock the identity of cluster %d", clusterID)
	}
	return identityOf(row)
}

// SaveIdentity makes or replaces the identity of a cluster.
func (t clusterTx) SaveIdentity(ctx context.Context, i cluster.Identity) error {
	features, err := encode(i.Features)
	if err != nil {
		return err
	}
	detail, err := encode(i.Detail)
	if err != nil {
		return err
	}
	err = t.SaveClusterIdentity(ctx, sqlgen.SaveClusterIdentityParams{
		ClusterID: i.ClusterID, State: string(i.State), Features: features, UID: i.UID, Serial: i.Serial,
		Untidy: i.Untidy, Code: string(i.Code), Detail: detail, Since: stamp(i.Since), TokenSince: stamp(i.TokenSince),
		RotateAt: stamp(i.RotateAt), ChangedAt: stamp(i.ChangedAt),
	})
	return doing(err, "store the identity of cluster %d", i.ClusterID)
}

func identityOf(r sqlgen.ClusterIdentity) (cluster.Identity, error) {
	i := cluster.Identity{
		ClusterID: r.ClusterID, State: cluster.IdentityState(r.State), UID: r.UID, Serial: r.Serial, Untidy: r.Untidy,
		Code: apperr.Code(r.Code), Since: moment(r.Since), TokenSince: moment(r.TokenSince),
		RotateAt: moment(r.RotateAt), ChangedAt: moment(r.ChangedAt),
	}
	if err := decode(r.Features, &i.Features); err != nil {
		return i, doing(err, "read the features of cluster %d", r.ClusterID)
	}
	return i, doing(decode(r.Detail, &i.Detail), "read what is missing in cluster %d", r.ClusterID)
}
