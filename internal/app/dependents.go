package app

import (
	"context"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
)

// dependents are what stands in a cluster because of us.
type dependents struct {
	namespaces   *namespace.Service
	applications *application.Service
}

// Inventory implements cluster.Dependents.
func (d dependents) Inventory(ctx context.Context, clusterID int64) ([]cluster.Item, error) {
	namespaces, err := d.namespaces.OfCluster(ctx, clusterID)
	if err != nil {
		return nil, err
	}
	items := make([]cluster.Item, 0, len(namespaces))
	for _, n := range namespaces {
		items = append(items, cluster.Item{
			Kind: cluster.ItemNamespace, Name: n.Name, ProjectID: n.ProjectID, EnvironmentID: n.EnvironmentID, Fate: cluster.Goes,
		})
	}
	applications, err := d.applications.Installed(ctx, clusterID)
	if err != nil {
		return nil, err
	}
	for _, a := range applications {
		items = append(items, cluster.Item{
			Kind: cluster.ItemApplication, Name: a.Name, Version: a.Version, Namespace: a.Namespace, Fate: cluster.Optional,
		})
	}
	return items, nil
}

// RemoveNamespaces implements cluster.Dependents.
func (d dependents) RemoveNamespaces(ctx context.Context, ids []int64) error {
	for _, id := range ids {
		if _, err := d.namespaces.Remove(ctx, id); err != nil && apperr.CodeOf(err) != apperr.NotFound {
			return err
		}
	}
	return nil
}

// Clear implements cluster.Dependents. Namespaces are taken away; a running
// operation is waited for, since its pod and its rights would stay otherwise.
func (d dependents) Clear(ctx context.Context, clusterID int64, _ cluster.Removal) (bool, error) {
	cleared, err := d.namespaces.Clear(ctx, clusterID)
	if err != nil || !cleared {
		return false, err
	}
	busy, err := d.applications.Busy(ctx, clusterID)
	return !busy, err
}
