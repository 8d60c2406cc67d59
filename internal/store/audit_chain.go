package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

var (
	_ audit.ChainStore = Audit{}
	_ audit.ChainTx    = chainTx{}
)

// Audit keeps the record of who did what, and its chain.
type Audit struct{ db *DB }

// Audit returns the store of the audit record.
func (db *DB) Audit() Audit { return Audit{db: db} }

// Atomically runs fn in one transaction.
func (s Audit) Atomically(ctx context.Context, fn func(tx audit.ChainTx) error) error {
	return s.db.atomically(ctx, func(tx *tx) error { return fn(chainTx{tx}) })
}

// Waiting counts the events that are not chained yet.
func (s Audit) Waiting(ctx context.Context) (int, error) {
	count, err := s.db.reader().WaitingAuditEvents(ctx)
	return int(count), doing(err, "count the audit events that wait")
}

// Links lists in order of n, after the given one.
func (s Audit) Links(ctx context.Context, after int64, limit int) ([]audit.Linked, error) {
	q := s.db.reader()
	links, err := q.AuditLinks(ctx, sqlgen.AuditLinksParams{N: after, Limit: int32(limit)})
	if err != nil || len(links) == 0 {
		return nil, doing(err, "list links after %d", after)
	}
	last := links[len(links)-1].N
	events, err := q.AuditEventsOfLinks(ctx, sqlgen.AuditEventsOfLinksParams{After: after, Last: last})
	if err != nil {
		return nil, doing(err, "list the audit events of links after %d", after)
	}
	byID := make(map[int64]sqlgen.AuditEvent, len(events))
	for _, e := range events {
		byID[e.ID] = e
	}
	return each(links, func(r sqlgen.AuditChain) audit.Linked {
		row, found := byID[r.EventID]
		event, err := auditEvent(row)
		if err != nil {
			event = audit.Event{} // not what was chained, which is for others to find
		}
		return audit.Linked{Link: linkOf(r), Event: event, Found: found}
	}), nil
}

// Loose returns an event that is neither chained nor waits for it.
func (s Audit) Loose(ctx context.Context) (int64, error) {
	id, err := s.db.reader().LooseAuditEvent(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, doing(err, "find audit events outside of the chain")
}

// Checkpoints lists all in order of n.
func (s Audit) Checkpoints(ctx context.Context) ([]audit.Checkpoint, error) {
	rows, err := s.db.reader().AuditCheckpoints(ctx)
	return each(rows, func(r sqlgen.AuditCheckpoint) audit.Checkpoint {
		return audit.Checkpoint{
			Head: audit.Head{N: r.N, Hash: r.Hash}, At: moment(r.At), Pruned: r.Pruned, Key: uint32(r.KeyID), MAC: r.Mac,
		}
	}), doing(err, "list audit checkpoints")
}

type chainTx struct{ *tx }

// Head returns the end of the chain.
func (t chainTx) Head(ctx context.Context) (audit.Head, error) {
	head, err := t.AuditHead(ctx)
	if !errors.Is(err, sql.ErrNoRows) {
		return audit.Head{N: head.N, Hash: head.Hash}, doing(err, "read the end of the audit chain")
	}
	anchor, err := t.AuditAnchor(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Head{}, nil
	}
	return audit.Head{N: anchor.N, Hash: anchor.Hash}, doing(err, "read where the audit chain begins")
}

// Pending lists in order of id.
func (t chainTx) Pending(ctx context.Context, limit int) ([]audit.Event, error) {
	rows, err := t.PendingAuditEvents(ctx, int32(limit))
	if err != nil {
		return nil, doing(err, "list the audit events that wait")
	}
	return eachOrError(rows, auditEvent)
}

// Append adds a link.
func (t chainTx) Append(ctx context.Context, l audit.Link) error {
	err := t.InsertAuditLink(ctx, sqlgen.InsertAuditLinkParams{N: l.N, EventID: l.EventID, KeyID: int64(l.Key), Hash: l.Hash})
	if err != nil {
		return doing(err, "link audit event %d", l.EventID)
	}
	rows, err := t.DeleteAuditPending(ctx, l.EventID)
	return doing(affected(rows, err, errTaken), "let audit event %d wait no longer", l.EventID)
}

// errTaken says that another keeper was faster.
var errTaken = errors.New("it is chained already")

// PutCheckpoint stores a checkpoint.
func (t chainTx) PutCheckpoint(ctx context.Context, c audit.Checkpoint) error {
	err := t.PutAuditCheckpoint(ctx, sqlgen.PutAuditCheckpointParams{
		N: c.N, Hash: c.Hash, At: stamp(c.At), Pruned: c.Pruned, KeyID: int64(c.Key), Mac: c.MAC,
	})
	return doing(err, "store an audit checkpoint at %d", c.N)
}

// Prune deletes the oldest links up to n, with their events.
func (t chainTx) Prune(ctx context.Context, n int64, limit int) (int, error) {
	err := t.DeleteAuditGroupsUpTo(ctx, sqlgen.DeleteAuditGroupsUpToParams{Last: n, Size: int32(limit)})
	if err != nil {
		return 0, doing(err, "delete where old audit events happened")
	}
	err = t.DeleteAuditEventsUpTo(ctx, sqlgen.DeleteAuditEventsUpToParams{Last: n, Size: int32(limit)})
	if err != nil {
		return 0, doing(err, "delete old audit events")
	}
	rows, err := t.DeleteAuditLinksUpTo(ctx, sqlgen.DeleteAuditLinksUpToParams{Last: n, Size: int32(limit)})
	if err != nil {
		return 0, doing(err, "delete old links")
	}
	return int(rows), doing(t.DeleteAuditCheckpointsBefore(ctx, n), "delete old audit checkpoints")
}

func linkOf(r sqlgen.AuditChain) audit.Link {
	return audit.Link{N: r.N, EventID: r.EventID, Key: uint32(r.KeyID), Hash: r.Hash}
}

// auditEvent reads a row: what can be read, and an error if this package cannot have written it so.
func auditEvent(r sqlgen.AuditEvent) (audit.Event, error) {
	e := audit.Event{
		ID: r.ID, At: moment(r.At), CorrelationID: r.CorrelationID,
		Actor: audit.Actor{
			Kind: audit.Kind(r.ActorKind), UserID: r.ActorUser, Name: r.ActorName, TokenID: r.TokenID, SessionID: r.SessionID,
		},
		Entry: audit.Entry{
			Action: r.Action, Object: audit.Object{Kind: r.ObjectKind, ID: r.ObjectID, Name: r.ObjectName},
			GroupID: r.GroupID, ProjectID: r.ProjectID,
		},
	}
	if r.Ip != "" {
		ip, err := netip.ParseAddr(r.Ip)
		if err != nil {
			return e, fmt.Errorf("read the address of audit event %d: %w", r.ID, err)
		}
		e.Actor.IP = ip
	}
	if err := decode(r.Detail, &e.Detail); err != nil {
		return e, fmt.Errorf("audit event %d: %w", r.ID, err)
	}
	if r.Noun != audit.Noun(r.Action) {
		return e, fmt.Errorf("audit event %d of %s is filed under %s", r.ID, r.Action, r.Noun)
	}
	return e, nil
}
