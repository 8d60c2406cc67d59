package storetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

// question is something that a page asks of groups, projects, environments and
// members.
type question struct {
	name string
	ask  func(ctx context.Context, s *tenant.Service) error
}

// questions are asked of the large organisation: by an administrator, by one who
// sees a tenth of it, and by one who sees one project.
func questions(org storetest.Organisation, one int64) (list []question) {
	viewers := map[string]tenant.Viewer{
		"everything": {UserID: 1, All: true}, "a tenth": {UserID: org.Users[0]}, "one project": {UserID: one},
		"all as a member": {UserID: org.Users[1]},
	}
	root := org.Groups[0].ID
	for who, v := range viewers {
		for what, q := range map[string]tenant.ProjectQuery{
			"first":         {},
			"after":         {Page: tenant.Page{After: 7000}},
			"newest":        {Order: tenant.Newest},
			"by path":       {Order: tenant.ByPath},
			"by path, deep": {Order: tenant.ByPath, Page: tenant.Page{Offset: 900}},
			"search":        {Search: "shop-0"},
			"search one":    {Search: "09999", Order: tenant.ByPath},
			"search all":    {Search: "o"},
			"search path":   {Search: "group-001/", Order: tenant.ByPath},
			"of a group":    {GroupID: root},
			"below a group": {GroupID: root, Deep: true, Order: tenant.ByPath},
			"owned":         {MinRole: tenant.Owner},
		} {
			q.Limit = 50
			list = append(list, question{"projects, " + who + ", " + what, func(ctx context.Context, s *tenant.Service) error {
				_, err := s.Projects(ctx, v, q)
				return err
			}}, question{"count projects, " + who + ", " + what, func(ctx context.Context, s *tenant.Service) error {
				_, _, err := s.CountProjects(ctx, v, q)
				return err
			}})
		}
		for what, q := range map[string]tenant.GroupQuery{
			"first": {}, "by path": {Order: tenant.ByPath}, "top": {TopLevel: true, Order: tenant.ByPath}, "search": {Search: "oup 4"},
			"of a group": {ParentID: root}, "below a group": {ParentID: root, Deep: true}, "owned": {MinRole: tenant.Owner},
		} {
			q.Limit = 50
			list = append(list, question{"groups, " + who + ", " + what, func(ctx context.Context, s *tenant.Service) error {
				_, err := s.Groups(ctx, v, q)
				return err
			}}, question{"count groups, " + who + ", " + what, func(ctx context.Context, s *tenant.Service) error {
				_, _, err := s.CountGroups(ctx, v, q)
				return err
			}})
		}
	}
	return append(list, otherQuestions(org)...)
}

func otherQuestions(org storetest.Organisation) []question {
	group, project := org.Groups[len(org.Groups)-1], org.Projects[len(org.Projects)-1]
	members := tenant.MemberQuery{Place: tenant.Place{ProjectID: project.ID}, Inherited: true, Page: tenant.Page{Limit: 50}}
	environments := tenant.EnvironmentQuery{ProjectID: project.ID, Search: "prod", Order: tenant.ByPath, Page: tenant.Page{Limit: 50}}
	return []question{
		{"group by path", func(ctx context.Context, s *tenant.Service) error { return second(s.Group(ctx, group.Path)) }},
		{"project by path", func(ctx context.Context, s *tenant.Service) error { return second(s.Project(ctx, project.Path)) }},
		{"groups above", func(ctx context.Context, s *tenant.Service) error { return second(s.GroupsAbove(ctx, group.ID)) }},
		{"groups and those above", func(ctx context.Context, s *tenant.Service) error {
			return second(s.Lineage(ctx, []int64{group.ID, org.Groups[0].ID}))
		}},
		{"role in a group", func(ctx context.Context, s *tenant.Service) error {
			return second(s.RoleInGroup(ctx, org.Users[0], group.ID))
		}},
		{"role in a project", func(ctx context.Context, s *tenant.Service) error {
			return second(s.RoleInProject(ctx, org.Users[0], project.ID))
		}},
		{"members", func(ctx context.Context, s *tenant.Service) error { return second(s.Members(ctx, members)) }},
		{"count members", func(ctx context.Context, s *tenant.Service) error {
			_, _, err := s.CountMembers(ctx, members)
			return err
		}},
		{"a member", func(ctx context.Context, s *tenant.Service) error {
			return second(s.Member(ctx, tenant.Place{GroupID: org.Groups[0].ID}, org.Users[0]))
		}},
		{"memberships", func(ctx context.Context, s *tenant.Service) error { return second(s.MembershipsOf(ctx, org.Users[0])) }},
		{"members that ended", func(ctx context.Context, s *tenant.Service) error {
			return second(s.Store.ExpiredMembers(ctx, time.Now(), 50))
		}},
		{"environments", func(ctx context.Context, s *tenant.Service) error { return second(s.Environments(ctx, project.ID)) }},
		{"environments found", func(ctx context.Context, s *tenant.Service) error {
			return second(s.ListEnvironments(ctx, environments))
		}},
		{"count environments", func(ctx context.Context, s *tenant.Service) error {
			_, _, err := s.CountEnvironments(ctx, environments)
			return err
		}},
		{"an environment", func(ctx context.Context, s *tenant.Service) error {
			return second(s.Environment(ctx, project.ID, "production"))
		}},
	}
}

func second[T any](_ T, err error) error { return err }

// large is the large organisation in a new store, with somebody who is a member
// of its last project only.
func large(t testing.TB, cfg store.Config) (*store.DB, storetest.Organisation, int64) {
	t.Helper()
	db := storetest.Open(t, cfg)
	org := storetest.Seed(t, db, storetest.Large())
	one := addUser(t, db, "one")
	s := &tenant.Service{Store: db.Tenant(), Now: time.Now}
	members := []tenant.NewMember{{
		Place: tenant.Place{ProjectID: org.Projects[len(org.Projects)-1].ID}, UserID: one, Role: tenant.Guest,
	}}
	for _, g := range org.Groups[1:10] { // the second user sees it all, but not as an administrator
		members = append(members, tenant.NewMember{Place: tenant.Place{GroupID: g.ID}, UserID: org.Users[1], Role: tenant.Owner})
	}
	for _, n := range members {
		if _, err := s.AddMember(t.Context(), system(), n); err != nil {
			t.Fatal(err)
		}
	}
	return db, org, one
}

// No page reads a table from end to end.
func TestNoFullScans(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, org, one := large(t, config(t))
			for _, q := range questions(org, one) {
				explained, scans := storetest.Explain(t, db)
				check(t, q.ask(t.Context(), &tenant.Service{Store: explained.Tenant(), Now: time.Now}))
				found, reads := scans.Of("groups", "projects", "environments", "members", "users", "group_tree", "group_words", "project_words")
				if reads == 0 {
					t.Errorf("%s: nothing was read", q.name)
				}
				for _, scan := range found {
					t.Errorf("%s goes through %s:\n%s\n%q", q.name, scan.Table, scan.Query, scan.Steps)
				}
			}
		})
	}
}

// BenchmarkLists measures what pages ask of groups, projects and members.
func BenchmarkLists(b *testing.B) {
	for name, config := range storetest.Databases() {
		db, org, one := large(b, config(b))
		s := &tenant.Service{Store: db.Tenant(), Now: time.Now}
		for _, q := range questions(org, one) {
			b.Run(name+"/"+q.name, func(b *testing.B) {
				for b.Loop() {
					if err := q.ask(b.Context(), s); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
