package store

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

// Candidates lists what a project, or a group, could be served by.
func (s Clusters) Candidates(ctx context.Context, projectID, groupID int64) (list []cluster.Candidate, err error) {
	q := s.db.reader()
	managed, err := q.ManagementCandidates(ctx, optional(projectID))
	for _, r := range managed {
		list = append(list, candidate(sqlgen.InstanceCandidatesRow(r), cluster.AtManagement))
	}
	if err != nil {
		return nil, doing(err, "list clusters that project %d manages", projectID)
	}
	own, err := q.ProjectCandidates(ctx, optional(projectID))
	for _, r := range own {
		list = append(list, candidate(sqlgen.InstanceCandidatesRow(r), cluster.AtProject))
	}
	if err != nil {
		return nil, doing(err, "list clusters of project %d", projectID)
	}
	grouped, err := groupCandidates(ctx, q, groupID)
	if err != nil {
		return nil, doing(err, "list clusters of group %d and those above it", groupID)
	}
	shared, err := q.InstanceCandidates(ctx)
	list = append(list, grouped...)
	for _, r := range shared {
		list = append(list, candidate(r, cluster.AtInstance))
	}
	return list, doing(err, "list clusters of the instance")
}

// groupCandidates lists those of a group and of the groups above it: their own,
// then those that are granted to them.
func groupCandidates(ctx context.Context, q *sqlgen.Queries, groupID int64) (list []cluster.Candidate, err error) {
	own, err := q.GroupCandidates(ctx, groupID)
	if err != nil {
		return nil, err
	}
	granted, err := q.GrantedCandidates(ctx, groupID)
	for _, r := range own {
		list = append(list, groupCandidate(r))
	}
	for _, r := range granted {
		c := groupCandidate(sqlgen.GroupCandidatesRow(r))
		c.Granted = true
		list = append(list, c)
	}
	return list, err
}

func groupCandidate(r sqlgen.GroupCandidatesRow) cluster.Candidate {
	return cluster.Candidate{
		ID: r.ID, Name: r.Name, Level: cluster.Level(r.Level), GroupID: r.GroupID.Int64, ProjectID: r.ProjectID.Int64,
		EnvironmentScope: r.EnvironmentScope, Enabled: r.Enabled, State: cluster.State(r.State), CreatedBy: r.CreatedBy,
		Place: cluster.AtGroup, At: r.AncestorID, Depth: int(r.Depth),
	}
}

func candidate(r sqlgen.InstanceCandidatesRow, place cluster.Place) cluster.Candidate {
	return cluster.Candidate{
		ID: r.ID, Name: r.Name, Level: cluster.Level(r.Level), GroupID: r.GroupID.Int64, ProjectID: r.ProjectID.Int64,
		EnvironmentScope: r.EnvironmentScope, Enabled: r.Enabled, State: cluster.State(r.State), CreatedBy: r.CreatedBy,
		Place: place,
	}
}

// DraftsBefore lists the drafts that were made before a time.
func (s Clusters) DraftsBefore(ctx context.Context, made time.Time) ([]int64, error) {
	ids, err := s.db.reader().DraftsBefore(ctx, stamp(made))
	return ids, doing(err, "list old drafts")
}

// Grants lists those of a cluster.
func (s Clusters) Grants(ctx context.Context, clusterID int64) ([]cluster.Grant, error) {
	rows, err := s.db.reader().Grants(ctx, clusterID)
	return each(rows, grantOf), doing(err, "list grants of cluster %d", clusterID)
}

// GrantsTo lists those to a group.
func (s Clusters) GrantsTo(ctx context.Context, groupID int64) ([]cluster.Grant, error) {
	rows, err := s.db.reader().GrantsTo(ctx, groupID)
	return each(rows, grantOf), doing(err, "list grants to group %d", groupID)
}

// InsertGrant reports whether the grant is new.
func (t clusterTx) InsertGrant(ctx context.Context, g cluster.Grant) (bool, error) {
	rows, err := t.Queries.InsertGrant(ctx, sqlgen.InsertGrantParams{
		ClusterID: g.ClusterID, GroupID: g.GroupID, CreatedAt: stamp(g.CreatedAt), CreatedBy: g.CreatedBy,
	})
	return rows > 0, doing(err, "store the grant of cluster %d to group %d", g.ClusterID, g.GroupID)
}

// DeleteGrant deletes one grant.
func (t clusterTx) DeleteGrant(ctx context.Context, clusterID, groupID int64) error {
	rows, err := t.Queries.DeleteGrant(ctx, sqlgen.DeleteGrantParams{ClusterID: clusterID, GroupID: groupID})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "delete the grant of cluster %d to group %d", clusterID, groupID)
}

// Stranded lists the namespaces that a group's projects have on a cluster which
// serves them in no way, once the grant is gone.
func (t clusterTx) Stranded(ctx context.Context, clusterID, groupID int64) ([]int64, error) {
	ids, err := t.StrandedNamespaces(ctx, sqlgen.StrandedNamespacesParams{GroupID: groupID, ClusterID: clusterID})
	return ids, doing(err, "list namespaces of group %d on cluster %d", groupID, clusterID)
}

// RemoveNamespace has a worker take a namespace out of the cluster. One that is
// gone by now is fine.
func (t clusterTx) RemoveNamespace(ctx context.Context, id int64, at time.Time) error {
	_, err := namespace.Remove(ctx, namespaceTx(t), id, at)
	if apperr.CodeOf(err) == apperr.NotFound {
		return nil
	}
	return doing(err, "remove namespace %d", id)
}

func grantOf(r sqlgen.ClusterGrant) cluster.Grant {
	return cluster.Grant{ClusterID: r.ClusterID, GroupID: r.GroupID, CreatedAt: moment(r.CreatedAt), CreatedBy: r.CreatedBy}
}
