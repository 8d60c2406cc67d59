package storetest_test

import (
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
			cfg := config(t)
			s, ctx := storetest.Open(t, cfg).Tenant(), t.Context()
			top := must(s.InsertGroup(ctx, tenant.Group{Path: "acme", Name: "Acme", CreatedAt: instant()}))(t)
			sub := must(s.InsertGroup(ctx, tenant.Group{
				ParentID: top.ID, Path: "acme/web", Name: "Web", CreatedAt: instant(),
			}))(t)

			want := tenant.Group{ID: sub.ID, ParentID: top.ID, Path: "acme/web", Name: "Web", CreatedAt: instant()}
			if diff := cmp.Diff(want, must(s.Group(ctx, sub.ID))(t)); diff != "" {
				t.Errorf("by id (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(top, must(s.GroupByPath(ctx, "acme"))(t)); diff != "" {
				t.Errorf("by path (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]tenant.Group{sub}, must(s.Groups(ctx, top.ID, 10))(t)); diff != "" {
				t.Errorf("after the first (-want +got):\n%s", diff)
			}
			if got := must(s.Groups(ctx, 0, 1))(t); len(got) != 1 {
				t.Errorf("a page of one has %d groups", len(got))
			}

			_, err := s.InsertGroup(ctx, tenant.Group{Path: "acme", Name: "again"})
			wantCode(t, err, apperr.AlreadyExists)
			_, err = s.InsertGroup(ctx, tenant.Group{ParentID: 99, Path: "lost", Name: "lost"})
			wantCode(t, err, apperr.NotFound)
			_, err = s.Group(ctx, 99)
			wantCode(t, err, apperr.NotFound)
			_, err = s.GroupByPath(ctx, "nowhere")
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func TestProjects(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s := w.Tenant()
			want := tenant.Project{
				ID: w.project.ID, GroupID: w.group.ID, Path: "acme/shop", Name: "shop", CreatedAt: instant(),
			}
			for name, got := range map[string]tenant.Project{
				"by id":   must(s.Project(ctx, want.ID))(t),
				"by path": must(s.ProjectByPath(ctx, "acme/shop"))(t),
				"listed":  must(s.Projects(ctx, 0, 10))(t)[0],
			} {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			_, err := s.InsertProject(ctx, tenant.Project{GroupID: w.group.ID, Path: "acme/shop", Name: "again"})
			wantCode(t, err, apperr.AlreadyExists)
			_, err = s.Project(ctx, 99)
			wantCode(t, err, apperr.NotFound)
			_, err = s.ProjectByPath(ctx, "acme/nothing")
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func TestDeleteProject(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			s := w.Tenant()
			used := must(s.InsertProject(ctx, tenant.Project{GroupID: w.group.ID, Path: "acme/used", Name: "used"}))(t)
			free := must(s.InsertProject(ctx, tenant.Project{GroupID: w.group.ID, Path: "acme/free", Name: "free"}))(t)
			must(s.EnsureEnvironment(ctx, tenant.Environment{ProjectID: free.ID, Name: "production", Slug: "production"}))(t)
			w.addCluster(t, cluster.Cluster{Name: "own", Level: cluster.Project, ProjectID: used.ID})

			wantCode(t, s.DeleteProject(ctx, used.ID), apperr.Conflict)
			if err := s.DeleteProject(ctx, free.ID); err != nil {
				t.Error(err)
			}
			_, err := s.Project(ctx, free.ID)
			wantCode(t, err, apperr.NotFound)
			if left := must(s.Environments(ctx, free.ID))(t); len(left) != 0 {
				t.Errorf("its environments are still there: %v", left)
			}
			if err := s.DeleteProject(ctx, free.ID); err != nil {
				t.Errorf("deleting it again: %v", err)
			}
		})
	}
}

func TestEnvironments(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s := w.Tenant()
			again := must(s.EnsureEnvironment(ctx, tenant.Environment{
				ProjectID: w.project.ID, Name: "production", Slug: "other", CreatedAt: instant().AddDate(1, 0, 0),
			}))(t)
			if diff := cmp.Diff(w.environment, again); diff != "" {
				t.Errorf("ensuring twice changed it (-want +got):\n%s", diff)
			}
			staging := must(s.EnsureEnvironment(ctx, tenant.Environment{
				ProjectID: w.project.ID, Name: "staging", Slug: "staging", CreatedAt: instant(),
			}))(t)
			want := []tenant.Environment{w.environment, staging}
			if diff := cmp.Diff(want, must(s.Environments(ctx, w.project.ID))(t)); diff != "" {
				t.Errorf("listed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(staging, must(s.Environment(ctx, staging.ID))(t)); diff != "" {
				t.Errorf("by id (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(staging, must(s.EnvironmentByName(ctx, w.project.ID, "staging"))(t)); diff != "" {
				t.Errorf("by name (-want +got):\n%s", diff)
			}
			_, err := s.EnsureEnvironment(ctx, tenant.Environment{ProjectID: 99, Name: "lost", Slug: "lost"})
			wantCode(t, err, apperr.NotFound)
			_, err = s.EnvironmentByName(ctx, w.project.ID, "nothing")
			wantCode(t, err, apperr.NotFound)
			_, err = s.Environment(ctx, 99)
			wantCode(t, err, apperr.NotFound)
		})
	}
}
