package cluster_test

import (
	"context"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/secret"
)

// one is a store of one cluster, which takes every change of its name.
type one struct {
	cluster.Store

	stored cluster.Cluster
}

func (o *one) Cluster(context.Context, int64) (cluster.Cluster, error) { return o.stored, nil }

func (o *one) Atomically(_ context.Context, fn func(tx cluster.Tx) error) error {
	return fn(oneTx{stored: &o.stored})
}

type oneTx struct {
	cluster.Tx

	stored *cluster.Cluster
}

func (t oneTx) Cluster(context.Context, int64) (cluster.Cluster, error) { return *t.stored, nil }

func (t oneTx) UpdateCluster(_ context.Context, c cluster.Cluster) error {
	*t.stored = c
	return nil
}

func (oneTx) Notify(string) {}

func (oneTx) Record(context.Context, audit.Entry) error { return nil }

func (oneTx) Identity(context.Context, int64) (cluster.Identity, error) {
	return cluster.Identity{}, apperr.Of(apperr.NotFound)
}

func TestThePlatformOfAManagedClusterIsNotEdited(t *testing.T) {
	t.Parallel()
	const address = "https://api.example.com"
	for name, tc := range map[string]struct {
		kept cluster.Provider
		edit cluster.EditRequest
		want apperr.Code
	}{
		"another address":        {cluster.ByAWS, cluster.EditRequest{APIURL: new("https://other.example.com")}, apperr.CloudManaged},
		"another CA":             {cluster.ByAWS, cluster.EditRequest{CAPEM: new("anything")}, apperr.CloudManaged},
		"another token":          {cluster.ByAWS, cluster.EditRequest{Token: secret.NewValue([]byte("token"))}, apperr.CloudManaged},
		"the address as it is":   {cluster.ByAWS, cluster.EditRequest{APIURL: new(address), Name: new("renamed")}, ""},
		"name, scope, switching": {cluster.ByAWS, cluster.EditRequest{Name: new("renamed"), EnvironmentScope: new("production"), Enabled: new(true)}, ""},
		"an attached cluster":    {cluster.ByUser, cluster.EditRequest{APIURL: new(address + ":6443")}, apperr.ValidationFailed}, // lacks the token
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &one{stored: cluster.Cluster{
				ID: 1, Name: "orders", EnvironmentScope: "*", Enabled: true, Provider: tc.kept, Platform: cluster.Platform{APIURL: address},
			}}
			service := &cluster.Service{
				Store: store, Guard: egress.NewGuard(egress.Config{}), Now: func() (now time.Time) { return now },
			}
			if _, err := service.Edit(t.Context(), 1, tc.edit); apperr.CodeOf(err) != tc.want {
				t.Errorf("Edit: %v, want code %q", err, tc.want)
			}
		})
	}
}
