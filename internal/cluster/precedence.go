package cluster

import (
	"cmp"
	"slices"
	"strings"
)

// Place is where a cluster stands in the order in which a project looks for
// one.
type Place int

// The places, the nearest first. The order is the predecessor's.
const (
	// AtManagement is a cluster that the project manages.
	AtManagement Place = iota
	AtProject
	AtGroup
	AtInstance
)

// String names the place for people and programs.
func (p Place) String() string {
	return [...]string{"management", "project", "group", "instance"}[p]
}

// Candidate is a cluster that a project, or a group, could be served by.
type Candidate struct {
	ID               int64
	Name             string
	Level            Level
	GroupID          int64
	ProjectID        int64
	EnvironmentScope string
	Enabled          bool
	State            State
	CreatedBy        int64

	Place Place
	// At is the group at whose level it counts, and Depth how far above that is:
	// zero for the nearest. Granted says that it does not belong to that group.
	At      int64
	Depth   int
	Granted bool
}

// Reason says why a cluster does, or does not, serve an environment.
type Reason string

// The reasons. The first that applies is given.
const (
	Serves        Reason = "serves"
	IsDraft       Reason = "draft"
	IsRemoving    Reason = "removing"
	IsDisabled    Reason = "disabled"
	ScopeMismatch Reason = "scope_does_not_match"
	NearerLevel   Reason = "nearer_level_wins"
	LessExact     Reason = "less_exact_scope"
	// EqualScope is beaten by one as exact at the same level: the level's own
	// cluster goes before one that is granted to it, then the older one.
	EqualScope Reason = "equal_scope"
)

// Verdict is what became of one candidate.
type Verdict struct {
	Candidate

	Reason Reason
}

// Decide says which of the candidates serves an environment, and why each of
// the others does not. The verdicts are in the order of precedence, the winner
// first; without a winner, none says that it serves. A cluster that stands at
// several places counts at the nearest. Without an environment only clusters for
// all of them count.
func Decide(candidates []Candidate, environment string) []Verdict {
	verdicts := make([]Verdict, 0, len(candidates))
	seen := make(map[int64]bool, len(candidates))
	for _, c := range slices.SortedFunc(slices.Values(candidates), byPrecedence) {
		if !seen[c.ID] {
			seen[c.ID] = true
			verdicts = append(verdicts, Verdict{Candidate: c, Reason: unfit(c, environment)})
		}
	}
	best := slices.IndexFunc(verdicts, func(v Verdict) bool { return v.Reason == "" })
	if best < 0 {
		return verdicts
	}
	winner := verdicts[best].Candidate
	for i := range verdicts {
		if v := &verdicts[i]; v.Reason == "" {
			v.Reason = lost(v.Candidate, winner)
		}
	}
	verdicts[best].Reason = Serves
	return slices.Concat(verdicts[best:best+1], verdicts[:best], verdicts[best+1:])
}

// unfit says why a candidate cannot serve an environment at all; empty when it
// can.
func unfit(c Candidate, environment string) Reason {
	switch {
	case c.State == Draft:
		return IsDraft
	case c.State != Attached:
		return IsRemoving
	case !c.Enabled:
		return IsDisabled
	case environment == "" && c.EnvironmentScope != "*", !MatchScope(c.EnvironmentScope, environment):
		return ScopeMismatch
	}
	return ""
}

// lost says by what a candidate that could serve is beaten.
func lost(c, winner Candidate) Reason {
	switch {
	case byLevel(c, winner) != 0:
		return NearerLevel
	case specificity(c.EnvironmentScope) != specificity(winner.EnvironmentScope):
		return LessExact
	}
	return EqualScope
}

// byPrecedence orders candidates: the nearest level, the most exact scope, the
// level's own cluster, the oldest.
func byPrecedence(a, b Candidate) int {
	return cmp.Or(
		byLevel(a, b),
		cmp.Compare(specificity(b.EnvironmentScope), specificity(a.EnvironmentScope)),
		compareBool(a.Granted, b.Granted),
		cmp.Compare(a.ID, b.ID),
	)
}

func byLevel(a, b Candidate) int {
	return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Depth, b.Depth))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// specificity orders scopes: exact ones first, then patterns by length, then
// the plain star.
func specificity(scope string) int {
	const exact = 1 << 20
	if !strings.Contains(scope, "*") {
		return exact
	}
	return len(scope)
}

// MatchScope reports whether a scope covers an environment. The star matches
// any run of characters, a slash included; there is no other wildcard.
func MatchScope(scope, environment string) bool {
	parts := strings.Split(scope, "*")
	if len(parts) == 1 {
		return scope == environment
	}
	rest, ok := strings.CutPrefix(environment, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, last)
}
