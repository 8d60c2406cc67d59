package provision

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

// principalEvery is how often it is tried to find out who we are, while we are nobody.
const principalEvery = time.Minute

// StepRole verifies one role: it must let us in with its external id, and with no other and with none it must not. A new
// role learns first whom it has to trust.
func (m *Machine) StepRole(ctx context.Context, claim work.Claim) (work.Next, error) {
	role, err := m.Store.Role(ctx, claim.Object)
	if apperr.CodeOf(err) == apperr.NotFound {
		return work.Done(), nil
	}
	if err != nil {
		return work.Next{}, fmt.Errorf("read role %d: %w", claim.Object, err)
	}
	if role.Principal == "" {
		return m.introduce(ctx, role)
	}
	if role.State != RoleVerifying {
		return work.Done(), nil
	}
	err = m.tryRole(ctx, role)
	switch {
	case ctx.Err() != nil:
		return work.Next{}, ctx.Err()
	case err == nil:
		return work.Done(), m.settleRole(ctx, role, RoleVerified, "")
	case later(err), ClassOf(err) == Denied && m.now().Sub(role.UpdatedAt) < m.Times.Role:
		return work.After(m.Times.Retry), nil
	}
	m.Log.WarnContext(ctx, "role refused", slog.Int64("role", role.ID), said(err))
	return work.Done(), m.settleRole(ctx, role, RoleRefused, codeOf(err))
}

// introduce records our own account on a role, for its trust policy to name.
func (m *Machine) introduce(ctx context.Context, role Role) (work.Next, error) {
	account, err := m.Cloud.Account(ctx, Session{Region: role.Region})
	if ctx.Err() != nil {
		return work.Next{}, ctx.Err()
	}
	if err != nil {
		m.Log.WarnContext(ctx, "our own account not known", slog.Int64("role", role.ID), said(err))
	}
	err = m.Store.Atomically(ctx, func(tx Tx) error {
		fresh, txErr := tx.Role(ctx, role.ID)
		if txErr != nil {
			return txErr
		}
		fresh.Principal, fresh.Code = account, codeOf(err)
		tx.Notify(RolesTopic)
		return tx.UpdateRole(ctx, fresh)
	})
	switch {
	case err != nil:
		return work.Next{}, fmt.Errorf("record our account on role %d: %w", role.ID, err)
	case account == "":
		return work.After(principalEvery), nil
	}
	return work.After(0), nil
}

func (m *Machine) tryRole(ctx context.Context, role Role) error {
	grant := Grant{Role: role, Region: role.Region, ExternalID: &role.ExternalID, Purpose: ToVerify}
	session, err := m.Cloud.Assume(ctx, grant)
	if err != nil {
		return fmt.Errorf("assume role %d: %w", role.ID, err)
	}
	account, err := m.Cloud.Account(ctx, session)
	if err != nil {
		return fmt.Errorf("ask whose account role %d is in: %w", role.ID, err)
	}
	if account != role.AccountID {
		return fmt.Errorf("role %d: %w", role.ID, apperr.Of(apperr.CloudAccountMismatch))
	}
	wrong := newExternalID()
	for _, id := range []*string{nil, &wrong} {
		grant.ExternalID = id
		if err := m.mustRefuse(ctx, grant); err != nil {
			return err
		}
	}
	return nil
}

// mustRefuse fails unless the role does not let us in.
func (m *Machine) mustRefuse(ctx context.Context, grant Grant) error {
	_, err := m.Cloud.Assume(ctx, grant)
	if err == nil {
		return fmt.Errorf("role %d: %w", grant.Role.ID, apperr.Of(apperr.CloudRoleOpen))
	}
	if ClassOf(err) == Denied {
		return nil
	}
	return fmt.Errorf("try role %d without its external id: %w", grant.Role.ID, err)
}

func (m *Machine) settleRole(ctx context.Context, tried Role, state RoleState, code apperr.Code) error {
	err := m.Store.Atomically(ctx, func(tx Tx) error {
		role, err := tx.Role(ctx, tried.ID)
		if err != nil {
			return err
		}
		if role.ARN != tried.ARN || role.Region != tried.Region {
			return tx.Schedule(ctx, role.ref()) // it was changed while we tried it
		}
		role.State, role.Code, role.UpdatedAt = state, code, m.now()
		if state == RoleVerified {
			role.VerifiedAt = role.UpdatedAt
		}
		tx.Notify(RolesTopic)
		return tx.UpdateRole(ctx, role)
	})
	if err != nil {
		return fmt.Errorf("record what became of role %d: %w", tried.ID, err)
	}
	return nil
}

func (r Role) ref() work.Ref { return work.Ref{Kind: RoleKind, Object: r.ID, Cluster: budgetOf(r.ID)} }

// newExternalID makes an external id: 160 random bits in hexadecimal, as the predecessor's.
func newExternalID() string {
	id := make([]byte, 20)
	_, _ = rand.Read(id) // never fails
	return hex.EncodeToString(id)
}
