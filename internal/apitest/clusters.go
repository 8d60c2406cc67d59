package apitest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/workload"
)

// Clusters are the real registrations. What workers do with them is played: checks, identities, removals. A cluster
// whose address holds "dead" never answers.
type Clusters struct {
	*cluster.Service

	bus        *event.Bus
	namespaces *Namespaces
	working    sync.WaitGroup
	mu         sync.Mutex
	values     map[int64]workload.Value
	// Hold keeps checks from ending until it is closed, when it is set.
	Hold chan struct{}
}

func newClusters(w *World) *Clusters {
	s := &Clusters{bus: w.Bus, values: make(map[int64]workload.Value)}
	s.Service = &cluster.Service{
		Store: w.db.Clusters(), Guard: egress.NewGuard(egress.Config{}), Sealer: s, Values: s,
		Installation: "0a1b2c3d4e5f", Tenants: w.Tenants.Service, Access: auth.NewAccess(w.Tenants), Dependents: s, Now: past,
	}
	return s
}

// Seal implements [cluster.Sealer].
func (s *Clusters) Seal(secret.Value, secret.Context) ([]byte, error) { return []byte("sealed"), nil }

// Refresh implements [cluster.Values].
func (s *Clusters) Refresh(ctx context.Context, id int64, _ string) error {
	s.working.Go(func() { s.finish(context.WithoutCancel(ctx), id) })
	return nil
}

// Invalidate implements [cluster.Values].
func (s *Clusters) Invalidate(ctx context.Context, id, _ int64) error {
	s.mu.Lock()
	delete(s.values, id)
	s.mu.Unlock()
	return s.Refresh(ctx, id, cluster.ConnectionValue)
}

// Remove implements [api.Clusters].
func (s *Clusters) Remove(ctx context.Context, id int64, o cluster.RemoveOptions) error {
	if err := s.Service.Remove(ctx, id, o); err != nil || o.Mode == cluster.LeaveAll {
		return err
	}
	s.working.Go(func() { s.clear(context.WithoutCancel(ctx), id) })
	return nil
}

// clear plays the worker that takes away what we made.
func (s *Clusters) clear(ctx context.Context, id int64) {
	_ = s.Service.Remove(ctx, id, cluster.RemoveOptions{Mode: cluster.LeaveAll})
	s.announce(ctx, id)
}

// Inventory implements [cluster.Dependents].
func (s *Clusters) Inventory(_ context.Context, id int64) ([]cluster.Item, error) {
	items := []cluster.Item{}
	for _, n := range s.namespaces.of(func(n namespace.Namespace) bool { return n.ClusterID == id }) {
		items = append(items, cluster.Item{
			Kind: cluster.ItemNamespace, Name: n.Name, ProjectID: n.ProjectID, EnvironmentID: n.EnvironmentID, Fate: cluster.Goes,
		})
	}
	return items, nil
}

// Clear implements [cluster.Dependents].
func (s *Clusters) Clear(context.Context, cluster.Cluster) (bool, error) { return true, nil }

// finish plays the worker that checks a connection.
func (s *Clusters) finish(ctx context.Context, id int64) {
	s.mu.Lock()
	hold := s.Hold
	s.mu.Unlock()
	if hold != nil {
		<-hold
	}
	c, err := s.Cluster(ctx, itoa(id))
	if err != nil {
		return
	}
	s.mu.Lock()
	s.values[id] = check(c, s.values[id])
	s.mu.Unlock()
	s.announce(ctx, id)
}

func (s *Clusters) announce(ctx context.Context, id int64) {
	s.bus.Publish(ctx,
		event.Notice{Topic: workload.ValueTopic(id, cluster.ConnectionValue)},
		event.Notice{Topic: fmt.Sprintf("cluster/%d", id)})
}

// ReadMany implements [api.Values].
func (s *Clusters) ReadMany(_ context.Context, _ string, ids []int64) (map[int64]workload.Value, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make(map[int64]workload.Value, len(ids))
	for _, id := range ids {
		found[id] = s.values[id]
	}
	return found, nil
}

// check makes the value after one more check.
func check(c cluster.Cluster, before workload.Value) workload.Value {
	v := workload.Value{Cluster: c.ID, CheckedAt: before.CheckedAt.Add(time.Second), RefreshAt: time.Now().Add(time.Hour)}
	if before.CheckedAt.IsZero() {
		v.CheckedAt = past()
	}
	connection := cluster.Connection{
		Connected: true, Version: "v1.37.2\x1b[31m",
		Findings: []cluster.Finding{
			{Check: "reachable", Outcome: cluster.OK},
			{Check: "token", Outcome: cluster.OK},
			{Check: "rights", Feature: cluster.Namespaces, Outcome: cluster.OK},
			{
				Check: "rights", Feature: cluster.Applications, Outcome: cluster.Warning,
				Code: apperr.ClusterForbidden, Detail: []string{"create pods"},
			},
		},
	}
	if strings.Contains(c.Platform.APIURL, "dead") {
		v.Code, v.Failures = apperr.ClusterTimeout, before.Failures+1
		connection = cluster.Connection{Findings: []cluster.Finding{
			{Check: "reachable", Outcome: cluster.Failed, Code: apperr.ClusterTimeout},
			{Check: "token", Outcome: cluster.Skipped},
		}}
	} else {
		v.AsOf = v.CheckedAt
	}
	v.Data, _ = json.Marshal(connection) //nolint:errchkjson // plain data
	return v
}
