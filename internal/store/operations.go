package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

// Operation returns one operation.
func (s Applications) Operation(ctx context.Context, id int64) (application.Operation, error) {
	row, err := s.db.reader().Operation(ctx, id)
	if err != nil {
		return application.Operation{}, doing(err, "read operation %d", id)
	}
	return operationOf(row)
}

// Operations lists an application's, the latest first.
func (s Applications) Operations(
	ctx context.Context, applicationID int64, limit int,
) ([]application.Operation, error) {
	rows, err := s.db.reader().Operations(ctx, sqlgen.OperationsParams{
		ApplicationID: applicationID, Limit: int32(limit),
	})
	if err != nil {
		return nil, doing(err, "list operations of application %d", applicationID)
	}
	return eachOrError(rows, operationOf)
}

// RunningOperations lists all operations in PhaseRunning.
func (s Applications) RunningOperations(ctx context.Context) ([]application.Operation, error) {
	rows, err := s.db.reader().OperationsInPhase(ctx, string(application.PhaseRunning))
	if err != nil {
		return nil, doing(err, "list running operations")
	}
	return eachOrError(rows, operationOf)
}

// SealedValues returns the user's values of an operation as they were sealed,
// nil when there are none.
func (s Applications) SealedValues(ctx context.Context, operationID int64) ([]byte, error) {
	sealed, err := s.db.reader().OperationValues(ctx, operationID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return sealed, doing(err, "read the sealed values of operation %d", operationID)
}

// Operation reads the row for a change.
func (t applicationTx) Operation(ctx context.Context, id int64) (application.Operation, error) {
	row, err := t.LockOperation(ctx, id)
	if err != nil {
		return application.Operation{}, doing(err, "lock operation %d", id)
	}
	return operationOf(row)
}

// NextOperationID reserves the id of an operation.
func (t applicationTx) NextOperationID(ctx context.Context) (int64, error) {
	id, err := t.NextID(ctx, "operations")
	return id, doing(err, "reserve the id of an operation")
}

// InsertOperation stores a new operation under its reserved id, with the
// user's values unless they are nil.
func (t applicationTx) InsertOperation(ctx context.Context, o application.Operation, sealedValues []byte) error {
	nested, err := nestedOf(o)
	if err != nil {
		return err
	}
	err = t.Queries.InsertOperation(ctx, sqlgen.InsertOperationParams{
		ID: o.ID, ApplicationID: o.ApplicationID, ClusterID: o.ClusterID, Token: o.Token, Action: string(o.Action),
		Phase: string(o.Phase), Entry: nested.entry, Version: o.Version, Digest: o.Digest, Admin: o.Admin,
		ValuesFrom: o.ValuesFrom, Code: string(o.Code), Detail: nested.detail, Verdict: nested.verdict,
		PodUID: o.PodUID, DeadlineAt: stamp(o.DeadlineAt), CreatedAt: stamp(o.CreatedAt),
		StartedAt: stamp(o.StartedAt), FinishedAt: stamp(o.FinishedAt),
	})
	if err != nil || sealedValues == nil {
		return doing(err, "store operation %d", o.ID)
	}
	err = t.SetOperationValues(ctx, sqlgen.SetOperationValuesParams{OperationID: o.ID, Sealed: sealedValues})
	return doing(err, "store the sealed values of operation %d", o.ID)
}

// UpdateOperation writes what can change: not what was asked for.
func (t applicationTx) UpdateOperation(ctx context.Context, o application.Operation) error {
	nested, err := nestedOf(o)
	if err != nil {
		return err
	}
	rows, err := t.Queries.UpdateOperation(ctx, sqlgen.UpdateOperationParams{
		ID: o.ID, Phase: string(o.Phase), Version: o.Version, Digest: o.Digest, ValuesFrom: o.ValuesFrom,
		Code: string(o.Code), Detail: nested.detail, Verdict: nested.verdict, PodUID: o.PodUID,
		DeadlineAt: stamp(o.DeadlineAt), StartedAt: stamp(o.StartedAt), FinishedAt: stamp(o.FinishedAt),
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "change operation %d", o.ID)
}

// nested are the parts of an operation that are stored as text.
type nested struct{ entry, detail, verdict string }

func nestedOf(o application.Operation) (n nested, err error) {
	if n.entry, err = encode(o.Entry); err != nil {
		return n, err
	}
	if n.detail, err = encode(o.Detail); err != nil {
		return n, err
	}
	n.verdict, err = encode(o.Verdict)
	return n, err
}

func operationOf(r sqlgen.Operation) (application.Operation, error) {
	o := application.Operation{
		ID: r.ID, ApplicationID: r.ApplicationID, ClusterID: r.ClusterID, Token: r.Token,
		Action: application.Action(r.Action), Phase: application.Phase(r.Phase), Version: r.Version, Digest: r.Digest,
		Admin: r.Admin, ValuesFrom: r.ValuesFrom, Code: apperr.Code(r.Code), PodUID: r.PodUID,
		DeadlineAt: moment(r.DeadlineAt), CreatedAt: moment(r.CreatedAt),
		StartedAt: moment(r.StartedAt), FinishedAt: moment(r.FinishedAt),
	}
	err := errors.Join(decode(r.Entry, &o.Entry), decode(r.Detail, &o.Detail), decode(r.Verdict, &o.Verdict))
	return o, doing(err, "read operation %d", r.ID)
}
