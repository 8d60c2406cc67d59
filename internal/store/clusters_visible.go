package store

import (
	"context"
	"net/url"
	"strings"

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
	text := cutRunes(strings.ToLower(strings.TrimSpace(q.Search)), longestEnding)
	switch {
	case q.Viewer.All && text == "":
		return read.Clusters(ctx, sqlgen.ClustersParams{ID: q.After, Limit: most})
	case q.Viewer.All:
		return read.NamedClusters(ctx, sqlgen.NamedClustersParams{
			Search: text, SearchEnd: text + lastRune, After: q.After, Most: most,
		})
	case text == "":
		return read.ClustersOfMember(ctx, sqlgen.ClustersOfMemberParams{
			After: q.After, UserID: q.Viewer.UserID, Role: int64(tenant.Maintainer), Now: at, Most: most,
		})
	}
	return read.NamedClustersOfMember(ctx, sqlgen.NamedClustersOfMemberParams{
		Search: text, SearchEnd: text + lastRune, After: q.After, UserID: q.Viewer.UserID,
		Role: int64(tenant.Maintainer), Now: at, Most: most,
	})
}

// wordsOfCluster makes a cluster searchable by its name and the host name of its API server.
func (t clusterTx) wordsOfCluster(ctx context.Context, c cluster.Cluster) error {
	if err := t.DeleteClusterWords(ctx, c.ID); err != nil {
		return doing(err, "forget the words of cluster %d", c.ID)
	}
	words := []string{strings.ToLower(c.Name)}
	if address, err := url.Parse(c.Platform.APIURL); err == nil && address.Host != "" {
		words = append(words, strings.ToLower(address.Hostname()))
	}
	for _, word := range words {
		err := t.InsertClusterWords(ctx, sqlgen.InsertClusterWordsParams{Word: word, ClusterID: c.ID})
		if err != nil {
			return doing(err, "store the words of cluster %d", c.ID)
		}
	}
	return nil
}
