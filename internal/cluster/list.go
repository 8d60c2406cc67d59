package cluster

import (
	"context"
	"fmt"
	"slices"

	"github.com/roadstead/roadstead/internal/tenant"
)

// maxTotal is how far the clusters of a list are counted, as the predecessor
// does.
const maxTotal = 10_000

// Page is a part of a list.
type Page struct {
	Offset int
	Limit  int
}

// Clusters lists those of all levels in order of id, after the given one.
func (s *Service) Clusters(ctx context.Context, after int64, limit int) ([]Cluster, error) {
	return s.Store.Clusters(ctx, after, limit)
}

// VisibleQuery says which of the clusters that somebody may look into are wanted: those of groups and projects in which
// he is at least a maintainer, and all of them for administrators.
type VisibleQuery struct {
	Viewer tenant.Viewer
	// Search leaves those that have the text in their name or in the host name of their API server.
	Search string
	// After is the id after which the list goes on, in order of id.
	After int64
	Limit int
}

// VisibleClusters lists the clusters that somebody may look into.
func (s *Service) VisibleClusters(ctx context.Context, q VisibleQuery) ([]Cluster, error) {
	return s.Store.VisibleClusters(ctx, q)
}

// ClustersOf lists those that are registered exactly at a level, in order of id.
func (s *Service) ClustersOf(ctx context.Context, level Level, groupID, projectID int64, p Page) ([]Cluster, error) {
	return s.Store.ClustersOf(ctx, level, groupID, projectID, p)
}

// CountOf counts those that are registered exactly at a level. More says that
// there are even more than n.
func (s *Service) CountOf(ctx context.Context, level Level, groupID, projectID int64) (n int, more bool, err error) {
	n, err = s.Store.CountClustersOf(ctx, level, groupID, projectID, maxTotal+1)
	return min(n, maxTotal), n > maxTotal, err
}

// Placed is a cluster in the list of somebody whom it may only be inherited by
// or granted to.
type Placed struct {
	Cluster

	Place   Place
	At      int64
	Granted bool
}

// ClustersFor lists all that a project, or else a group, could be served by, the
// nearest first, and how many there are.
func (s *Service) ClustersFor(ctx context.Context, groupID, projectID int64, p Page) (list []Placed, total int, err error) {
	if projectID != 0 {
		project, err := s.project(ctx, projectID)
		if err != nil {
			return nil, 0, err
		}
		groupID = project.GroupID
	}
	candidates, err := s.candidates(ctx, projectID, groupID)
	if err != nil {
		return nil, 0, err
	}
	near := nearest(candidates)
	rest := near[min(p.Offset, len(near)):]
	list, err = s.placed(ctx, rest[:min(p.Limit, len(rest))])
	return list, len(near), err
}

// placed reads the clusters of candidates, in their order. What was removed in
// the meantime is left out.
func (s *Service) placed(ctx context.Context, candidates []Candidate) (list []Placed, err error) {
	ids := make([]int64, len(candidates))
	for i, c := range candidates {
		ids[i] = c.ID
	}
	found, err := s.Store.ClustersByID(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("list clusters: %w", err)
	}
	byID := make(map[int64]Cluster, len(found))
	for _, c := range found {
		byID[c.ID] = c
	}
	for _, c := range candidates {
		if one, there := byID[c.ID]; there {
			list = append(list, Placed{Cluster: one, Place: c.Place, At: c.At, Granted: c.Granted})
		}
	}
	return list, nil
}

// nearest orders candidates by level and id, each cluster once, without drafts.
func nearest(candidates []Candidate) []Candidate {
	near := slices.DeleteFunc(slices.Clone(candidates), func(c Candidate) bool { return c.State == Draft })
	slices.SortFunc(near, func(a, b Candidate) int {
		if level := byLevel(a, b); level != 0 {
			return level
		}
		return int(a.ID - b.ID)
	})
	seen := make(map[int64]bool, len(near))
	return slices.DeleteFunc(near, func(c Candidate) bool {
		again := seen[c.ID]
		seen[c.ID] = true
		return again
	})
}
