package kube

import "time"

// The limits on one cluster: what it may cost us and what we may cost it.
const (
	connectTimeout = 10 * time.Second // of the guard's dialer
	callTimeout    = 30 * time.Second // of a whole call, its body included
	maxHeader      = 64 << 10         // bytes of an answer's header
	maxObject      = 4 << 20          // bytes of one object's answer, on the wire and unpacked
	maxPage        = 16 << 20         // bytes of one page of a list, on the wire and unpacked
	maxErrorBody   = 64 << 10         // bytes of an answer that says what went wrong
	maxFrame       = 1 << 20          // bytes of one event of a watch
	maxDepth       = 64               // of objects and lists within each other, in JSON

	callConns   = 4   // connections for calls, where the server speaks HTTP/1.1
	streamConns = 4   // connections for watches and logs
	callRate    = 100 // calls a second
	callBurst   = 200

	pageSize    = 500     // objects a page; halved while pages are too large
	minPageSize = 20      // where halving ends
	maxItems    = 200_000 // objects of one list
	maxPages    = maxItems / minPageSize
	maxEmpty    = 10      // pages of a list without an object that are not its last
	maxContinue = 4 << 10 // bytes of the token that asks for the next page

	pingAfter   = 30 * time.Second // of silence on an HTTP/2 connection
	pingTimeout = 15 * time.Second
	idleClient  = time.Minute   // after which an unused client is dropped
	idleHealth  = 2 * time.Hour // after which the state of a cluster's breakers is forgotten
	sweepEvery  = 15 * time.Second
	versionsFor = 10 * time.Minute // for which the versions of a group are remembered

	watchFor    = 10 * time.Minute // one connection of a watch lives at most this long
	watchSilent = 3 * time.Minute  // without event or bookmark a watch is taken for dead
)

// bodyLimit is how much of an answer to r is read.
func bodyLimit(r request, status int) int64 {
	switch {
	case status >= 400:
		return maxErrorBody
	case r.verb == "list":
		return maxPage
	}
	return maxObject
}
