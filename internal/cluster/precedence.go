package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Resolve returns the cluster that serves an environment of a project. groupIDs
// are the project's group and its ancestors, the nearest first.
func (s *Service) Resolve(ctx context.Context, projectID int64, groupIDs []int64, environment string) (Cluster, error) {
	candidates, err := s.Store.Candidates(ctx, projectID, groupIDs)
	if err != nil {
		return Cluster{}, fmt.Errorf("list clusters of project %d: %w", projectID, err)
	}
	winner, ok := Winner(candidates, groupIDs, environment)
	if !ok {
		return Cluster{}, apperr.Of(apperr.NamespaceNoCluster)
	}
	return winner, nil
}

// Winner picks the cluster for an environment: the nearest level that has a
// match wins (the project, its group, that group's ancestors, the instance),
// and within a level the most specific scope. The order is the predecessor's.
func Winner(candidates []Cluster, groupIDs []int64, environment string) (Cluster, bool) {
	matching := slices.DeleteFunc(slices.Clone(candidates), func(c Cluster) bool {
		return !MatchScope(c.EnvironmentScope, environment)
	})
	if len(matching) == 0 {
		return Cluster{}, false
	}
	return slices.MinFunc(matching, func(a, b Cluster) int {
		if d := distance(a, groupIDs) - distance(b, groupIDs); d != 0 {
			return d
		}
		if d := specificity(b.EnvironmentScope) - specificity(a.EnvironmentScope); d != 0 {
			return d
		}
		return int(a.ID - b.ID)
	}), true
}

// distance orders levels: the project, its groups upwards, the instance.
func distance(c Cluster, groupIDs []int64) int {
	switch c.Level {
	case Project:
		return 0
	case Group:
		return 1 + slices.Index(groupIDs, c.GroupID)
	default:
		return len(groupIDs) + 1
	}
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
