package workload

import (
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Kind is a kind of object that is mirrored.
type Kind string

// Mirrored kinds.
const (
	Pods        Kind = "pods"
	Deployments Kind = "deployments"
)

// AllNamespaces is the scope that covers a whole cluster. Any other scope is
// the name of one namespace.
const AllNamespaces = ""

// Key names one mirrored set of objects.
type Key struct {
	Cluster int64
	Kind    Kind
	Scope   string
}

// String names the key in leases and logs.
func (k Key) String() string { return fmt.Sprintf("mirror/%d/%s/%s", k.Cluster, k.Kind, k.Scope) }

// Topic is what is announced when the rows or the state of the key change.
func (k Key) Topic() string { return k.String() }

// State says how far live data can be trusted.
type State string

// States of live data. Nothing is live because it is unknown.
const (
	// Idle is not followed: nobody looked for a while.
	Idle State = "idle"
	// Syncing has begun and is not complete.
	Syncing State = "syncing"
	// Live follows every change.
	Live State = "live"
	// Stale was live and lost its watch; it is being mended.
	Stale State = "stale"
	// Unreachable cannot be followed, for the reason in the code.
	Unreachable State = "unreachable"
)

// Revision orders what a reader holds. N rises with every change for as long
// as the epoch stays; a reader with another epoch reloads.
type Revision struct {
	Epoch int64
	N     int64
}

// Status is what a reader needs to know beside the rows of a key.
type Status struct {
	// ID identifies the rows of the key in the store. It is never used again.
	ID    int64
	Key   Key
	State State
	// Code is why the state is stale or unreachable, when we know.
	Code     apperr.Code
	Revision Revision
	// Floor is the oldest N from which changes can be told: what was deleted
	// before is forgotten.
	Floor int64
	// AsOf is when the rows were last known to match the cluster. Zero means never.
	AsOf time.Time
	// WantedUntil is when the interest ends unless somebody reads again.
	WantedUntil time.Time
	// HeldUntil is how long the word of the worker that follows the key holds.
	HeldUntil time.Time
	// TriedAt is when a worker last stopped following the key.
	TriedAt time.Time
	// Synced and Total tell the progress of a fill; Total is zero when the
	// cluster does not say.
	Synced int64
	Total  int64
	// Incomplete says that the cluster holds more than we keep.
	Incomplete bool
}

// shown is the status as of now: a worker that fell silent is not believed.
func (s Status) shown(now time.Time) Status {
	if (s.State == Live || s.State == Syncing) && !s.HeldUntil.IsZero() && s.HeldUntil.Before(now) {
		s.State = Stale
	}
	return s
}

// Ref names one object of a kind.
type Ref struct {
	Namespace string
	Name      string
}

// Pod is the trimmed row of a pod. It never holds environment values,
// arguments or annotations written by kubectl. Text comes from the cluster and
// is cleaned.
type Pod struct {
	Namespace string
	Name      string
	UID       string
	Phase     string
	// Reason is what keeps the pod from running, as the cluster says it.
	Reason     string
	Ready      int
	Containers int
	Restarts   int
	Node       string
	IP         string
	App        string
	OwnerKind  string
	OwnerName  string
	CreatedAt  time.Time
	// N is the revision at which the row last changed.
	N int64
}

// Deployment is the trimmed row of a deployment.
type Deployment struct {
	Namespace string
	Name      string
	UID       string
	Wanted    int
	Updated   int
	Ready     int
	Available int
	// Outdated says that the controller has not seen the latest change yet.
	Outdated  bool
	App       string
	CreatedAt time.Time
	// N is the revision at which the row last changed.
	N int64
}

// Page asks for a part of the rows, in order of name and namespace.
type Page struct {
	// Namespace narrows the rows of a key that covers a whole cluster.
	Namespace string
	// App narrows to the pods or deployments of one application.
	App string
	// After is the last row of the page before; its zero value asks for the first.
	After Ref
	// Limit is at most MaxPage; zero means DefaultPage.
	Limit int
}

// Sizes of pages.
const (
	DefaultPage = 100
	MaxPage     = 500
)

func (p Page) limited() Page {
	if p.Limit <= 0 {
		p.Limit = DefaultPage
	}
	p.Limit = min(p.Limit, MaxPage)
	return p
}

// Gone is a row that was deleted.
type Gone struct {
	Ref
	// Version is the cluster's at the deletion; zero when unknown.
	Version int64
	N       int64
}

// Changes is what happened to the rows of a key since a revision. Apply both
// lists in order of N. When Reload is set, they are empty: the reader must read
// the rows anew.
type Changes[R any] struct {
	Status  Status
	Changed []R
	Gone    []Gone
	Reload  bool
}
