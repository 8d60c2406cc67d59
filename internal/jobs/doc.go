// Package jobs is the adapter to River, the job queue that lives in the same
// database as the records.
//
// It owns the kinds of jobs, their uniqueness and limits, the insertion inside
// a transaction of the record store on both databases, and the client that
// works. It knows nothing of what a drain does: that is package work's, which
// also decides what is due.
package jobs
