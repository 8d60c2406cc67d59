package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/roadstead/roadstead/internal/idempotency"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

var _ idempotency.Store = Idempotency{}

// Idempotency keeps the keys of requests, and their answers.
type Idempotency struct{ db *DB }

// Idempotency returns the store of requests' keys.
func (db *DB) Idempotency() Idempotency { return Idempotency{db: db} }

// ClaimKey stores a claim and returns true, unless its key is taken: then it
// returns what is known of that. Of many at once, one gets it.
func (s Idempotency) ClaimKey(
	ctx context.Context, c idempotency.Claim, expired time.Time,
) (e idempotency.Entry, mine bool, err error) {
	err = s.db.atomically(ctx, func(tx *tx) error {
		rows, err := tx.Queries.ClaimKey(ctx, sqlgen.ClaimKeyParams{
			ID: c.ID, UserID: c.UserID, Fingerprint: c.Fingerprint, CreatedAt: stamp(c.Made), LeaseUntil: stamp(c.Until),
			Nothing: []byte{}, Expired: stamp(expired),
		})
		if mine = rows > 0; mine || err != nil {
			return err
		}
		// A transaction that lost against an insertion sees its row: the statement waited for its commit.
		row, err := tx.Queries.Key(ctx, sqlgen.KeyParams{ID: c.ID, Expired: stamp(expired)})
		if e = entry(row); errors.Is(err, sql.ErrNoRows) {
			// Freed just now: who comes again gets it.
			e, err = idempotency.Entry{Claim: c}, nil
		}
		return err
	})
	return e, mine, doing(err, "claim a key of user %d", c.UserID)
}

// Key returns what is known of a key.
func (s Idempotency) Key(ctx context.Context, id []byte, expired time.Time) (idempotency.Entry, error) {
	row, err := s.db.reader().Key(ctx, sqlgen.KeyParams{ID: id, Expired: stamp(expired)})
	return entry(row), doing(err, "read a key")
}

// AnswerKey ends a claim with its answer and forgets all but the latest keys of
// its user.
func (s Idempotency) AnswerKey(ctx context.Context, e idempotency.Entry, latest int) error {
	err := s.db.atomically(ctx, func(tx *tx) error {
		rows, err := tx.Queries.AnswerKey(ctx, sqlgen.AnswerKeyParams{
			ID: e.ID, LeaseUntil: stamp(e.Until), Status: int64(e.Answer.Status), Kept: e.Kept,
			ContentType: e.Answer.ContentType, Body: append([]byte{}, e.Answer.Body...),
		})
		if rows == 0 || err != nil {
			return err
		}
		return tx.DeleteKeysBeyond(ctx, sqlgen.DeleteKeysBeyondParams{UserID: e.UserID, Others: int64(latest - 1)})
	})
	return doing(err, "keep an answer for user %d", e.UserID)
}

// FreeKey ends a claim as if it had never been made.
func (s Idempotency) FreeKey(ctx context.Context, c idempotency.Claim) error {
	err := s.db.atomically(ctx, func(tx *tx) error {
		return tx.Queries.FreeKey(ctx, sqlgen.FreeKeyParams{ID: c.ID, LeaseUntil: stamp(c.Until)})
	})
	return doing(err, "free a key of user %d", c.UserID)
}

func entry(r sqlgen.IdempotencyKey) idempotency.Entry {
	return idempotency.Entry{
		Claim: idempotency.Claim{
			ID: r.ID, UserID: r.UserID, Fingerprint: r.Fingerprint, Made: moment(r.CreatedAt), Until: moment(r.LeaseUntil),
		},
		Answered: r.Status != 0, Kept: r.Kept,
		Answer: idempotency.Answer{Status: int(r.Status), ContentType: r.ContentType, Body: r.Body},
	}
}
