package cluster

import (
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Level says for whom a cluster is registered.
type Level string

// The levels, from the widest to the narrowest.
const (
	Instance Level = "instance"
	Group    Level = "group"
	Project  Level = "project"
)

// State is where a registration stands in its own life.
type State string

// A cluster is attached until somebody removes it. A removed cluster keeps its
// row while its namespaces are being cleaned up.
const (
	Attached State = "attached"
	Removing State = "removing"
)

// Cluster is a registered Kubernetes cluster.
type Cluster struct {
	ID    int64
	Name  string
	Level Level
	// GroupID or ProjectID is set according to the level, else zero.
	GroupID          int64
	ProjectID        int64
	EnvironmentScope string
	Enabled          bool
	State            State
	// Generation rises with every change of the platform. Clients, cached
	// values and reports of an older generation are void.
	Generation int64
	Platform   Platform
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Platform is the connection part of a cluster, without its credential.
type Platform struct {
	APIURL string
	// CAPEM holds the certificates the API server is trusted by. Empty means
	// the system's roots.
	CAPEM string
}

// Feature is something Roadstead does in a cluster that needs rights there.
type Feature string

// The features, in the order people see them.
const (
	Namespaces   Feature = "namespaces"
	Applications Feature = "applications"
	Live         Feature = "live"
)

// Outcome is the result of one check.
type Outcome string

// Outcomes of a check. A check is skipped when an earlier one made it moot.
const (
	OK      Outcome = "ok"
	Warning Outcome = "warning"
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped"
)

// Finding is one line of a report card.
type Finding struct {
	// Check names what was looked at: reachable, tls, token, version, or
	// rights with a Feature.
	Check   string  `json:"check"`
	Feature Feature `json:"feature,omitempty"`
	Outcome Outcome `json:"outcome"`
	// Code is empty when the outcome is OK.
	Code apperr.Code `json:"code,omitempty"`
	// Detail lists what is missing in our own words, for example "create pods".
	Detail []string `json:"detail,omitempty"`
}

// Connection is what is known of a cluster's connection: the value that is
// polled, kept and shown with its age.
type Connection struct {
	// Connected reports that the API server answered and took the token.
	Connected bool `json:"connected"`
	// Version is the Kubernetes version, for example "v1.37.2".
	Version  string    `json:"version,omitempty"`
	Platform string    `json:"platform,omitempty"`
	Findings []Finding `json:"findings"`
}
