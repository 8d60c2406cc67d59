package workload

import (
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

// Revision orders what a reader holds. A reader with another epoch reloads.
type Revision struct {
	Epoch int64
	N     int64
}

// Status is what a reader needs to know beside the rows of a key.
type Status struct {
	Key      Key
	State    State
	Code     apperr.Code
	Revision Revision
	// AsOf is when the rows were last known to match the cluster. Zero means never.
	AsOf time.Time
	// WantedUntil is when the interest ends unless somebody reads again.
	WantedUntil time.Time
	// Synced and Total tell the progress of a first fill; Total may be zero
	// when the cluster does not say.
	Synced int64
	Total  int64
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
	N          int64
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
	N         int64
}
