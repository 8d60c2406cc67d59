package store

import (
	"context"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/tenant"
)

// VisibleClusters lists the clusters that somebody may look into.
func (s Clusters) VisibleClusters(ctx context.Context, q cluster.VisibleQuery) ([]cluster.Cluster, error) {
	rows, err := s.visible(ctx, q)
	if err != nil {
		return nil, doing(err, "list the clusters that user %d sees", q.Viewer.UserID)
	}
	return eachOrError(rows, clusterOf)
}

func (s Clusters) visible(ctx context.Context, q cluster.VisibleQuery) ([]sqlgen.Cluster, error) {
	read, most, at := s.db.reader(), int32(q.Limit), now()
	switch {
	case q.Viewer.All && q.Search == "":
		return read.Clusters(ctx, sqlgen.ClustersParams{ID: q.After, Limit: most})
	case q.Viewer.All:
		return read.NamedClusters(ctx, sqlgen.NamedClustersParams{
			Search: q.Search, SearchEnd: q.Search + lastRune, After: q.After, Most: most,
		})
	case q.Search == "":
		return read.ClustersOfMember(ctx, sqlgen.ClustersOfMemberParams{
			After: q.After, UserID: q.Viewer.UserID, Role: int64(tenant.Maintainer), Now: at, Most: most,
		})
	}
	return read.NamedClustersOfMember(ctx, sqlgen.NamedClustersOfMemberParams{
		Search: q.Search, SearchEnd: q.Search + lastRune, After: q.After, UserID: q.Viewer.UserID,
		Role: int64(tenant.Maintainer), Now: at, Most: most,
	})
}
