package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

var (
	_ application.Store = Applications{}
	_ application.Tx    = applicationTx{}
)

// Applications keeps applications, operations and their logs.
type Applications struct{ db *DB }

// Applications returns the store of applications, operations and their logs.
func (db *DB) Applications() Applications { return Applications{db: db} }

// Atomically runs fn in one transaction.
func (s Applications) Atomically(ctx context.Context, fn func(tx application.Tx) error) error {
	return s.db.atomically(ctx, func(tx *tx) error { return fn(applicationTx{tx}) })
}

// InstallationID names this installation.
func (s Applications) InstallationID(ctx context.Context) (string, error) {
	return s.db.InstallationID(ctx)
}

// Application finds an application of a cluster by its entry's name.
func (s Applications) Application(ctx context.Context, clusterID int64, name string) (application.Application, error) {
	row, err := s.db.reader().ApplicationByName(ctx, sqlgen.ApplicationByNameParams{ClusterID: clusterID, Name: name})
	return applicationOf(row), doing(err, "read application %s of cluster %d", name, clusterID)
}

// ApplicationByID returns one application.
func (s Applications) ApplicationByID(ctx context.Context, id int64) (application.Application, error) {
	row, err := s.db.reader().Application(ctx, id)
	return applicationOf(row), doing(err, "read application %d", id)
}

// Applications lists those of a cluster by name.
func (s Applications) Applications(ctx context.Context, clusterID int64) ([]application.Application, error) {
	rows, err := s.db.reader().Applications(ctx, clusterID)
	return each(rows, applicationOf), doing(err, "list applications of cluster %d", clusterID)
}

// Digest returns the digest recorded for a chart version, empty when there is none.
func (s Applications) Digest(ctx context.Context, chart application.ChartRef) (string, error) {
	digest, err := s.db.reader().Digest(ctx, sqlgen.DigestParams{
		Repository: chart.Repository, Name: chart.Name, Version: chart.Version,
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return digest, doing(err, "read the digest of chart %s %s", chart.Name, chart.Version)
}

type applicationTx struct{ *tx }

// Application reads the row for a change.
func (t applicationTx) Application(ctx context.Context, id int64) (application.Application, error) {
	row, err := t.LockApplication(ctx, id)
	return applicationOf(row), doing(err, "lock application %d", id)
}

// ApplicationByName reads the row for a change.
func (t applicationTx) ApplicationByName(
	ctx context.Context, clusterID int64, name string,
) (application.Application, error) {
	row, err := t.LockApplicationByName(ctx, sqlgen.LockApplicationByNameParams{ClusterID: clusterID, Name: name})
	return applicationOf(row), doing(err, "lock application %s of cluster %d", name, clusterID)
}

// InsertApplication stores a new application and returns it with its id.
func (t applicationTx) InsertApplication(
	ctx context.Context, a application.Application,
) (application.Application, error) {
	row, err := t.Queries.InsertApplication(ctx, sqlgen.InsertApplicationParams{
		ClusterID: a.ClusterID, Name: a.Name, Namespace: a.Namespace, State: string(a.State), Version: a.Version,
		Code: string(a.Code), OperationID: a.OperationID, CreatedAt: stamp(a.CreatedAt), UpdatedAt: stamp(a.UpdatedAt),
	})
	return applicationOf(row), doing(err, "store application %s", a.Name)
}

// UpdateApplication writes what can change: not the name nor the cluster.
func (t applicationTx) UpdateApplication(ctx context.Context, a application.Application) error {
	rows, err := t.Queries.UpdateApplication(ctx, sqlgen.UpdateApplicationParams{
		ID: a.ID, Namespace: a.Namespace, State: string(a.State), Version: a.Version, Code: string(a.Code),
		OperationID: a.OperationID, UpdatedAt: stamp(a.UpdatedAt),
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "change application %d", a.ID)
}

// DeleteApplication deletes an application. Its operations and logs stay.
func (t applicationTx) DeleteApplication(ctx context.Context, id int64) error {
	rows, err := t.Queries.DeleteApplication(ctx, id)
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "delete application %d", id)
}

// RecordDigest keeps the digest of a chart version. The first one stays.
func (t applicationTx) RecordDigest(ctx context.Context, chart application.ChartRef, digest string) error {
	err := t.Queries.RecordDigest(ctx, sqlgen.RecordDigestParams{
		Repository: chart.Repository, Name: chart.Name, Version: chart.Version, Digest: digest,
		CreatedAt: stamp(time.Now()),
	})
	return doing(err, "record the digest of chart %s %s", chart.Name, chart.Version)
}

func applicationOf(r sqlgen.Application) application.Application {
	return application.Application{
		ID: r.ID, ClusterID: r.ClusterID, Name: r.Name, Namespace: r.Namespace, State: application.State(r.State),
		Version: r.Version, Code: apperr.Code(r.Code), OperationID: r.OperationID,
		CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt),
	}
}
