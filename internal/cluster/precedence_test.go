package cluster_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/internal/cluster"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	at := func(id int64, place cluster.Place, depth int, scope string) cluster.Candidate {
		return cluster.Candidate{ID: id, Place: place, Depth: depth, EnvironmentScope: scope, Enabled: true, State: cluster.Attached}
	}
	instance, parent, near := at(1, cluster.AtInstance, 0, "*"), at(2, cluster.AtGroup, 1, "*"), at(3, cluster.AtGroup, 0, "*")
	own, staging, exact := at(4, cluster.AtProject, 0, "*"), at(5, cluster.AtProject, 0, "staging/*"), at(6, cluster.AtProject, 0, "production")
	managed := at(7, cluster.AtManagement, 0, "*")
	granted := func(c cluster.Candidate) cluster.Candidate { c.Granted = true; return c }
	disabled := func(c cluster.Candidate) cluster.Candidate { c.Enabled = false; return c }
	in := func(c cluster.Candidate, s cluster.State) cluster.Candidate { c.State = s; return c }
	type reasons map[int64]cluster.Reason
	for name, tc := range map[string]struct {
		candidates  []cluster.Candidate
		environment string
		want        reasons
	}{
		"nothing is there":             {nil, "qa", reasons{}},
		"nothing matches":              {[]cluster.Candidate{exact, staging}, "qa", reasons{6: cluster.ScopeMismatch, 5: cluster.ScopeMismatch}},
		"the instance is the last":     {[]cluster.Candidate{instance}, "qa", reasons{1: cluster.Serves}},
		"a group before the instance":  {[]cluster.Candidate{instance, parent}, "qa", reasons{2: cluster.Serves, 1: cluster.NearerLevel}},
		"the nearest group":            {[]cluster.Candidate{parent, near}, "qa", reasons{3: cluster.Serves, 2: cluster.NearerLevel}},
		"the project before its group": {[]cluster.Candidate{near, own}, "qa", reasons{4: cluster.Serves, 3: cluster.NearerLevel}},
		"what it manages before all":   {[]cluster.Candidate{own, managed}, "qa", reasons{7: cluster.Serves, 4: cluster.NearerLevel}},
		"a pattern beats the star":     {[]cluster.Candidate{own, staging}, "staging/42", reasons{5: cluster.Serves, 4: cluster.LessExact}},
		"an exact scope beats all": {
			[]cluster.Candidate{own, staging, exact},
			"production",
			reasons{6: cluster.Serves, 4: cluster.LessExact, 5: cluster.ScopeMismatch},
		},
		"a nearer level beats a better scope": {
			[]cluster.Candidate{at(8, cluster.AtGroup, 0, "production"), own}, "production", reasons{4: cluster.Serves, 8: cluster.NearerLevel},
		},
		"a level without a match is passed by": {
			[]cluster.Candidate{exact, near}, "qa", reasons{3: cluster.Serves, 6: cluster.ScopeMismatch},
		},
		"a disabled one is passed by": {[]cluster.Candidate{disabled(own), near}, "qa", reasons{3: cluster.Serves, 4: cluster.IsDisabled}},
		"a draft and one on its way out": {
			[]cluster.Candidate{in(own, cluster.Draft), in(near, cluster.Removing), parent},
			"qa",
			reasons{2: cluster.Serves, 4: cluster.IsDraft, 3: cluster.IsRemoving},
		},
		"the level's own before one granted to it": {
			[]cluster.Candidate{granted(at(1, cluster.AtGroup, 0, "*")), near}, "qa", reasons{3: cluster.Serves, 1: cluster.EqualScope},
		},
		"one granted to the group before the parent's": {
			[]cluster.Candidate{parent, granted(at(9, cluster.AtGroup, 0, "*"))}, "qa", reasons{9: cluster.Serves, 2: cluster.NearerLevel},
		},
		"one place of several counts": {
			[]cluster.Candidate{at(3, cluster.AtGroup, 2, "*"), near, granted(parent)}, "qa", reasons{3: cluster.Serves, 2: cluster.NearerLevel},
		},
		"without an environment only the star counts": {
			[]cluster.Candidate{at(8, cluster.AtProject, 0, "**"), instance}, "", reasons{1: cluster.Serves, 8: cluster.ScopeMismatch},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := reasons{}
			for _, v := range cluster.Decide(tc.candidates, tc.environment) {
				got[v.ID] = v.Reason
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

// The oracle goes through the levels one by one, as the rule is told.
func oracle(candidates []cluster.Candidate, environment string) (winner int64) {
	type level struct {
		place cluster.Place
		depth int
	}
	levels := []level{{cluster.AtManagement, 0}, {cluster.AtProject, 0}}
	for depth := range 4 {
		levels = append(levels, level{cluster.AtGroup, depth})
	}
	for _, l := range append(levels, level{cluster.AtInstance, 0}) {
		here := slices.DeleteFunc(slices.Clone(candidates), func(c cluster.Candidate) bool {
			return c.Place != l.place || c.Depth != l.depth || !c.Enabled || c.State != cluster.Attached
		})
		slices.SortFunc(here, func(a, b cluster.Candidate) int { return int(a.ID - b.ID) })
		slices.SortStableFunc(here, func(a, b cluster.Candidate) int {
			if a.Granted == b.Granted {
				return 0
			} else if b.Granted {
				return -1
			}
			return 1
		})
		for _, c := range here {
			if c.EnvironmentScope == environment {
				return c.ID
			}
		}
		slices.SortStableFunc(here, func(a, b cluster.Candidate) int { return len(b.EnvironmentScope) - len(a.EnvironmentScope) })
		for _, c := range here {
			if strings.Contains(c.EnvironmentScope, "*") && like(c.EnvironmentScope).MatchString(environment) {
				return c.ID
			}
		}
	}
	return 0
}

func like(scope string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(scope), `\*`, ".*") + "$")
}

// drawCandidates draws clusters, some of which stand at two places.
func drawCandidates(t *rapid.T) []cluster.Candidate {
	drawn := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) cluster.Candidate {
		c := cluster.Candidate{
			EnvironmentScope: rapid.StringMatching(`[ab/*]{1,4}|a|ab|\*`).Draw(t, "scope"),
			Enabled:          rapid.IntRange(0, 4).Draw(t, "enabled") > 0,
			State:            rapid.SampledFrom([]cluster.State{cluster.Attached, cluster.Attached, cluster.Removing, cluster.Draft}).Draw(t, "state"),
			Place:            rapid.SampledFrom([]cluster.Place{cluster.AtManagement, cluster.AtProject, cluster.AtGroup, cluster.AtInstance}).Draw(t, "place"),
		}
		if c.Place == cluster.AtGroup {
			c.Depth, c.Granted = rapid.IntRange(0, 3).Draw(t, "depth"), rapid.Bool().Draw(t, "granted")
		}
		return c
	}), 0, 12).Draw(t, "candidates")
	ids := rapid.Permutation([]int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}).Draw(t, "ids")
	for i := range drawn {
		drawn[i].ID = ids[i]
	}
	if len(drawn) > 0 && rapid.Bool().Draw(t, "twice") {
		again := drawn[0]
		again.Place, again.Depth, again.Granted = cluster.AtGroup, rapid.IntRange(0, 3).Draw(t, "again at"), true
		drawn = append(drawn, again)
	}
	return drawn
}

func TestDecideIsWhatTheOracleSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		candidates, environment := drawCandidates(t), rapid.StringMatching(`[ab/]{1,4}`).Draw(t, "environment")
		verdicts := cluster.Decide(candidates, environment)
		var winner int64
		for i, v := range verdicts {
			switch {
			case v.Reason == "":
				t.Fatalf("cluster %d is told nothing", v.ID)
			case v.Reason == cluster.Serves && i == 0:
				winner = v.ID
			case v.Reason == cluster.Serves:
				t.Fatalf("cluster %d serves in place %d", v.ID, i)
			}
		}
		if want := oracle(candidates, environment); winner != want {
			t.Fatalf("cluster %d serves %q, want %d of %+v", winner, environment, want, candidates)
		}
	})
}

// The order in which a store lists candidates decides nothing.
func TestDecideDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		candidates := drawCandidates(t)
		mixed := rapid.Permutation(candidates).Draw(t, "mixed")
		if diff := cmp.Diff(cluster.Decide(candidates, "a/b"), cluster.Decide(mixed, "a/b")); diff != "" {
			t.Fatalf("verdicts differ:\n%s", diff)
		}
	})
}

func TestMatchScopeIsTheObviousRegularExpression(t *testing.T) {
	t.Parallel()
	text := rapid.StringMatching(`[ab/]{0,6}`)
	pattern := rapid.StringMatching(`[ab/*]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		scope, environment := pattern.Draw(t, "scope"), text.Draw(t, "environment")
		if got, want := cluster.MatchScope(scope, environment), like(scope).MatchString(environment); got != want {
			t.Errorf("MatchScope(%q, %q) = %v", scope, environment, got)
		}
	})
}
