package app

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/telemetry"
)

const (
	// useGrain is how often one piece of work for one cause is recorded at most, however many calls it makes.
	useGrain = time.Hour
	// useMemory bounds what is remembered; what is forgotten is recorded once more.
	useMemory = 20_000
	// useBacklog is how many rows may wait to be written.
	useBacklog = 1024
	// useBatch is how many rows one transaction writes.
	useBatch = 100
)

// recorder writes rows of the audit record that belong to no change.
type recorder interface {
	// Record writes the rows in one transaction, each by who acts in its context.
	Record(ctx context.Context, acts ...audit.Act) error
}

// credentialUses records who caused the use of the credential of which cluster: a row for each job and stream, not for
// each call. Noting a use costs a look into a map; the rows are written by run.
type credentialUses struct {
	store recorder
	log   *slog.Logger
	queue chan audit.Act

	mu   sync.Mutex
	seen map[use]time.Time
}

// use is one piece of work on one cluster, for one cause.
type use struct {
	clusterID  int64
	job, cause string
}

func newCredentialUses(store recorder, log *slog.Logger) *credentialUses {
	return &credentialUses{store: store, log: log, queue: make(chan audit.Act, useBacklog), seen: map[use]time.Time{}}
}

type causeKey struct{}

// caused tells what asked for a step apart from the correlation that it got for want of a cause.
func caused(ctx context.Context, cause string) context.Context {
	return context.WithValue(ctx, causeKey{}, cause)
}

// note takes down that the work of ctx uses the credential of a cluster. It never waits.
func (u *credentialUses) note(ctx context.Context, clusterID int64, name string) {
	cause, _ := ctx.Value(causeKey{}).(string)
	key := use{clusterID, telemetry.Job(ctx), cause}
	if !u.first(key) {
		return
	}
	row := audit.Act{Context: context.WithoutCancel(ctx), Entry: audit.Entry{
		Action: "credential.use", Object: audit.Object{Kind: "cluster", ID: clusterID, Name: name}, ClusterID: clusterID,
		Detail: map[string]string{"job": key.job},
	}}
	select {
	case u.queue <- row:
	default:
		u.forget(key) // the next call tries again
	}
}

// first reports whether a use is to be recorded, and remembers that it was.
func (u *credentialUses) first(key use) bool {
	now := time.Now()
	u.mu.Lock()
	defer u.mu.Unlock()
	if at, ok := u.seen[key]; ok && now.Sub(at) < useGrain {
		return false
	}
	if len(u.seen) >= useMemory {
		u.trim(now)
	}
	u.seen[key] = now
	return true
}

// trim makes room: what is old goes, and everything else if nothing is.
func (u *credentialUses) trim(now time.Time) {
	for key, at := range u.seen {
		if now.Sub(at) >= useGrain {
			delete(u.seen, key)
		}
	}
	if len(u.seen) >= useMemory {
		clear(u.seen)
	}
}

func (u *credentialUses) forget(key use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.seen, key)
}

// run writes what was noted until ctx ends, and then the rest.
func (u *credentialUses) run(ctx context.Context) error {
	for {
		select {
		case row := <-u.queue:
			u.write(ctx, row)
		case <-ctx.Done():
			rest, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
			defer cancel()
			for len(u.queue) > 0 {
				u.write(rest, <-u.queue)
			}
			return nil
		}
	}
}

// write records a row and what waits behind it. Rows that the store does not take are told to the log.
func (u *credentialUses) write(ctx context.Context, first audit.Act) {
	rows := []audit.Act{first}
	for len(rows) < useBatch && len(u.queue) > 0 {
		rows = append(rows, <-u.queue)
	}
	if err := u.store.Record(ctx, rows...); err != nil {
		u.log.ErrorContext(ctx, "uses of credentials not recorded", slog.Int("count", len(rows)), slog.String("error", err.Error()))
	}
}

// recordedCloud records each session that it gets in somebody's account.
type recordedCloud struct {
	provision.Cloud

	store recorder
}

// Assume implements provision.Cloud. A session that cannot be recorded is not handed out.
func (c recordedCloud) Assume(ctx context.Context, g provision.Grant) (provision.Session, error) {
	session, err := c.Cloud.Assume(ctx, g)
	if err != nil {
		return session, err
	}
	detail := map[string]string{
		"reason": string(g.Purpose), "region": g.Region, "expires_at": session.ExpiresAt.UTC().Format(time.RFC3339),
	}
	if g.Run.ID != 0 {
		detail["job"] = "run/" + strconv.FormatInt(g.Run.ID, 10)
	}
	err = c.store.Record(ctx, audit.Act{Context: ctx, Entry: audit.Entry{
		Action: "role.use", Object: audit.Object{Kind: "role", ID: g.Role.ID, Name: g.Role.Name}, GroupID: g.Role.GroupID,
		Detail: detail,
	}})
	if err != nil {
		return provision.Session{}, fmt.Errorf("record the use of role %d: %w", g.Role.ID, err)
	}
	return session, nil
}
