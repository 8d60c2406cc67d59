package workload

import (
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
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

// current hides what was fetched from an earlier generation of the cluster.
func (v Value) current() Value {
	if v.Generation == v.ClusterGeneration {
		return v
	}
	v.Data, v.AsOf, v.Code, v.Failures, v.CheckedAt = nil, time.Time{}, "", 0, time.Time{}
	return v
}
