package app

import (
	"context"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
)

// dependents are what stands in a cluster because of us.
type dependents struct {
	namespaces   *namespace.Service
	applications *application.Service
	// purge takes out what operations made for themselves; nil where no cluster
	// is called.
	purge func(ctx context.Context, clusterID int64) error
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
	views, err := d.applications.Applications(ctx, clusterID)
	if err != nil {
		return nil, err
	}
	used := false
	for _, v := range views {
		if v.Application.ID == 0 {
			continue
		}
		used = true
		items = append(items, cluster.Item{
			Kind: cluster.ItemApplication, Name: v.Application.Name, Version: v.Application.Version,
			Namespace: v.Application.Namespace, Admin: v.Entry.Rights.Level == application.RightsClusterAdmin, Fate: cluster.Optional,
		})
	}
	if used {
		items = append(items, cluster.Item{Kind: cluster.ItemInstallNamespace, Name: application.PodNamespace, Fate: cluster.Stays})
	}
	return items, nil
}

// Clear implements cluster.Dependents. Applications go first if they shall go:
// what they run may hold their namespaces. A running operation is waited for,
// since its pod and its rights would stay otherwise.
func (d dependents) Clear(ctx context.Context, c cluster.Cluster) (bool, error) {
	if c.Removal.Applications {
		if cleared, err := d.applications.Clear(ctx, c); err != nil || !cleared {
			return false, err
		}
	}
	cleared, err := d.namespaces.Clear(ctx, c.ID)
	if err != nil || !cleared {
		return false, err
	}
	if busy, err := d.applications.Busy(ctx, c.ID); err != nil || busy {
		return false, err
	}
	return true, d.purge(ctx, c.ID)
}
