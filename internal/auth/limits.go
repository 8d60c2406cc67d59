package auth

import (
	"container/list"
	"context"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Class is a kind of request whose callers are slowed down alike.
type Class string

// The classes. Reads are not among them: they cost a query of our own store.
const (
	// SignIns counts attempts to sign in, by address.
	SignIns Class = "sign-in"
	// ProviderVisits counts ways to the sign-in provider and back, by address. They guess at nothing: a whole office may
	// come from one.
	ProviderVisits Class = "provider-visit"
	// Reports counts tokens handed in as leaked, by address.
	Reports Class = "report"
	// Mints counts credentials for namespaces, by project.
	Mints Class = "mint"
	// Writes counts changes, by user.
	Writes Class = "write"
)

// allowance is how often something may be done: one more each interval, and so
// many at once.
type allowance struct {
	interval time.Duration
	burst    int
}

// The rates are those of a review of what brute force and runaway scripts did to
// products like this one: 5 sign-ins, 30 credentials, 60 writes a minute. The
// burst of writes is of another source: an apply of the predecessor's Terraform
// provider over 200 clusters makes 200 requests to create them, as many to change
// or to remove them, at ten a time; its client gives up after five refusals.
func allowanceOf(class Class) allowance {
	switch class {
	case SignIns:
		return allowance{time.Minute / 5, 5}
	case Reports, Mints, ProviderVisits:
		return allowance{time.Minute / 30, 30}
	case Writes:
	}
	return allowance{time.Minute / 60, 600}
}

// maxCallers bounds how many callers are remembered, so that an attacker with
// many addresses cannot fill the memory: about 15 MB. Beyond it, those who have
// not come for the longest time are forgotten.
const maxCallers = 100_000

// Limits slows callers down. Each process counts for itself. Make one with NewLimits.
type Limits struct {
	now func() time.Time

	mu      sync.Mutex
	callers map[callerKey]*list.Element
	recent  *list.List // of *spent, the latest first
}

type callerKey struct {
	class Class
	key   string
}

// spent is when a caller's allowance is whole again.
type spent struct {
	callerKey

	until time.Time
}

// NewLimits returns limits by a clock.
func NewLimits(now func() time.Time) *Limits {
	return &Limits{now: now, callers: map[callerKey]*list.Element{}, recent: list.New()}
}

// Allow counts one request of a class by the caller whom key stands for: see
// [AddressKey], [UserKey] and [ProjectKey]. The error is rate_limited and says
// when to come back. What is refused does not count.
func (l *Limits) Allow(_ context.Context, class Class, key string) error {
	limit, now := allowanceOf(class), l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	caller := l.caller(callerKey{class, key})
	whole := caller.until
	if whole.Before(now) {
		whole = now
	}
	whole = whole.Add(limit.interval)
	if wait := whole.Sub(now) - time.Duration(limit.burst)*limit.interval; wait > 0 {
		return apperr.Of(apperr.RateLimited).WithAfter(wait)
	}
	caller.until = whole
	return nil
}

// caller finds what a caller has spent, as the most recent one.
func (l *Limits) caller(key callerKey) *spent {
	if element, known := l.callers[key]; known {
		l.recent.MoveToFront(element)
		caller, _ := element.Value.(*spent) // the list holds nothing else
		return caller
	}
	if len(l.callers) >= maxCallers {
		oldest, _ := l.recent.Remove(l.recent.Back()).(*spent)
		delete(l.callers, oldest.callerKey)
	}
	caller := &spent{callerKey: key}
	l.callers[key] = l.recent.PushFront(caller)
	return caller
}

// AddressKey stands for who comes from an address: for IPv6 its /64, which is
// what one subscriber has.
func AddressKey(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	if !ip.Is6() {
		return ip.String()
	}
	network, _ := ip.Prefix(64) // an IPv6 address has one
	return network.String()
}

// UserKey stands for a user.
func UserKey(id int64) string { return "user " + strconv.FormatInt(id, 10) }

// ProjectKey stands for a project.
func ProjectKey(id int64) string { return "project " + strconv.FormatInt(id, 10) }
