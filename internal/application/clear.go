package application

import (
	"context"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Clear has everything that is installed on a cluster uninstalled, as its
// removal says, and reports whether nothing of it is left. What could not be
// uninstalled since the removal was asked for is an error, but left where it is
// when the cluster is forgotten: nobody is there to decide.
func (s *Service) Clear(ctx context.Context, c cluster.Cluster) (bool, error) {
	rows, err := s.Store.Applications(ctx, c.ID)
	if err != nil {
		return false, fmt.Errorf("list applications of cluster %d: %w", c.ID, err)
	}
	cleared := true
	for _, row := range rows {
		switch failed := row.State == UninstallErrored && row.UpdatedAt.After(c.UpdatedAt); {
		case failed && c.State == cluster.Forgotten:
			continue
		case failed:
			return false, apperr.Of(row.Code).WithMessage("The application " + row.Name + " could not be uninstalled.").
				WithHint("Its operation says why. Ask for the removal again to try again, or to leave it where it is.")
		case !row.State.Busy():
			_, err := s.Uninstall(ctx, UninstallRequest{ClusterID: c.ID, Name: row.Name, Admin: c.Removal.Admin})
			if err != nil && apperr.CodeOf(err) != apperr.OperationInProgress {
				return false, err
			}
		}
		cleared = false
	}
	return cleared, nil
}

// Purge removes from a cluster all that operations made there for themselves.
// What they installed stays.
func (m *Machine) Purge(ctx context.Context, clusterID int64) error {
	rows, err := m.Store.Applications(ctx, clusterID)
	if err != nil {
		return fmt.Errorf("list applications of cluster %d: %w", clusterID, err)
	}
	for _, row := range rows {
		op, err := m.Store.Operation(ctx, row.OperationID)
		if apperr.CodeOf(err) == apperr.NotFound {
			continue
		}
		if err != nil {
			return fmt.Errorf("read operation %d: %w", row.OperationID, err)
		}
		op.Action, op.Code = Uninstall, "" // after which nothing is kept
		if err := m.Runner.Cleanup(ctx, op, false); err != nil {
			return fmt.Errorf("remove what operation %d made: %w", op.ID, err)
		}
	}
	left, err := m.Runner.Leftovers(ctx, clusterID)
	if apperr.CodeOf(err) == apperr.ClusterForbidden && len(rows) == 0 {
		return nil // what may not look there has made nothing there
	}
	if err != nil {
		return fmt.Errorf("list leftovers: %w", err)
	}
	for _, l := range left {
		if err := m.Runner.Remove(ctx, clusterID, l); err != nil {
			return fmt.Errorf("remove a leftover %s: %w", l.Kind, err)
		}
	}
	return nil
}
