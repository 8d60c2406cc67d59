package apitest

import (
	"context"

	"github.com/roadstead/roadstead/internal/tenant"
)

// Tenants are the real groups, projects, environments and members, unless they shall fail.
type Tenants struct {
	*tenant.Service

	// Err is what lists of groups return when it is set.
	Err error
}

// Groups implements [api.Tenants].
func (t *Tenants) Groups(ctx context.Context, v tenant.Viewer, q tenant.GroupQuery) ([]tenant.Group, error) {
	if t.Err != nil {
		return nil, t.Err
	}
	return t.Service.Groups(ctx, v, q)
}
