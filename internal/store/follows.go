package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/work"
)

var _ work.Leases = Follows{}

// Follows keeps the leases of long-lived followers.
type Follows struct{ db *DB }

// Follows returns the store of followers' leases.
func (db *DB) Follows() Follows { return Follows{db: db} }

// AcquireFollow leases key for owner and returns the epoch, or false when
// somebody else holds it. Each epoch of a key is higher than all before.
func (s Follows) AcquireFollow(
	ctx context.Context, key, owner string, lease time.Duration,
) (epoch int64, ok bool, err error) {
	epoch, err = sqlgen.New(s.db.write).AcquireFollow(ctx, sqlgen.AcquireFollowParams{
		Name: key, Owner: owner, LeaseUntil: in(lease), Now: now(),
	})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return epoch, err == nil, doing(err, "lease follower %s", key)
}

// RenewFollows extends all leases of owner in one go and returns their epochs by
// key. What is missing there is lost.
func (s Follows) RenewFollows(ctx context.Context, owner string, lease time.Duration) (map[string]int64, error) {
	rows, err := sqlgen.New(s.db.write).RenewFollows(ctx, sqlgen.RenewFollowsParams{Owner: owner, LeaseUntil: in(lease)})
	held := make(map[string]int64, len(rows))
	for _, r := range rows {
		held[r.Name] = r.Epoch
	}
	return held, doing(err, "renew followers")
}

// ReleaseFollow gives the lease up. One that is lost already is fine.
func (s Follows) ReleaseFollow(ctx context.Context, key, owner string, epoch int64) error {
	err := sqlgen.New(s.db.write).ReleaseFollow(ctx, sqlgen.ReleaseFollowParams{Name: key, Owner: owner, Epoch: epoch})
	return doing(err, "release follower %s", key)
}
