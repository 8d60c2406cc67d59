package workload

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

// ValueKind is the kind of work that refreshes values. Its object is the id of
// the value.
const ValueKind work.Kind = "value"

// Connection names the value that holds what is known of a cluster's
// connection. It is kept fresh without anybody looking.
const Connection = "connection"

// How often a value is refreshed. Each failure in a row doubles the interval,
// up to the limit.
const (
	lookedAtInterval = time.Minute
	lookedAtLimit    = 10 * time.Minute
	baselineInterval = 5 * time.Minute
	baselineLimit    = time.Hour
)

// Value is a polled value with its age. Everything about its last refresh is
// of one generation of the cluster.
type Value struct {
	ID      int64
	Cluster int64
	Name    string
	// Data is JSON; nil before the first good refresh.
	Data []byte
	// AsOf is when Data was fetched.
	AsOf time.Time
	// Code is that of the last failure, empty when the last refresh went well.
	Code apperr.Code
	// Failures counts the failed refreshes since the last good one.
	Failures int
	// CheckedAt is when the last refresh ended, good or not.
	CheckedAt time.Time
	// Generation is the cluster's when the last refresh began.
	Generation int64
	// WantedUntil is when the interest ends unless somebody reads again.
	WantedUntil time.Time
	// RefreshAt is when the next refresh is due. Waking the value earlier
	// changes nothing.
	RefreshAt time.Time

	// ClusterGeneration and ClusterEnabled are the cluster's own, as of the
	// read. The store fills them in and never writes them.
	ClusterGeneration int64
	ClusterEnabled    bool
}

// ValueTopic is what is announced when a value was refreshed.
func ValueTopic(clusterID int64, name string) string {
	return fmt.Sprintf("value/%d/%s", clusterID, name)
}

func (v Value) ref() work.Ref {
	return work.Ref{Kind: ValueKind, Object: v.ID, Cluster: v.Cluster}
}

// current hides what was fetched from an earlier generation of the cluster.
func (v Value) current() Value {
	if v.Generation != v.ClusterGeneration {
		v.Data, v.AsOf, v.Code, v.Failures, v.CheckedAt = nil, time.Time{}, "", 0, time.Time{}
	}
	return v
}

// showing is v with what an earlier read of it saw, which belongs together. A
// value that was not there then shows nothing.
func (v Value) showing(read Value) Value {
	if read.ID == 0 {
		return v.current()
	}
	read.WantedUntil, read.RefreshAt = v.WantedUntil, v.RefreshAt
	return read
}

// unattended reports whether the value is refreshed without anybody looking.
func (v Value) unattended() bool { return v.Name == Connection }

func (v Value) wanted(now time.Time) bool { return now.Before(v.WantedUntil) }

// interval is the time from the last refresh to the next.
func (v Value) interval(now time.Time) time.Duration {
	if v.wanted(now) {
		return backoff(lookedAtInterval, lookedAtLimit, v.Failures)
	}
	return backoff(baselineInterval, baselineLimit, v.Failures)
}

// backoff doubles interval with each failure after the first. A tenth of
// jitter either way keeps many clusters from being asked in step.
func backoff(interval, limit time.Duration, failures int) time.Duration {
	d := min(limit, interval<<min(max(failures-1, 0), 8))
	return d - d/10 + rand.N(d/5)
}
