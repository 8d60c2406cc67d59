package storetest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

func TestSearchAndPages(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "acme/web"}))(t)
			for path, name := range map[string]string{
				"acme/web/Front": "Storefront " + strings.Repeat("x", 60) + "end", "acme/web/api": "\u00c4rger", "acme/tools": "",
			} {
				must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: path, Name: name}))(t)
			}
			renamed := must(w.tenants.Project(ctx, "acme/tools"))(t)
			must(w.tenants.UpdateProject(ctx, renamed.ID, tenant.Change{Slug: new("kit"), Name: new("Kit")}))(t)

			for what, tc := range map[string]struct {
				query tenant.ProjectQuery
				want  string
			}{
				"by path":               {tenant.ProjectQuery{Order: tenant.ByPath}, "acme/kit acme/shop acme/web/api acme/web/Front"},
				"part of a name":        {tenant.ProjectQuery{Search: "ReFr"}, "acme/web/Front"},
				"part of a path":        {tenant.ProjectQuery{Search: "ron"}, "acme/web/Front"},
				"the end of a long one": {tenant.ProjectQuery{Search: "xend"}, "acme/web/Front"},
				"longer than is kept":   {tenant.ProjectQuery{Search: "Storefront " + strings.Repeat("x", 60)}, "acme/web/Front"},
				"other letters":         {tenant.ProjectQuery{Search: "\u00e4RG"}, "acme/web/api"},
				"the name before":       {tenant.ProjectQuery{Search: "tool"}, ""},
				"the name now":          {tenant.ProjectQuery{Search: "kit"}, "acme/kit"},
				"not that of the group": {tenant.ProjectQuery{Search: "web"}, ""},
				"a full path's begin":   {tenant.ProjectQuery{Search: "Acme/Web/f"}, "acme/web/Front"},
				"an underscore":         {tenant.ProjectQuery{Search: "_"}, ""},
				"a page by path":        {tenant.ProjectQuery{Order: tenant.ByPath, Page: tenant.Page{Offset: 1, Limit: 2}}, "acme/shop acme/web/api"},
				"after an id":           {tenant.ProjectQuery{Search: "kit", Page: tenant.Page{After: renamed.ID}}, ""},
				"in a group":            {tenant.ProjectQuery{Order: tenant.ByPath, GroupID: w.group.ID}, "acme/kit acme/shop"},
				"in a group and below":  {tenant.ProjectQuery{Search: "o", GroupID: w.group.ID, Deep: true, Order: tenant.ByPath}, "acme/shop acme/web/Front"},
			} {
				if tc.query.Limit == 0 {
					tc.query.Limit = 100
				}
				var got []string
				for _, p := range must(w.tenants.Projects(ctx, tenant.Viewer{All: true}, tc.query))(t) {
					got = append(got, p.Path)
				}
				if diff := cmp.Diff(tc.want, strings.Join(got, " ")); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
			page := tenant.Page{Limit: 100}
			for what, tc := range map[string]struct {
				query tenant.GroupQuery
				want  string
			}{
				"all":         {tenant.GroupQuery{Page: page}, "acme acme/web"},
				"top-level":   {tenant.GroupQuery{TopLevel: true, Page: page}, "acme"},
				"in one":      {tenant.GroupQuery{ParentID: w.group.ID, Page: page}, "acme/web"},
				"below one":   {tenant.GroupQuery{ParentID: w.group.ID, Deep: true, Page: page}, "acme/web"},
				"by its name": {tenant.GroupQuery{Search: "EB", Page: page}, "acme/web"},
			} {
				var got []string
				for _, g := range must(w.tenants.Groups(ctx, tenant.Viewer{All: true}, tc.query))(t) {
					got = append(got, g.Path)
				}
				if diff := cmp.Diff(tc.want, strings.Join(got, " ")); diff != "" {
					t.Errorf("groups, %s (-want +got):\n%s", what, diff)
				}
			}
		})
	}
}
