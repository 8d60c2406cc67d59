// Package api serves /api/v1, the JSON API: typed operations, the OpenAPI 3.1 document that is made from their types,
// and streams of events.
//
// It owns the shape of requests and answers, pages, waiting (?wait=30s), the mapping of errors to problem+json, and who
// may call at all. It leaves every decision to the domains. A handler reads our own store or asks a domain to schedule
// work; none of them ever calls a cluster, so none waits for one.
//
// A change under an Idempotency-Key is made once, and its answer is given again to those who still may have it.
//
// Live values carry their state and the time they are from. Work that takes time answers 202 with the object to follow.
// The streams carry notices, never the changed data: a reader that (re)connects reads what it shows once again, which
// is all there is to resuming.
package api
