package store

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

var (
	_ provision.Store = Provision{}
	_ provision.Tx    = provisionTx{}
)

// Provision keeps provisioning roles and runs.
type Provision struct{ db *DB }

// Provision returns the store of provisioning.
func (db *DB) Provision() Provision { return Provision{db: db} }

// Atomically runs fn in one transaction.
func (s Provision) Atomically(ctx context.Context, fn func(tx provision.Tx) error) error {
	return s.db.atomically(ctx, func(tx *tx) error { return fn(provisionTx{clusterTx{tx}}) })
}

// provisionTx can register clusters too: a run ends with one.
type provisionTx struct{ clusterTx }

// Session returns the sealed session of a run, nil when there is none.
func (s Provision) Session(ctx context.Context, runID int64) ([]byte, error) {
	sealed, err := s.db.reader().ProvisionSession(ctx, runID)
	return sealed, doing(err, "read the session of run %d", runID)
}

// KeepSession stores a sealed session and when it expires.
func (t provisionTx) KeepSession(ctx context.Context, runID int64, sealed []byte, expires time.Time) error {
	rows, err := t.SetProvisionSession(ctx, sqlgen.SetProvisionSessionParams{
		ID: runID, Session: sealed, SessionExpires: stamp(expires),
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "store the session of run %d", runID)
}

// EraseSession takes the session of a run away.
func (t provisionTx) EraseSession(ctx context.Context, runID int64) error {
	rows, err := t.EraseProvisionSession(ctx, runID)
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "erase the session of run %d", runID)
}

// EraseSessions takes the sessions away that expired, or that a run kept in a final state, and returns how many.
func (t provisionTx) EraseSessions(ctx context.Context, now time.Time) (int64, error) {
	erased, err := t.EraseProvisionSessions(ctx, stamp(now))
	return erased, doing(err, "erase sessions")
}

// Events lists what became of the parts of a run's stack in one attempt.
func (s Provision) Events(
	ctx context.Context, runID int64, attempt int, after int64, limit int,
) ([]provision.Logged, error) {
	rows, err := s.db.reader().ProvisionEvents(ctx, sqlgen.ProvisionEventsParams{
		RunID: runID, Attempt: int64(attempt), After: after, Limit: int32(limit),
	})
	if err != nil {
		return nil, doing(err, "list the events of run %d", runID)
	}
	return eachOrError(rows, loggedOf)
}

// AppendEvents stores events; those already stored are passed over.
func (t provisionTx) AppendEvents(ctx context.Context, runID int64, attempt int, events []provision.Event) error {
	for _, e := range events {
		failure, err := encode(e.Failure)
		if err != nil {
			return err
		}
		err = t.InsertProvisionEvent(ctx, sqlgen.InsertProvisionEventParams{
			RunID: runID, Attempt: int64(attempt), Event: e.ID, At: stamp(e.At), Part: e.LogicalID, Type: e.Type,
			Status: string(e.Status), FollowUp: e.FollowUp, Failure: failure,
		})
		if err != nil {
			return doing(err, "store an event of run %d", runID)
		}
	}
	return nil
}

func loggedOf(r sqlgen.ProvisionEvent) (provision.Logged, error) {
	l := provision.Logged{Seq: r.ID, Event: provision.Event{
		ID: r.Event, At: moment(r.At), LogicalID: r.Part, Type: r.Type, Status: provision.EventStatus(r.Status),
		FollowUp: r.FollowUp,
	}}
	return l, doing(decode(r.Failure, &l.Failure), "read event %d", r.ID)
}

// Form returns what a form was last told about a role and region.
func (s Provision) Form(ctx context.Context, roleID int64, region string) (provision.Form, error) {
	row, err := s.db.reader().ProvisionForm(ctx, sqlgen.ProvisionFormParams{RoleID: roleID, Region: region})
	return formOf(row), doing(err, "read the form of provisioning role %d", roleID)
}

// FormByID is Form by its id.
func (s Provision) FormByID(ctx context.Context, id int64) (provision.Form, error) {
	row, err := s.db.reader().ProvisionFormByID(ctx, id)
	return formOf(row), doing(err, "read form %d", id)
}

// EnsureForm makes a form that nobody asked for yet.
func (t provisionTx) EnsureForm(ctx context.Context, roleID int64, region string) (provision.Form, error) {
	key := sqlgen.ProvisionFormParams{RoleID: roleID, Region: region}
	row, err := t.ProvisionForm(ctx, key)
	if err = doing(err, "read a form"); apperr.CodeOf(err) != apperr.NotFound {
		return formOf(row), err
	}
	id, err := t.NextID(ctx, "provision_forms")
	if err != nil {
		return provision.Form{}, doing(err, "reserve the id of a form")
	}
	if err := t.InsertProvisionForm(ctx, sqlgen.InsertProvisionFormParams{ID: id, RoleID: roleID, Region: region}); err != nil {
		return provision.Form{}, doing(err, "make a form")
	}
	row, err = t.ProvisionForm(ctx, key)
	return formOf(row), doing(err, "read a form")
}

// UpdateForm writes what a form offers.
func (t provisionTx) UpdateForm(ctx context.Context, f provision.Form) error {
	rows, err := t.UpdateProvisionForm(ctx, sqlgen.UpdateProvisionFormParams{
		ID: f.ID, Offers: f.Offers, AsOf: stamp(f.AsOf), CheckedAt: stamp(f.CheckedAt), Code: string(f.Code),
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "change form %d", f.ID)
}

func formOf(r sqlgen.ProvisionForm) provision.Form {
	return provision.Form{
		ID: r.ID, RoleID: r.RoleID, Region: r.Region, Offers: r.Offers, AsOf: moment(r.AsOf),
		CheckedAt: moment(r.CheckedAt), Code: apperr.Code(r.Code),
	}
}
