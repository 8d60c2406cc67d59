package cluster_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/internal/cluster"
)

func TestWinner(t *testing.T) {
	t.Parallel()
	at := func(id int64, level cluster.Level, group int64, scope string) cluster.Cluster {
		return cluster.Cluster{ID: id, Level: level, GroupID: group, EnvironmentScope: scope}
	}
	groups := []int64{20, 10} // the project's group, then its parent
	instance, parent, near := at(1, cluster.Instance, 0, "*"), at(2, cluster.Group, 10, "*"), at(3, cluster.Group, 20, "*")
	own, staging, exact := at(4, cluster.Project, 0, "*"), at(5, cluster.Project, 0, "staging/*"), at(6, cluster.Project, 0, "production")
	for name, tc := range map[string]struct {
		candidates  []cluster.Cluster
		environment string
		want        int64
	}{
		"nothing matches":                      {[]cluster.Cluster{exact, staging}, "qa", 0},
		"the instance is the last resort":      {[]cluster.Cluster{instance}, "qa", 1},
		"a group goes before the instance":     {[]cluster.Cluster{instance, parent}, "qa", 2},
		"the nearest group goes first":         {[]cluster.Cluster{parent, near, instance}, "qa", 3},
		"the project goes before its groups":   {[]cluster.Cluster{near, own, instance}, "qa", 4},
		"a pattern beats the star":             {[]cluster.Cluster{own, staging, exact}, "staging/42", 5},
		"an exact scope beats all":             {[]cluster.Cluster{own, staging, exact}, "production", 6},
		"a nearer level beats a better scope":  {[]cluster.Cluster{at(7, cluster.Group, 20, "production"), own}, "production", 4},
		"a level without a match is passed by": {[]cluster.Cluster{exact, near}, "qa", 3},
		"of two equals the older one":          {[]cluster.Cluster{at(9, cluster.Project, 0, "*"), at(8, cluster.Project, 0, "*")}, "qa", 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := cluster.Winner(tc.candidates, groups, tc.environment)
			if got.ID != tc.want || ok != (tc.want != 0) {
				t.Errorf("cluster %d wins, want %d", got.ID, tc.want)
			}
		})
	}
}

func TestMatchScopeIsTheObviousRegularExpression(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[ab/]{0,6}`)
	pattern := rapid.StringMatching(`[ab/*]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		scope, environment := pattern.Draw(t, "scope"), text.Draw(t, "environment")
		like := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(scope), `\*`, ".*") + "$")
		if got, want := cluster.MatchScope(scope, environment), like.MatchString(environment); got != want {
			t.Errorf("MatchScope(%q, %q) = %v", scope, environment, got)
		}
	})
}
