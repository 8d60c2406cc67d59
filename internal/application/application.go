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

// Busy reports whether an operation of the application is unfinished.
func (s State) Busy() bool {
	switch s {
	case Scheduled, Installing, Updating, Uninstalling:
		return true
	case Installable, Installed, Updated, Errored, UpdateErrored, UninstallErrored:
		return false
	default:
		return false
	}
}

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
