package cluster

import (
	"context"
	"fmt"
	"slices"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Explanation says which cluster serves an environment of a project, and why
// none of the others does.
type Explanation struct {
	Project     tenant.Project
	Environment string
	// Verdicts are in the order of precedence, the winner first.
	Verdicts []Verdict
}

// Winner returns the cluster that serves, or false when none does.
func (e Explanation) Winner() (Candidate, bool) {
	if len(e.Verdicts) == 0 || e.Verdicts[0].Reason != Serves {
		return Candidate{}, false
	}
	return e.Verdicts[0].Candidate, true
}

// Explain says which cluster serves an environment of a project. The
// environment need not exist; an empty one stands for work without any.
func (s *Service) Explain(ctx context.Context, projectID int64, environment string) (Explanation, error) {
	p, err := s.project(ctx, projectID)
	if err != nil {
		return Explanation{}, err
	}
	candidates, err := s.candidates(ctx, p.ID, p.GroupID)
	if err != nil {
		return Explanation{}, err
	}
	return Explanation{Project: p, Environment: environment, Verdicts: Decide(candidates, environment)}, nil
}

// Resolve returns the cluster that serves an environment of a project.
func (s *Service) Resolve(ctx context.Context, projectID int64, environment string) (Cluster, error) {
	e, err := s.Explain(ctx, projectID, environment)
	if err != nil {
		return Cluster{}, err
	}
	winner, ok := e.Winner()
	if !ok {
		return Cluster{}, apperr.Of(apperr.NamespaceNoCluster)
	}
	return s.Store.Cluster(ctx, winner.ID)
}

// candidates lists what could serve a project, or a group when there is no
// project, without the drafts of others than the caller in ctx.
func (s *Service) candidates(ctx context.Context, projectID, groupID int64) ([]Candidate, error) {
	candidates, err := s.Store.Candidates(ctx, projectID, groupID)
	if err != nil {
		return nil, fmt.Errorf("list what could serve project %d of group %d: %w", projectID, groupID, err)
	}
	return slices.DeleteFunc(candidates, func(c Candidate) bool { return c.State == Draft && !mayDraft(ctx, c.CreatedBy) }), nil
}
