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

// The states, in the order of a life. Only an attached cluster serves anybody
// and holds its environment scope.
const (
	// Draft is being looked at before it is saved. It is in no list, and goes
	// after an hour.
	Draft    State = "draft"
	Attached State = "attached"
	// Removing is a cluster that what we made there is being taken out of.
	Removing State = "removing"
	// Forgotten is a cluster that is gone for people. Its row is kept for as long
	// as we try to take out of it what we made there.
	Forgotten State = "forgotten"
)

// Provider says how a cluster came to be.
type Provider string

// The providers. The platform of a cluster that was made at AWS is not for
// people to edit.
const (
	ByUser Provider = "user"
	ByAWS  Provider = "aws"
)

// Authorization says how a cluster decides what an account may do there.
type Authorization string

// The authorization types, with the predecessor's names.
const (
	RBAC                 Authorization = "rbac"
	ABAC                 Authorization = "abac"
	UnknownAuthorization Authorization = "unknown_authorization"
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
	// StateSince is when the state was entered.
	StateSince time.Time
	// Domain is what the host names of its ingresses end with; empty for none.
	Domain string
	// Managed says that Roadstead makes the namespaces there. In a cluster that
	// is not managed it makes nothing and hands no credentials out.
	Managed bool
	// NamespacePerEnvironment says that every environment of a project has a
	// namespace of its own; else they share one.
	NamespacePerEnvironment bool
	// ManagementProjectID is the project that this cluster serves before all
	// others; zero for none. It gets no more rights there than any other.
	ManagementProjectID int64
	Provider            Provider
	AuthorizationType   Authorization
	// CreatedBy is the user who attached it; zero when nobody did.
	CreatedBy int64
	// Removal is how it is being removed; nil before that.
	Removal *Removal
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
	// Namespace takes the place of the project's name and id in the names of
	// namespaces. Empty means those.
	Namespace string
}

// sameTarget reports whether both are the same API server, as far as we can
// tell: a credential for one may be sent to the other.
func (p Platform) sameTarget(other Platform) bool {
	return p.APIURL == other.APIURL && p.CAPEM == other.CAPEM
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
