package application

import (
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Action is what an operation does.
type Action string

// The actions. An upgrade is an install of what is there already.
const (
	Install   Action = "install"
	Upgrade   Action = "upgrade"
	Uninstall Action = "uninstall"
)

// Phase is where an operation stands.
type Phase string

// Phases of an operation, in order. Everything before Succeeded and Failed is
// unfinished.
const (
	// PhasePending waits for its turn.
	PhasePending Phase = "pending"
	// PhasePreparing checks rights and makes what the pod needs, up to the pod.
	PhasePreparing Phase = "preparing"
	// PhaseRunning has a pod, known by its uid.
	PhaseRunning Phase = "running"
	// PhaseCollecting reads the verdict and the rest of the log, then removes
	// what the operation made.
	PhaseCollecting Phase = "collecting"
	PhaseSucceeded  Phase = "succeeded"
	PhaseFailed     Phase = "failed"
)

// Operation is one run of an action on an application.
type Operation struct {
	ID            int64
	ApplicationID int64
	ClusterID     int64
	// Token names the operation in the cluster: eight characters, never reused.
	Token  string
	Action Action
	Phase  Phase
	// Entry is the catalog entry as it was when the operation was asked for.
	Entry Entry
	// Version is the chart version asked for.
	Version string
	// Digest pins the chart archive, as "sha256:…". It is recorded at the first
	// resolve of a version and demanded afterwards.
	Digest string
	// Admin is the explicit consent to the rights level cluster-admin.
	Admin bool
	// ValuesFrom is the operation whose sealed user values are in force: this
	// one when values came with it, else the one they were last given with.
	// Zero means none were ever given.
	ValuesFrom int64
	// Code says why the operation failed, Detail what it names.
	Code    apperr.Code
	Detail  []string
	Verdict *Verdict
	// PodUID is the install pod's, known once it exists.
	PodUID     string
	DeadlineAt time.Time
	CreatedAt  time.Time
	StartedAt  time.Time
	FinishedAt time.Time
}

// Final reports whether the operation has ended.
func (o Operation) Final() bool { return o.Phase == PhaseSucceeded || o.Phase == PhaseFailed }

// Chart is the chart that the operation uses: the entry's in the version asked
// for.
func (o Operation) Chart() ChartRef {
	chart := o.Entry.Chart
	chart.Version = o.Version
	return chart
}
