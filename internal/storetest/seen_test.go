package storetest_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

// forest is a made-up organisation, and by simple means what one sees of it.
type forest struct {
	groups   []tenant.Group
	projects []tenant.Project
	members  []tenant.Member
}

// drawForest makes up groups, projects and memberships, some of which have ended.
func drawForest(t *rapid.T, prefix string, users []int64) (f forest) {
	for i := range rapid.IntRange(1, 12).Draw(t, "groups") {
		g := tenant.Group{Path: fmt.Sprintf("%s-g%d", prefix, i), Name: "g"}
		if above := rapid.IntRange(-1, i-1).Draw(t, "parent"); above >= 0 {
			g.ParentID = int64(above + 1) // the index, until it is stored
			g.Path = f.groups[above].Path + "/" + g.Path
		}
		f.groups = append(f.groups, g)
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "projects") {
		home := rapid.IntRange(0, len(f.groups)-1).Draw(t, "home")
		f.projects = append(f.projects, tenant.Project{
			GroupID: int64(home + 1), Path: fmt.Sprintf("%s/%s-p%d", f.groups[home].Path, prefix, i), Name: "p",
		})
	}
	for _, user := range users {
		for i := range len(f.groups) + len(f.projects) {
			role := rapid.SampledFrom(append(tenant.Roles(), tenant.NoRole, tenant.NoRole, tenant.NoRole, tenant.NoRole)).Draw(t, "role")
			if role == tenant.NoRole {
				continue
			}
			m := tenant.Member{UserID: user, Role: role, Place: tenant.Place{GroupID: int64(i + 1)}}
			if i >= len(f.groups) {
				m.Place = tenant.Place{ProjectID: int64(i - len(f.groups) + 1)}
			}
			m.ExpiresAt = rapid.SampledFrom([]time.Time{{}, time.Now().Add(time.Hour), time.Now().Add(-time.Hour)}).Draw(t, "end")
			f.members = append(f.members, m)
		}
	}
	return f
}

// plant stores a forest and replaces indexes by ids.
func (f *forest) plant(ctx context.Context, tx tenant.Tx) (err error) {
	for i, g := range f.groups {
		if g.ParentID != 0 {
			g.ParentID = f.groups[g.ParentID-1].ID
		}
		if f.groups[i], err = tx.InsertGroup(ctx, g); err != nil {
			return err
		}
	}
	for i, p := range f.projects {
		p.GroupID = f.groups[p.GroupID-1].ID
		if f.projects[i], err = tx.InsertProject(ctx, p); err != nil {
			return err
		}
	}
	for i := range f.members {
		m := &f.members[i]
		if m.GroupID != 0 {
			m.GroupID = f.groups[m.GroupID-1].ID
		} else {
			m.ProjectID = f.projects[m.ProjectID-1].ID
		}
		if err := tx.InsertMember(ctx, *m); err != nil {
			return err
		}
	}
	return nil
}

// role is the highest role at a place and above it.
func (f *forest) role(user int64, at tenant.Place) (highest tenant.Role) {
	for _, m := range f.members {
		ended := !m.ExpiresAt.IsZero() && m.ExpiresAt.Before(time.Now())
		if m.UserID == user && m.Place == at && !ended {
			highest = max(highest, m.Role)
		}
	}
	above := int64(0)
	for _, g := range f.groups {
		if g.ID == at.GroupID {
			above = g.ParentID
		}
	}
	for _, p := range f.projects {
		if p.ID == at.ProjectID {
			above = p.GroupID
		}
	}
	if above != 0 {
		highest = max(highest, f.role(user, tenant.Place{GroupID: above}))
	}
	return highest
}

// seen is what a user sees with a role at least, by ids.
func (f *forest) seen(user int64, least tenant.Role) (groups, projects []int64) {
	for _, g := range f.groups {
		if role := f.role(user, tenant.Place{GroupID: g.ID}); role > 0 && role >= least {
			groups = append(groups, g.ID)
		}
	}
	for _, p := range f.projects {
		if role := f.role(user, tenant.Place{ProjectID: p.ID}); role > 0 && role >= least {
			projects = append(projects, p.ID)
		}
	}
	return groups, projects
}

// What somebody sees, and his role in it, is what one finds by going up from
// every group and project.
func TestWhatIsSeen(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t, config(t))
			s := &tenant.Service{Store: db.Tenant(), Now: time.Now}
			var round atomic.Int64
			rapid.Check(t, func(rt *rapid.T) {
				prefix := fmt.Sprintf("r%d", round.Add(1))
				users := []int64{addUser(t, db, prefix+"-ann"), addUser(t, db, prefix+"-bob")}
				f := drawForest(rt, prefix, users)
				check(t, s.Store.Atomically(t.Context(), func(tx tenant.Tx) error { return f.plant(t.Context(), tx) }))
				for _, user := range users {
					checkSeen(t, rt, s, &f, user)
				}
			})
		})
	}
}

func checkSeen(t *testing.T, rt *rapid.T, s *tenant.Service, f *forest, user int64) {
	t.Helper()
	ctx := t.Context()
	for _, g := range f.groups {
		if got, want := must(s.RoleInGroup(ctx, user, g.ID))(t), f.role(user, tenant.Place{GroupID: g.ID}); got != want {
			rt.Errorf("role in group %s: %v, want %v", g.Path, got, want)
		}
	}
	for _, p := range f.projects {
		if got, want := must(s.RoleInProject(ctx, user, p.ID))(t), f.role(user, tenant.Place{ProjectID: p.ID}); got != want {
			rt.Errorf("role in project %s: %v, want %v", p.Path, got, want)
		}
	}
	least := rapid.SampledFrom(append(tenant.Roles(), tenant.NoRole)).Draw(rt, "least")
	for _, order := range []tenant.Order{tenant.ByID, tenant.Newest, tenant.ByPath} {
		wantGroups, wantProjects := f.seen(user, least)
		page := tenant.Page{Limit: 100}
		groups := tenant.GroupQuery{MinRole: least, Order: order, Page: page}
		projects := tenant.ProjectQuery{MinRole: least, Order: order, Page: page}
		if rapid.Bool().Draw(rt, "search") { // all names begin so
			projects.Search = f.groups[0].Path[:3]
		}
		v := tenant.Viewer{UserID: user}
		var gotGroups, gotProjects []int64
		for _, g := range must(s.Groups(ctx, v, groups))(t) {
			gotGroups = append(gotGroups, g.ID)
		}
		for _, p := range must(s.Projects(ctx, v, projects))(t) {
			gotProjects = append(gotProjects, p.ID)
		}
		n, _, err := s.CountProjects(ctx, v, projects)
		if err != nil || n != len(gotProjects) {
			rt.Errorf("counted %d, %v of %d projects", n, err, len(gotProjects))
		}
		if order == tenant.Newest {
			slices.Reverse(gotGroups)
			slices.Reverse(gotProjects)
		} else {
			slices.Sort(gotGroups)
			slices.Sort(gotProjects)
		}
		if diff := cmp.Diff(wantGroups, gotGroups); diff != "" {
			rt.Errorf("groups seen as %v (-want +got):\n%s", least, diff)
		}
		if diff := cmp.Diff(wantProjects, gotProjects); diff != "" {
			rt.Errorf("projects seen as %v (-want +got):\n%s", least, diff)
		}
	}
}
