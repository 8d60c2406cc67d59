package namespace

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/work"
)

// Store keeps namespaces and credentials.
type Store interface {
	Atomically(ctx context.Context, fn func(tx Tx) error) error
	// InstallationID names this installation in owner annotations.
	InstallationID(ctx context.Context) (string, error)
	Namespace(ctx context.Context, id int64) (Namespace, error)
	// NamespaceOf finds by what it belongs to; the environment is zero for that of
	// a whole project.
	NamespaceOf(ctx context.Context, clusterID, projectID, environmentID int64) (Namespace, error)
	// NamespaceNamed finds by the name in the cluster.
	NamespaceNamed(ctx context.Context, clusterID int64, name string) (Namespace, error)
	NamespacesOfProject(ctx context.Context, projectID int64) ([]Namespace, error)
	NamespacesOfCluster(ctx context.Context, clusterID int64) ([]Namespace, error)
	Credential(ctx context.Context, id int64) (Credential, error)
	// Held returns for how long work keeps away from a cluster, and the code of
	// its failure. The time is zero when a try is due; the code is empty when
	// the cluster is well.
	Held(ctx context.Context, clusterID int64) (time.Duration, apperr.Code, error)
}

// Tx is the part of the store that changes things, inside one transaction.
type Tx interface {
	// Namespace reads the row for a change; nobody else changes it until the
	// transaction ends.
	Namespace(ctx context.Context, id int64) (Namespace, error)
	InsertNamespace(ctx context.Context, n Namespace) (Namespace, error)
	UpdateNamespace(ctx context.Context, n Namespace) error
	DeleteNamespace(ctx context.Context, id int64) error

	Credential(ctx context.Context, id int64) (Credential, error)
	// LiveCredentials counts the credentials of a namespace that are not failed.
	LiveCredentials(ctx context.Context, namespaceID int64) (int, error)
	// PendingCredentials counts those of a cluster that wait for an answer.
	PendingCredentials(ctx context.Context, clusterID int64) (int, error)
	InsertCredential(ctx context.Context, c Credential) (Credential, error)
	UpdateCredential(ctx context.Context, c Credential) error
	DeleteCredential(ctx context.Context, id int64) error

	// Schedule makes an item due at once; ScheduleAt makes it due later.
	Schedule(ctx context.Context, ref work.Ref) error
	ScheduleAt(ctx context.Context, ref work.Ref, at time.Time) error
	Notify(topic string)
	// Record adds a row to the audit record.
	Record(ctx context.Context, e audit.Entry) error
}
