package storetest_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			sub := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "ACME/Web", Name: "The web", Description: "all of it"}))(t)
			want := tenant.Group{
				ID: sub.ID, ParentID: w.group.ID, Path: "acme/Web", Name: "The web", Description: "all of it",
				CreatedAt: instant(), UpdatedAt: instant(),
			}
			for how, got := range map[string]tenant.Group{
				"made":               sub,
				"by id":              must(w.tenants.GroupByID(ctx, sub.ID))(t),
				"by path, its case":  must(w.tenants.Group(ctx, "acme/Web"))(t),
				"by path, in others": must(w.tenants.Group(ctx, "Acme/wEB"))(t),
			} {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", how, diff)
				}
			}
			above := must(w.tenants.GroupsAbove(ctx, sub.ID))(t)
			if diff := cmp.Diff([]int64{sub.ID, w.group.ID}, above); diff != "" {
				t.Errorf("above (-want +got):\n%s", diff)
			}
			lineage := must(w.tenants.Lineage(ctx, []int64{sub.ID, w.group.ID, 99}))(t)
			slices.SortFunc(lineage, func(a, b tenant.Group) int { return int(a.ID - b.ID) })
			if diff := cmp.Diff([]tenant.Group{w.group, sub}, lineage); diff != "" {
				t.Errorf("lineage (-want +got):\n%s", diff)
			}

			_, err := w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "Acme"})
			wantCode(t, err, apperr.AlreadyExists)
			_, err = w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "acme/shop"}) // a project's
			wantCode(t, err, apperr.AlreadyExists)
			_, err = w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "nowhere/lost"})
			wantCode(t, err, apperr.NotFound)
			_, err = w.tenants.GroupByID(ctx, 99)
			wantCode(t, err, apperr.NotFound)
			_, err = w.tenants.GroupsAbove(ctx, 99)
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func TestProjects(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			want := tenant.Project{
				ID: w.project.ID, GroupID: w.group.ID, Path: "acme/shop", Name: "shop", CreatedAt: instant(), UpdatedAt: instant(),
			}
			for how, got := range map[string]tenant.Project{
				"made":    w.project,
				"by id":   must(w.tenants.ProjectByID(ctx, want.ID))(t),
				"by path": must(w.tenants.Project(ctx, "Acme/Shop"))(t),
			} {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", how, diff)
				}
			}
			must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "acme/web"}))(t)
			for _, taken := range []string{"acme/shop", "acme/SHOP", "acme/web"} {
				_, err := w.tenants.CreateProject(ctx, tenant.NewProject{Path: taken})
				wantCode(t, err, apperr.AlreadyExists)
			}
			_, err := w.tenants.Project(ctx, "acme/nothing")
			wantCode(t, err, apperr.NotFound)
			_, err = w.tenants.ProjectByID(ctx, 99)
			wantCode(t, err, apperr.NotFound)
		})
	}
}

// A group is renamed with all that is in it, and nothing else.
func TestRename(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			deep := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "acme/web"}))(t)
			below := must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "acme/web/acme"}))(t)
			must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "acme-old"}))(t)
			beside := must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "acme-old/shop"}))(t)

			top := must(w.tenants.UpdateGroup(ctx, w.group.ID, tenant.Change{Slug: new("Globex"), Name: new(" Globex Ltd. ")}))(t)
			if top.Path != "Globex" || top.Name != "Globex Ltd." {
				t.Errorf("renamed to %q, %q", top.Path, top.Name)
			}
			got := map[int64]string{}
			for _, id := range []int64{w.project.ID, below.ID, beside.ID} {
				got[id] = must(w.tenants.ProjectByID(ctx, id))(t).Path
			}
			want := map[int64]string{
				w.project.ID: "Globex/shop", below.ID: "Globex/web/acme", beside.ID: "acme-old/shop",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("paths of the projects (-want +got):\n%s", diff)
			}
			if g := must(w.tenants.Group(ctx, "globex/web"))(t); g.ID != deep.ID {
				t.Errorf("globex/web is group %d, want %d", g.ID, deep.ID)
			}
			_, err := w.tenants.Group(ctx, "acme")
			wantCode(t, err, apperr.NotFound)

			_, err = w.tenants.UpdateGroup(ctx, w.group.ID, tenant.Change{Slug: new("ACME-old")})
			wantCode(t, err, apperr.AlreadyExists)
			must(w.tenants.UpdateGroup(ctx, w.group.ID, tenant.Change{Slug: new("globex")}))(t)
			moved := must(w.tenants.UpdateProject(ctx, below.ID, tenant.Change{Slug: new("site"), Description: new("all")}))(t)
			if moved.Path != "globex/web/site" || moved.Description != "all" {
				t.Errorf("the project is %+v", moved)
			}
			_, err = w.tenants.UpdateProject(ctx, w.project.ID, tenant.Change{Slug: new("web")})
			wantCode(t, err, apperr.AlreadyExists)
			_, err = w.tenants.UpdateProject(ctx, 99, tenant.Change{Name: new("x")})
			wantCode(t, err, apperr.NotFound)
		})
	}
}

// A path that would become too long keeps a group from being renamed.
func TestRenameKeepsPathsShort(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t, storetest.SQLiteConfig(t)), t.Context()
	must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "acme/" + long(250)}))(t)
	_, err := w.tenants.UpdateGroup(ctx, w.group.ID, tenant.Change{Slug: new("globex")})
	wantCode(t, err, apperr.ValidationFailed)
	must(w.tenants.UpdateGroup(ctx, w.group.ID, tenant.Change{Slug: new("gbx")}))(t)
}

func long(n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = 'x'
	}
	return string(text)
}

func TestWhatIsUsedIsNotDeleted(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			free := must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "acme/free"}))(t)
			must(w.tenants.EnsureEnvironment(ctx, free.ID, "production"))(t)
			used := must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "acme/used"}))(t)
			w.addCluster(t, cluster.Cluster{Name: "own", Level: cluster.Project, ProjectID: used.ID})
			w.addNamespace(t)
			parent := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "parent"}))(t)
			child := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "parent/child"}))(t)
			home := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "home"}))(t)
			w.addCluster(t, cluster.Cluster{Name: "group's", Level: cluster.Group, GroupID: home.ID})

			for what, err := range map[string]error{
				"a project with a cluster":   w.tenants.DeleteProject(ctx, used.ID),
				"a project with a namespace": w.tenants.DeleteProject(ctx, w.project.ID),
				"a group with projects":      w.tenants.DeleteGroup(ctx, w.group.ID),
				"a group with a group":       w.tenants.DeleteGroup(ctx, parent.ID),
				"a group with a cluster":     w.tenants.DeleteGroup(ctx, home.ID),
			} {
				if e, ok := apperr.From(err); !ok || e.Code != apperr.Conflict || e.Hint == "" {
					t.Errorf("%s: %v, want a conflict with a hint", what, err)
				}
			}
			check(t, w.tenants.DeleteGroup(ctx, child.ID))
			check(t, w.tenants.DeleteGroup(ctx, parent.ID))
			wantCode(t, w.tenants.DeleteGroup(ctx, parent.ID), apperr.NotFound)
			check(t, w.tenants.DeleteProject(ctx, free.ID))
			_, err := w.tenants.ProjectByID(ctx, free.ID)
			wantCode(t, err, apperr.NotFound)
			if left := must(w.tenants.Environments(ctx, free.ID))(t); len(left) != 0 {
				t.Errorf("its environments are still there: %v", left)
			}
			if err := w.tenants.DeleteProject(ctx, free.ID); err != nil {
				t.Errorf("deleting it again: %v", err)
			}
		})
	}
}
