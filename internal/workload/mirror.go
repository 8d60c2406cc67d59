package workload

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// changesLimit is how many changes are told at most: with more, reading the
// rows anew is cheaper.
const changesLimit = MaxPage

// Mirror reads our copy of live cluster state. It never calls a cluster:
// reading keeps a key wanted, and the followers of a worker keep it fresh.
type Mirror struct {
	Keys       KeyStore
	Pod        Rows[Pod]
	Deployment Rows[Deployment]
	Now        func() time.Time
	// Poke, when set, is called when a key becomes wanted, so that a supervisor
	// in the same process need not find out by looking.
	Poke func()
}

// Pods returns a page of the pods of a namespace, or of all, as far as they
// are known, with what is known about them.
func (m *Mirror) Pods(ctx context.Context, clusterID int64, namespace string, page Page) ([]Pod, Status, error) {
	return read(ctx, m, m.Pod, Key{Cluster: clusterID, Kind: Pods, Scope: namespace}, page)
}

// Deployments is like Pods.
func (m *Mirror) Deployments(
	ctx context.Context, clusterID int64, namespace string, page Page,
) ([]Deployment, Status, error) {
	return read(ctx, m, m.Deployment, Key{Cluster: clusterID, Kind: Deployments, Scope: namespace}, page)
}

// PodChanges tells what happened to the pods of a namespace, or of all, since
// a revision that the reader holds.
func (m *Mirror) PodChanges(ctx context.Context, clusterID int64, namespace string, since Revision) (Changes[Pod], error) {
	return changes(ctx, m, m.Pod, Key{Cluster: clusterID, Kind: Pods, Scope: namespace}, since)
}

// DeploymentChanges is like PodChanges.
func (m *Mirror) DeploymentChanges(
	ctx context.Context, clusterID int64, namespace string, since Revision,
) (Changes[Deployment], error) {
	return changes(ctx, m, m.Deployment, Key{Cluster: clusterID, Kind: Deployments, Scope: namespace}, since)
}

// Forget drops everything about a cluster: because it was removed, or because
// it is another one now.
func (m *Mirror) Forget(ctx context.Context, clusterID int64) error {
	if err := m.Keys.Forget(ctx, clusterID); err != nil {
		return fmt.Errorf("forget the mirror of cluster %d: %w", clusterID, err)
	}
	return nil
}

// read returns a page of rows. The status is read first: it can only be older
// than the rows, and then a notice follows that makes the reader come back.
func read[R any](ctx context.Context, m *Mirror, rows Rows[R], key Key, page Page) ([]R, Status, error) {
	status, err := m.want(ctx, key)
	if err != nil {
		return nil, Status{}, fmt.Errorf("read %s: %w", key, err)
	}
	found, err := rows.Page(ctx, status.ID, page.limited())
	if err != nil {
		return nil, Status{}, fmt.Errorf("read %s: %w", key, err)
	}
	return found, status, nil
}

func changes[R any](ctx context.Context, m *Mirror, rows Rows[R], key Key, since Revision) (Changes[R], error) {
	status, err := m.want(ctx, key)
	if err != nil {
		return Changes[R]{}, fmt.Errorf("read the changes of %s: %w", key, err)
	}
	reload := Changes[R]{Status: status, Reload: true}
	if since.Epoch != status.Revision.Epoch || since.N < status.Floor || since.N > status.Revision.N {
		return reload, nil
	}
	changed, gone, err := rows.Since(ctx, status.ID, since.N, changesLimit)
	if err != nil {
		return Changes[R]{}, fmt.Errorf("read the changes of %s: %w", key, err)
	}
	if len(changed) == changesLimit || len(gone) == changesLimit {
		return reload, nil
	}
	return Changes[R]{Status: status, Changed: changed, Gone: gone}, nil
}

// want returns the status of a key and keeps it wanted, with at most one write
// a grain.
func (m *Mirror) want(ctx context.Context, key Key) (Status, error) {
	now := m.Now()
	status, err := m.Keys.Status(ctx, key)
	if err != nil && apperr.CodeOf(err) != apperr.NotFound {
		return Status{}, err
	}
	if err == nil && status.WantedUntil.Sub(now) > interestLifetime-interestGrain {
		return status.shown(now), nil
	}
	idle := !now.Before(status.WantedUntil)
	status, err = m.Keys.Want(ctx, key, now.Add(interestLifetime))
	if err != nil {
		return Status{}, err
	}
	if idle && m.Poke != nil {
		m.Poke()
	}
	return status.shown(now), nil
}
