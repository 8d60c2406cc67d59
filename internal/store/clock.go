package store

import (
	"database/sql"
	"time"
)

// stamp is the stored form of a time: microseconds since 1970, zero for never.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment is the inverse of stamp, in UTC.
func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// now is the store's clock. Several workers on one database need clocks that
// agree within a few seconds; what a late one writes is fenced by epochs.
func now() int64 { return time.Now().UnixMicro() }

// in is a time from now.
func in(d time.Duration) int64 { return time.Now().Add(d).UnixMicro() }

// optional stores an id that may be absent, which is zero outside.
func optional(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }
