package provision

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

// InventoryKind is the kind of work that looks what a cluster holds in its account. Its object is the run.
const InventoryKind work.Kind = "provision.inventory"

// Inventory is what a deletion of a cluster would meet, as of when, with the code of what could not be seen.
type Inventory struct {
	Dependents

	Billed    []Billed    `json:"billed"`
	AsOf      time.Time   `json:"as_of"`
	CheckedAt time.Time   `json:"checked_at"`
	Code      apperr.Code `json:"code,omitempty"`
}

// Inventory returns what is known now and asks for news when that is older than a minute. It calls nobody.
func (s *Service) Inventory(ctx context.Context, runID int64) (Inventory, error) {
	run, err := s.Store.Run(ctx, runID)
	if err != nil {
		return Inventory{}, err
	}
	if run.StackID == "" || s.Now().Sub(run.Inventory.CheckedAt) <= formFresh {
		return run.Inventory, nil
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		return tx.Schedule(ctx, work.Ref{Kind: InventoryKind, Object: run.ID, Cluster: run.ClusterID})
	})
	if err != nil {
		return Inventory{}, fmt.Errorf("ask what run %d holds: %w", runID, err)
	}
	return run.Inventory, nil
}

// StepInventory looks what a cluster holds. The session is used at once and not stored: the run may rest.
func (m *Machine) StepInventory(ctx context.Context, claim work.Claim) (work.Next, error) {
	run, err := m.Store.Run(ctx, claim.Object)
	if apperr.CodeOf(err) == apperr.NotFound {
		return work.Done(), nil
	}
	if err != nil {
		return work.Next{}, fmt.Errorf("read run %d: %w", claim.Object, err)
	}
	if m.now().Sub(run.Inventory.CheckedAt) <= formFresh {
		return work.Done(), nil
	}
	found, err := m.take(ctx, run)
	if ctx.Err() != nil {
		return work.Next{}, ctx.Err()
	}
	if err != nil {
		m.Log.WarnContext(ctx, "inventory not complete", slog.Int64("run", run.ID), said(err))
	}
	_, err = m.change(ctx, run, func(_ Tx, r *Run) error {
		found.CheckedAt = m.now()
		if found.AsOf.IsZero() {
			found.AsOf, found.Dependents, found.Billed = r.Inventory.AsOf, r.Inventory.Dependents, r.Inventory.Billed
		}
		r.Inventory = found
		return nil
	})
	return work.Done(), err
}

// take asks the cloud, then the cluster. What the cloud alone knows is worth having, too.
func (m *Machine) take(ctx context.Context, run Run) (found Inventory, err error) {
	defer func() { found.Code = codeOf(err) }()
	role, err := m.Store.Role(ctx, run.RoleID)
	if err != nil {
		return found, fmt.Errorf("read the role of run %d: %w", run.ID, err)
	}
	session, err := m.Cloud.Assume(ctx, Grant{
		Role: role, Region: run.Spec.Region, ExternalID: &role.ExternalID, Purpose: ToDelete, Run: run,
	})
	if err != nil {
		return found, fmt.Errorf("assume the role of run %d: %w", run.ID, err)
	}
	if found.Billed, err = m.Cloud.Billed(ctx, session, run); err != nil {
		return found, fmt.Errorf("look for what run %d holds: %w", run.ID, err)
	}
	found.AsOf = m.now()
	access, _, err := m.accessBy(ctx, session, run)
	if err != nil {
		return found, err
	}
	found.Dependents, err = m.Connector.Dependents(ctx, access)
	return found, err
}
