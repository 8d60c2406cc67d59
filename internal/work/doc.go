// Package work is the engine that advances state machines: rows of due work,
// leased one at a time, each step short, idempotent and fenced.
//
// It owns the meaning of due, claim, lease, epoch, back-off and parking, the
// drain loop of one cluster's slot, the waker that turns due rows into jobs,
// and the supervisor that keeps long-lived followers (watches, log streams)
// running under leases. It knows nothing of what a step does, of SQL or of the
// job queue: the store keeps the rows, the jobs adapter runs the drains, the
// domains supply the steps.
package work
