package namespace

import (
	"context"
	"fmt"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/work"
)

// ProjectKind takes a project's namespaces away, then the project.
const ProjectKind work.Kind = "project.remove"

// RemoveProject has a worker take the namespaces of a project out of their
// clusters and then forget the project. A project with clusters of its own is
// refused: they are removed first.
func (s *Service) RemoveProject(ctx context.Context, projectID int64) error {
	own, err := s.Clusters.ClustersOf(ctx, cluster.Project, 0, projectID, cluster.Page{Limit: 1})
	if err != nil {
		return fmt.Errorf("list clusters of project %d: %w", projectID, err)
	}
	if len(own) > 0 {
		return apperr.Of(apperr.Conflict).WithMessage("The project has a cluster of its own.").
			WithHint("Remove it first: roadstead cluster remove " + strconv.FormatInt(own[0].ID, 10) + ".")
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		tx.Notify("project/" + strconv.FormatInt(projectID, 10))
		err := tx.Record(ctx, audit.Entry{
			Action: "project.remove", Object: audit.Object{Kind: "project", ID: projectID}, ProjectID: projectID,
		})
		if err != nil {
			return err
		}
		return tx.Schedule(ctx, work.Ref{Kind: ProjectKind, Object: projectID})
	})
	if err != nil {
		return fmt.Errorf("remove project %d: %w", projectID, err)
	}
	return nil
}

// StepProject advances the removal of a project.
func (w *Worker) StepProject(ctx context.Context, claim work.Claim) (work.Next, error) {
	left, err := w.Store.NamespacesOfProject(ctx, claim.Object)
	if err != nil {
		return work.Next{}, fmt.Errorf("list namespaces of project %d: %w", claim.Object, err)
	}
	for _, n := range left {
		if n.State == Removing {
			continue
		}
		if _, err := w.Remove(ctx, n.ID); err != nil {
			return work.Next{}, err
		}
	}
	if len(left) > 0 {
		return work.After(removePoll), nil
	}
	if err := w.Tenants.DeleteProject(ctx, claim.Object); err != nil {
		return work.Next{}, fmt.Errorf("forget project %d: %w", claim.Object, err)
	}
	return work.Done(), nil
}
