package storetest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

func TestEnvironments(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			if diff := cmp.Diff(w.environment, must(w.tenants.EnsureEnvironment(ctx, w.project.ID, "production"))(t)); diff != "" {
				t.Errorf("ensuring twice changed it (-want +got):\n%s", diff)
			}
			staging := must(w.tenants.CreateEnvironment(ctx, tenant.NewEnvironment{
				ProjectID: w.project.ID, Name: "Staging", ExternalURL: "https://staging.example.com",
			}))(t)
			want := tenant.Environment{
				ID: staging.ID, ProjectID: w.project.ID, Name: "Staging", Slug: tenant.EnvironmentSlug("Staging"),
				Tier: tenant.Staging, State: tenant.Available, ExternalURL: "https://staging.example.com",
				CreatedAt: instant(), UpdatedAt: instant(),
			}
			for how, got := range map[string]tenant.Environment{
				"made":    staging,
				"by id":   must(w.tenants.EnvironmentByID(ctx, w.project.ID, staging.ID))(t),
				"by name": must(w.tenants.Environment(ctx, w.project.ID, "Staging"))(t),
			} {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", how, diff)
				}
			}
			_, err := w.tenants.CreateEnvironment(ctx, tenant.NewEnvironment{ProjectID: w.project.ID, Name: "Staging"})
			wantCode(t, err, apperr.AlreadyExists)
			_, err = w.tenants.CreateEnvironment(ctx, tenant.NewEnvironment{ProjectID: 99, Name: "lost"})
			wantCode(t, err, apperr.NotFound)
			_, err = w.tenants.EnvironmentByID(ctx, w.project.ID+1, staging.ID)
			wantCode(t, err, apperr.NotFound)
			_, err = w.tenants.Environment(ctx, w.project.ID, "nothing")
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func TestListsOfEnvironments(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			project := must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "acme/lists"}))(t).ID
			ids := map[string]int64{}
			for _, name := range []string{"c_1", "A-1", "b1", "a2"} {
				ids[name] = must(w.tenants.EnsureEnvironment(ctx, project, name))(t).ID
			}
			must(w.tenants.StopEnvironment(ctx, ids["b1"]))(t)
			for what, tc := range map[string]struct {
				query tenant.EnvironmentQuery
				want  []string
				count int
			}{
				"a page by name": {tenant.EnvironmentQuery{Order: tenant.ByPath, Page: tenant.Page{Limit: 2, Offset: 1}}, []string{"a2", "b1"}, 4},
				"after an id":    {tenant.EnvironmentQuery{Page: tenant.Page{Limit: 9, After: ids["A-1"]}}, []string{"b1", "a2"}, 4},
				"of one state":   {tenant.EnvironmentQuery{State: tenant.Stopped, Page: tenant.Page{Limit: 9}}, []string{"b1"}, 1},
				"in either case": {tenant.EnvironmentQuery{Search: "B", Page: tenant.Page{Limit: 9}}, []string{"b1"}, 1},
				"an underscore":  {tenant.EnvironmentQuery{Search: "_1", Page: tenant.Page{Limit: 9}}, []string{"c_1"}, 1},
				"a percent sign": {tenant.EnvironmentQuery{Search: "%", Page: tenant.Page{Limit: 9}}, nil, 0},
			} {
				tc.query.ProjectID = project
				var got []string
				for _, e := range must(w.tenants.ListEnvironments(ctx, tc.query))(t) {
					got = append(got, e.Name)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
				n, more, err := w.tenants.CountEnvironments(ctx, tc.query)
				if n != tc.count || more || err != nil {
					t.Errorf("%s: counted %d, %t, %v, want %d", what, n, more, err, tc.count)
				}
			}
		})
	}
}

// An environment is stopped before it is deleted, and not while it has a namespace.
func TestLifeOfAnEnvironment(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			id := w.environment.ID
			n := w.addNamespace(t)
			e := must(w.tenants.UpdateEnvironment(ctx, id, tenant.EnvironmentChange{
				Tier: new(tenant.OtherTier), ExternalURL: new("https://shop.example.com"),
			}))(t)
			if e.Tier != tenant.OtherTier || e.ExternalURL != "https://shop.example.com" {
				t.Errorf("it became %+v", e)
			}
			for what, c := range map[string]tenant.EnvironmentChange{
				"an unknown tier": {Tier: new(tenant.Tier("best"))},
				"a script":        {ExternalURL: new("javascript:alert(1)")},
				"a password":      {ExternalURL: new("https://me:secret@example.com")},
			} {
				if _, err := w.tenants.UpdateEnvironment(ctx, id, c); apperr.CodeOf(err) != apperr.ValidationFailed {
					t.Errorf("%s: %v, want validation_failed", what, err)
				}
			}

			wantCode(t, w.tenants.DeleteEnvironment(ctx, id), apperr.Conflict)
			if e := must(w.tenants.StopEnvironment(ctx, id))(t); e.State != tenant.Stopped {
				t.Errorf("stopped, it is %s", e.State)
			}
			if e := must(w.tenants.StartEnvironment(ctx, id))(t); e.State != tenant.Available {
				t.Errorf("started again, it is %s", e.State)
			}
			must(w.tenants.StopEnvironment(ctx, id))(t)
			wantCode(t, w.tenants.DeleteEnvironment(ctx, id), apperr.Conflict)
			check(t, w.Namespaces().Atomically(ctx, func(tx namespace.Tx) error { return tx.DeleteNamespace(ctx, n.ID) }))
			check(t, w.tenants.DeleteEnvironment(ctx, id))
			wantCode(t, w.tenants.DeleteEnvironment(ctx, id), apperr.NotFound)
		})
	}
}
