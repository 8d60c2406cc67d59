package apitest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/workload"
)

// Clusters holds registered clusters and their connections. A cluster whose address holds "dead" never answers.
type Clusters struct {
	bus      *event.Bus
	mu       sync.Mutex
	clusters []cluster.Cluster // removed ones stay, with their id
	removed  map[int64]bool
	owned    map[int64]cluster.Identity
	values   map[int64]workload.Value
	// Attached are the requests that came in.
	Attached []cluster.AttachRequest
	// Hold keeps checks from ending until it is closed, when it is set.
	Hold chan struct{}
}

// Attach implements [api.Clusters].
func (s *Clusters) Attach(ctx context.Context, r cluster.AttachRequest) (cluster.Cluster, error) {
	if strings.Contains(r.APIURL, "://10.") {
		return cluster.Cluster{}, apperr.Of(apperr.ClusterAddressRefused).
			WithHint("An operator can open this address with ROADSTEAD_EGRESS_ALLOW=10.1.2.3/32:6443.")
	}
	s.mu.Lock()
	c := cluster.Cluster{
		ID: int64(len(s.clusters) + 1), Name: r.Name, Level: r.Level, GroupID: r.GroupID, ProjectID: r.ProjectID,
		EnvironmentScope: r.EnvironmentScope, Enabled: true, State: cluster.Attached, Generation: 1,
		Managed: true, NamespacePerEnvironment: true, Provider: cluster.ByUser, AuthorizationType: cluster.RBAC,
		Platform:  cluster.Platform{APIURL: r.APIURL, CAPEM: r.CAPEM},
		CreatedAt: past(), UpdatedAt: past(),
	}
	s.clusters = append(s.clusters, c)
	s.Attached = append(s.Attached, r)
	s.mu.Unlock()
	if len(r.OwnIdentity) > 0 {
		if _, err := s.Adopt(ctx, c.ID, r.OwnIdentity); err != nil {
			return c, err
		}
	}
	return c, s.Check(ctx, c.ID)
}

// Cluster implements [api.Clusters].
func (s *Clusters) Cluster(_ context.Context, idOrName string) (cluster.Cluster, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clusters {
		if id, ok := isID(idOrName); (c.Name == idOrName || ok && c.ID == id) && !s.removed[c.ID] {
			return c, nil
		}
	}
	return cluster.Cluster{}, apperr.Of(apperr.NotFound)
}

// Named implements [api.Clusters].
func (s *Clusters) Named(ctx context.Context, name string) ([]cluster.Cluster, error) {
	c, err := s.Cluster(ctx, name)
	if apperr.CodeOf(err) == apperr.NotFound {
		return nil, nil
	}
	return []cluster.Cluster{c}, err
}

// Clusters implements [api.Clusters].
func (s *Clusters) Clusters(_ context.Context, id int64, limit int) ([]cluster.Cluster, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return after(s.clusters, id, limit), nil
}

// Check implements [api.Clusters].
func (s *Clusters) Check(ctx context.Context, id int64) error {
	go s.finish(context.WithoutCancel(ctx), id)
	return nil
}

// Remove implements [api.Clusters].
func (s *Clusters) Remove(ctx context.Context, id int64, o cluster.RemoveOptions) error {
	cleanup := o.Mode == cluster.CleanUpFirst
	s.mu.Lock()
	if s.removed == nil {
		s.removed = make(map[int64]bool)
	}
	s.clusters[id-1].State = cluster.Removing
	s.removed[id] = !cleanup
	s.mu.Unlock()
	if cleanup {
		go s.clear(context.WithoutCancel(ctx), id)
	}
	return nil
}

// clear plays the worker that takes the namespaces away.
func (s *Clusters) clear(ctx context.Context, id int64) {
	s.mu.Lock()
	s.removed[id] = true
	s.mu.Unlock()
	s.announce(ctx, id)
}

// finish plays the worker that checks a connection.
func (s *Clusters) finish(ctx context.Context, id int64) {
	s.mu.Lock()
	hold := s.Hold
	s.mu.Unlock()
	if hold != nil {
		<-hold
	}
	s.mu.Lock()
	if s.values == nil {
		s.values = make(map[int64]workload.Value)
	}
	s.values[id] = check(s.clusters[id-1], s.values[id])
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
