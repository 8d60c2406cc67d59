package application

import (
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// State is where an application stands on a cluster. The names are the
// predecessor's.
type State string

// States of an application. A successful uninstall removes the row.
const (
	Installable      State = "installable"
	Scheduled        State = "scheduled"
	Installing       State = "installing"
	Installed        State = "installed"
	Updating         State = "updating"
	Updated          State = "updated"
	Errored          State = "errored"
	UpdateErrored    State = "update_errored"
	Uninstalling     State = "uninstalling"
	UninstallErrored State = "uninstall_errored"
)

// Application is one entry of the catalog on one cluster.
type Application struct {
	ID        int64
	ClusterID int64
	// Name is the catalog entry's.
	Name string
	// Namespace is where the release lives.
	Namespace string
	State     State
	// Version is the installed chart version, empty before the first success.
	Version string
	// Code says why the last operation failed.
	Code apperr.Code
	// OperationID is the latest operation.
	OperationID int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

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

// Verdict is what the program in the install pod said of its run.
type Verdict struct {
	Operation string      `json:"operation"`
	Outcome   string      `json:"outcome"`
	Code      apperr.Code `json:"code,omitempty"`
	Step      string      `json:"step,omitempty"`
	Detail    []string    `json:"detail,omitempty"`
	Release   Release     `json:"release"`
	Digest    string      `json:"digest,omitempty"`
	CRDs      []CRD       `json:"crds,omitempty"`
}

// Release is what Helm recorded.
type Release struct {
	Name         string `json:"name"`
	Namespace    string `json:"namespace"`
	Revision     int    `json:"revision"`
	Status       string `json:"status"`
	Chart        string `json:"chart"`
	ChartVersion string `json:"chart_version"`
	AppVersion   string `json:"app_version"`
}

// CRD is a custom resource definition left in the cluster, with the number of
// its objects.
type CRD struct {
	Name    string `json:"name"`
	Objects int    `json:"objects"`
}

// LogLine is one line of an operation's log. Seq starts at 1 and has no gaps
// in what the pod wrote.
type LogLine struct {
	Seq  int64
	Text string
}

// RightsLevel says how much a chart may do while it is being installed.
type RightsLevel string

// The rights levels: rules of the entry in its own namespace, a cluster role
// that a cluster administrator applied, or everything.
const (
	RightsNamespaced   RightsLevel = "namespaced"
	RightsCluster      RightsLevel = "cluster"
	RightsClusterAdmin RightsLevel = "cluster-admin"
)

// Rule is a set of rights, in the terms of Kubernetes RBAC.
type Rule struct {
	Groups          []string `yaml:"groups" json:"groups,omitempty"`
	Resources       []string `yaml:"resources" json:"resources,omitempty"`
	Names           []string `yaml:"names" json:"names,omitempty"`
	NonResourceURLs []string `yaml:"nonResourceURLs" json:"non_resource_urls,omitempty"`
	Verbs           []string `yaml:"verbs" json:"verbs"`
}

// Rights are what an entry needs.
type Rights struct {
	Level RightsLevel `yaml:"level" json:"level"`
	Rules []Rule      `yaml:"rules" json:"rules,omitempty"`
}

// Entry is one application of the catalog.
type Entry struct {
	Name        string `yaml:"name" json:"name"`
	Title       string `yaml:"title" json:"title"`
	Description string `yaml:"description" json:"description"`
	// Chart is where the chart comes from.
	Chart ChartRef `yaml:"chart" json:"chart"`
	// Namespace is the release's own namespace, PodSecurity its level there.
	Namespace   string `yaml:"namespace" json:"namespace"`
	PodSecurity string `yaml:"podSecurity" json:"pod_security"`
	Rights      Rights `yaml:"rights" json:"rights"`
	// Values are the defaults, as YAML text.
	Values string `yaml:"values" json:"values"`
	// Provides lists what the release gives to the namespaces of projects. Its
	// namespace carries the label roadstead.dev/<what>, which their network
	// policies let in.
	Provides []string `yaml:"provides" json:"provides,omitempty"`
	// Timeout bounds one operation. Zero means 30 minutes; two hours at most.
	Timeout time.Duration `yaml:"timeout" json:"timeout"`
	// Verified says that somebody ran the entry against the real chart.
	Verified bool `yaml:"verified" json:"verified"`
}

// ChartRef names a chart.
type ChartRef struct {
	// Repository is an https, http or oci address.
	Repository string `yaml:"repository" json:"repository"`
	Name       string `yaml:"name" json:"name"`
	Version    string `yaml:"version" json:"version"`
}
