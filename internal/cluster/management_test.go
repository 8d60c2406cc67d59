package cluster_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/tenant"
)

// places are projects by the id of their group: group 2 stands in group 1, and
// group 3 elsewhere.
type places map[int64]int64

func (p places) ProjectByID(_ context.Context, id int64) (tenant.Project, error) {
	if p[id] == 0 {
		return tenant.Project{}, apperr.Of(apperr.NotFound)
	}
	return tenant.Project{GroupID: p[id]}, nil
}

func (places) GroupsAbove(_ context.Context, groupID int64) ([]int64, error) {
	if groupID == 2 {
		return []int64{2, 1}, nil
	}
	return []int64{groupID}, nil
}

// roles are those of user 1.
type roles map[int64]tenant.Role

func (roles) RoleInGroup(context.Context, int64, int64) (tenant.Role, error) {
	return tenant.NoRole, nil
}

func (r roles) RoleInProject(_ context.Context, _, projectID int64) (tenant.Role, error) {
	return r[projectID], nil
}

// Whoever names a management project must be able to add a cluster there, and
// the cluster must be for what is there.
func TestManagementProject(t *testing.T) {
	t.Parallel()
	maintainer := auth.Identity{UserID: 1, Scopes: []auth.Scope{auth.API}}
	group, project := cluster.Cluster{Level: cluster.Group, GroupID: 1}, cluster.Cluster{Level: cluster.Project, ProjectID: 10}
	managed := group
	managed.ManagementProjectID = 12
	for name, tc := range map[string]struct {
		before  cluster.Cluster
		who     auth.Identity
		manager int64
		refused bool
	}{
		"of a project inside the group":    {group, maintainer, 10, false},
		"of one that he may only see":      {group, maintainer, 11, true},
		"of one that he may not see":       {group, maintainer, 12, true},
		"of one that was not found":        {group, maintainer, cluster.UnknownProject, true},
		"of one elsewhere":                 {group, maintainer, 20, true},
		"with a token that reads":          {group, auth.Identity{UserID: 1, Scopes: []auth.Scope{auth.ReadAPI}}, 10, true},
		"by nobody":                        {group, auth.Identity{}, 10, true},
		"of the instance, elsewhere":       {cluster.Cluster{Level: cluster.Instance}, maintainer, 20, false},
		"by an administrator":              {group, auth.Identity{UserID: 9, Admin: true, Scopes: []auth.Scope{auth.API}}, 12, false},
		"not there, by an administrator":   {group, auth.Identity{UserID: 9, Admin: true, Scopes: []auth.Scope{auth.API}}, 99, true},
		"of a neighbour of the project":    {project, maintainer, 13, false},
		"of no neighbour":                  {project, maintainer, 20, true},
		"as it was, which he may not see":  {managed, maintainer, 12, false},
		"none any more, which he may lift": {managed, maintainer, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.row.Level, w.row.GroupID, w.row.ProjectID = tc.before.Level, tc.before.GroupID, tc.before.ProjectID
			w.row.ManagementProjectID = tc.before.ManagementProjectID
			w.service.Tenants = places{10: 2, 11: 2, 12: 2, 13: 2, 20: 3}
			w.service.Access = auth.NewAccess(roles{
				10: tenant.Maintainer, 11: tenant.Developer, 13: tenant.Maintainer, 20: tenant.Owner,
			})
			ctx := auth.WithIdentity(t.Context(), tc.who)
			_, err := w.service.Edit(ctx, 7, cluster.EditRequest{ManagementProjectID: &tc.manager})
			if !tc.refused {
				if err != nil || w.row.ManagementProjectID != tc.manager {
					t.Errorf("managed by %d, want %d: %v", w.row.ManagementProjectID, tc.manager, err)
				}
				return
			}
			wantProblem(t, err, cluster.AttributeManagementProject,
				"Project does not exist or you don't have permission to perform this action")
		})
	}
}

// What else is wrong does not tell whether the project exists.
func TestAnUnknownManagementProjectIsRefusedWithTheRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.service.Tenants, w.service.Access = places{12: 2}, auth.NewAccess(roles{})
	said := map[int64]string{}
	for _, manager := range []int64{cluster.UnknownProject, 12} {
		ctx := auth.WithIdentity(t.Context(), auth.Identity{UserID: 1, Scopes: []auth.Scope{auth.API}})
		_, err := w.service.Edit(ctx, 7, cluster.EditRequest{ManagementProjectID: &manager, Name: new("42")})
		problems, _ := errors.AsType[cluster.Problems](err)
		if len(problems) != 2 {
			t.Errorf("project %d: %v", manager, err)
		}
		said[manager] = err.Error()
	}
	if diff := cmp.Diff(said[12], said[cluster.UnknownProject]); diff != "" {
		t.Errorf("they differ (-foreign +unknown):\n%s", diff)
	}
}

func wantProblem(t *testing.T, err error, attribute, message string) {
	t.Helper()
	problems, _ := errors.AsType[cluster.Problems](err)
	found := slices.ContainsFunc(problems, func(p cluster.Invalid) bool {
		return p.Attribute == attribute && slices.Contains(p.Messages, message)
	})
	if !found {
		t.Errorf("%v, want of %s: %s", err, attribute, message)
	}
}
