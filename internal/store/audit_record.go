package store

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// Record adds a row to the audit record, which is there if, and only if, the
// transaction is committed. Who acts, and the correlation id, come from ctx.
func (t *tx) Record(ctx context.Context, e audit.Entry) error {
	e, err := e.Checked()
	if err != nil {
		return doing(err, "record")
	}
	detail, err := encode(e.Detail)
	if err != nil {
		return err
	}
	if e, err = t.owned(ctx, e); err != nil {
		return err
	}
	actor, at := audit.ActorFrom(ctx), now()
	id, err := t.InsertAuditEvent(ctx, sqlgen.InsertAuditEventParams{
		At: at, ActorKind: string(actor.Kind), ActorUser: actor.UserID, ActorName: actor.Name,
		TokenID: actor.TokenID, SessionID: actor.SessionID, Ip: address(actor.IP),
		Noun: audit.Noun(e.Action), Action: e.Action,
		ObjectKind: e.Object.Kind, ObjectID: e.Object.ID, ObjectName: e.Object.Name,
		GroupID: e.GroupID, ProjectID: e.ProjectID, CorrelationID: telemetry.Correlation(ctx), Detail: detail,
	})
	if err != nil {
		return doing(err, "record %s", e.Action)
	}
	err = t.InsertAuditGroups(ctx, sqlgen.InsertAuditGroupsParams{GroupID: e.GroupID, At: at, ID: id, ProjectID: e.ProjectID})
	if err != nil {
		return doing(err, "record in which groups %s happened", e.Action)
	}
	return doing(t.InsertAuditPending(ctx, id), "let %s wait for the chain", e.Action)
}

// owned gives an entry about a cluster to the cluster's owner. What is told of one that is gone belongs to the instance.
func (t *tx) owned(ctx context.Context, e audit.Entry) (audit.Entry, error) {
	if e.ClusterID == 0 || e.GroupID != 0 || e.ProjectID != 0 {
		return e, nil
	}
	owner, err := t.ClusterOwner(ctx, e.ClusterID)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return e, doing(err, "find the owner of cluster %d", e.ClusterID)
	}
	e.GroupID, e.ProjectID = owner.GroupID.Int64, owner.ProjectID.Int64
	return e, nil
}

// address is the stored form of an address that may be none.
func address(ip netip.Addr) string { return audit.Actor{IP: ip}.Address() }

// Record adds rows that belong to no change, all in one transaction.
func (s Audit) Record(ctx context.Context, acts ...audit.Act) error {
	return s.db.atomically(ctx, func(tx *tx) error {
		for _, act := range acts {
			if err := tx.Record(act.Context, act.Entry); err != nil {
				return err
			}
		}
		return nil
	})
}
