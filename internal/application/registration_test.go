package application_test

import (
	"context"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	registered "github.com/roadstead/roadstead/internal/cluster"
)

// registration is the one cluster that applications are installed on.
type registration struct{ state registered.State }

func (r *registration) Cluster(context.Context, int64) (registered.Cluster, error) {
	return registered.Cluster{ID: clusterID, State: r.state}, nil
}

func TestService_refusesAClusterThatIsBeingRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.service.Clusters = &registration{state: registered.Removing}
	_, err := w.service.Install(t.Context(), application.InstallRequest{ClusterID: clusterID, Name: "web"})
	if code := apperr.CodeOf(err); code != apperr.Conflict {
		t.Errorf("install: %v, want the code %s", err, apperr.Conflict)
	}
}
