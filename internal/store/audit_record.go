package store

import (
	"context"
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
	actor := audit.ActorFrom(ctx)
	id, err := t.InsertAuditEvent(ctx, sqlgen.InsertAuditEventParams{
		At: now(), ActorKind: string(actor.Kind), ActorUser: actor.UserID, ActorName: actor.Name,
		TokenID: actor.TokenID, SessionID: actor.SessionID, Ip: address(actor.IP),
		Noun: audit.Noun(e.Action), Action: e.Action,
		ObjectKind: e.Object.Kind, ObjectID: e.Object.ID, ObjectName: e.Object.Name,
		GroupID: e.GroupID, ProjectID: e.ProjectID, CorrelationID: telemetry.Correlation(ctx), Detail: detail,
	})
	if err != nil {
		return doing(err, "record %s", e.Action)
	}
	return doing(t.InsertAuditPending(ctx, id), "let %s wait for the chain", e.Action)
}

// address is the stored form of an address that may be none.
func address(ip netip.Addr) string { return audit.Actor{IP: ip}.Address() }
