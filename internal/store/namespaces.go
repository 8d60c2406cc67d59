package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

var (
	_ namespace.Store = Namespaces{}
	_ namespace.Tx    = namespaceTx{}
)

// Namespaces keeps namespaces and credentials.
type Namespaces struct{ db *DB }

// Namespaces returns the store of namespaces and credentials.
func (db *DB) Namespaces() Namespaces { return Namespaces{db: db} }

// Atomically runs fn in one transaction.
func (s Namespaces) Atomically(ctx context.Context, fn func(tx namespace.Tx) error) error {
	return s.db.atomically(ctx, func(tx *tx) error { return fn(namespaceTx{tx}) })
}

// InstallationID names this installation.
func (s Namespaces) InstallationID(ctx context.Context) (string, error) {
	return s.db.InstallationID(ctx)
}

// Namespace returns one namespace.
func (s Namespaces) Namespace(ctx context.Context, id int64) (namespace.Namespace, error) {
	row, err := s.db.reader().Namespace(ctx, id)
	if err != nil {
		return namespace.Namespace{}, doing(err, "read namespace %d", id)
	}
	return namespaceOf(row)
}

// NamespaceOf finds a namespace by what it belongs to.
func (s Namespaces) NamespaceOf(
	ctx context.Context, clusterID, projectID, environmentID int64,
) (namespace.Namespace, error) {
	row, err := s.db.reader().NamespaceOf(ctx, sqlgen.NamespaceOfParams{
		ClusterID: clusterID, ProjectID: projectID, EnvironmentID: environmentID,
	})
	if err != nil {
		return namespace.Namespace{}, doing(err, "read the namespace of environment %d on cluster %d", environmentID, clusterID)
	}
	return namespaceOf(row)
}

// NamespaceNamed finds a namespace by its name in the cluster.
func (s Namespaces) NamespaceNamed(ctx context.Context, clusterID int64, name string) (namespace.Namespace, error) {
	row, err := s.db.reader().NamespaceNamed(ctx, sqlgen.NamespaceNamedParams{ClusterID: clusterID, Name: name})
	if err != nil {
		return namespace.Namespace{}, doing(err, "read the namespace %q of cluster %d", name, clusterID)
	}
	return namespaceOf(row)
}

// Held returns for how long work keeps away from a cluster, and the code of its
// failure. The time is zero when a try is due; the code is empty when the
// cluster is well.
func (s Namespaces) Held(ctx context.Context, clusterID int64) (time.Duration, apperr.Code, error) {
	row, err := s.db.reader().ClusterHold(ctx, clusterID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	left := max(0, time.Until(moment(row.HeldUntil)))
	return left, apperr.Code(row.Code), doing(err, "read the hold of cluster %d", clusterID)
}

// NamespacesOfProject lists those of a project, the oldest first.
func (s Namespaces) NamespacesOfProject(ctx context.Context, projectID int64) ([]namespace.Namespace, error) {
	rows, err := s.db.reader().NamespacesOfProject(ctx, projectID)
	if err != nil {
		return nil, doing(err, "list namespaces of project %d", projectID)
	}
	return eachOrError(rows, namespaceOf)
}

// NamespacesOfCluster lists those of a cluster, the oldest first.
func (s Namespaces) NamespacesOfCluster(ctx context.Context, clusterID int64) ([]namespace.Namespace, error) {
	rows, err := s.db.reader().NamespacesOfCluster(ctx, clusterID)
	if err != nil {
		return nil, doing(err, "list namespaces of cluster %d", clusterID)
	}
	return eachOrError(rows, namespaceOf)
}

// Credential returns one credential.
func (s Namespaces) Credential(ctx context.Context, id int64) (namespace.Credential, error) {
	row, err := s.db.reader().Credential(ctx, id)
	return credentialOf(row), doing(err, "read credential %d", id)
}

type namespaceTx struct{ *tx }

// Namespace reads the row for a change.
func (t namespaceTx) Namespace(ctx context.Context, id int64) (namespace.Namespace, error) {
	row, err := t.LockNamespace(ctx, id)
	if err != nil {
		return namespace.Namespace{}, doing(err, "lock namespace %d", id)
	}
	return namespaceOf(row)
}

// InsertNamespace stores a new namespace and returns it with its id.
func (t namespaceTx) InsertNamespace(ctx context.Context, n namespace.Namespace) (namespace.Namespace, error) {
	objects, err := encode(n.Objects)
	if err != nil {
		return namespace.Namespace{}, err
	}
	row, err := t.Queries.InsertNamespace(ctx, sqlgen.InsertNamespaceParams{
		ClusterID: n.ClusterID, ProjectID: n.ProjectID, EnvironmentID: optional(n.EnvironmentID), Name: n.Name,
		ServiceAccount: n.ServiceAccount, Profile: string(n.Profile), State: string(n.State), Code: string(n.Code),
		UID: n.UID, Objects: objects, Generation: n.Generation,
		CreatedAt: stamp(n.CreatedAt), UpdatedAt: stamp(n.UpdatedAt), ReadyAt: stamp(n.ReadyAt), Managed: n.Managed,
	})
	if err != nil {
		return namespace.Namespace{}, doing(err, "store namespace %s", n.Name)
	}
	return namespaceOf(row)
}

// UpdateNamespace writes what can change: not the name nor what it belongs to.
func (t namespaceTx) UpdateNamespace(ctx context.Context, n namespace.Namespace) error {
	objects, err := encode(n.Objects)
	if err != nil {
		return err
	}
	rows, err := t.Queries.UpdateNamespace(ctx, sqlgen.UpdateNamespaceParams{
		ID: n.ID, ServiceAccount: n.ServiceAccount, Profile: string(n.Profile), State: string(n.State),
		Code: string(n.Code), UID: n.UID, Objects: objects, Generation: n.Generation,
		UpdatedAt: stamp(n.UpdatedAt), ReadyAt: stamp(n.ReadyAt),
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "change namespace %d", n.ID)
}

// DeleteNamespace deletes a namespace and its credentials.
func (t namespaceTx) DeleteNamespace(ctx context.Context, id int64) error {
	rows, err := t.Queries.DeleteNamespace(ctx, id)
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "delete namespace %d", id)
}

func namespaceOf(r sqlgen.Namespace) (namespace.Namespace, error) {
	n := namespace.Namespace{
		ID: r.ID, ClusterID: r.ClusterID, ProjectID: r.ProjectID, EnvironmentID: r.EnvironmentID.Int64, Managed: r.Managed,
		Name: r.Name, ServiceAccount: r.ServiceAccount, Profile: namespace.Profile(r.Profile),
		State: namespace.State(r.State), Code: apperr.Code(r.Code), UID: r.UID, Generation: r.Generation,
		CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt), ReadyAt: moment(r.ReadyAt),
	}
	return n, doing(decode(r.Objects, &n.Objects), "read the objects of namespace %d", r.ID)
}
