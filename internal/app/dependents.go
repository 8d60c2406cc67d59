package app

import (
	"context"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/namespace"
)

// dependents are what stands in a cluster because of us.
type dependents struct {
	namespaces   *namespace.Service
	applications *application.Service
}

// Clear implements cluster.Dependents. Namespaces are taken away; a running
// operation is waited for, since its pod and its rights would stay otherwise.
func (d dependents) Clear(ctx context.Context, clusterID int64) (bool, error) {
	cleared, err := d.namespaces.Clear(ctx, clusterID)
	if err != nil || !cleared {
		return false, err
	}
	busy, err := d.applications.Busy(ctx, clusterID)
	return !busy, err
}
