package app

import (
	"testing"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// demand is what a route takes, stated here whatever its own table and the permission matrix say of it.
type demand struct {
	// about is anybody where every example says itself what it is about.
	about about
	// least are the roles that it takes. Administrators of the instance need none.
	least auth.Rule
}

// demands are those of the routes of a surface, by method and pattern.
type demands map[string]demand

func (d demands) of(what demand, routes ...string) {
	for _, r := range routes {
		d[r] = what
	}
}

func inGroup(least tenant.Role) demand { return demand{team, auth.Rule{Group: least}} }

func inProject(least tenant.Role) demand { return demand{shop, auth.Rule{Project: least}} }

// inPlace takes roles where the subject of an example belongs: to a group, a project, or else the administrators.
func inPlace(group, project tenant.Role) demand {
	return demand{least: auth.Rule{Group: group, Project: project}}
}

func ofAdministrators() demand { return demand{about: instance} }

func ofEveryone() demand { return demand{about: everyone} }

func ofAnybody() demand { return demand{about: anybody} }

// stated gives the routes their demands, and fails for one that has none.
func stated(t *testing.T, routes []route, wanted demands) []route {
	t.Helper()
	known := map[string]bool{}
	for i, r := range routes {
		d, ok := wanted[r.name()]
		if !ok {
			t.Errorf("%s has no demand: say in the table who may call it", r.name())
		}
		routes[i].demand, known[r.name()] = d, true
	}
	for name := range wanted {
		if !known[name] {
			t.Errorf("the table demands something of %s, which is no route", name)
		}
	}
	return routes
}
