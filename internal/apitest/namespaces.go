package apitest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Namespaces holds namespaces, all of them on the first cluster. The environment "foreign" finds its name taken.
type Namespaces struct {
	bus      *event.Bus
	tenants  *tenant.Service
	clusters *Clusters
	mu       sync.Mutex
	all      []namespace.Namespace
}

// Ensure implements [api.Namespaces].
func (s *Namespaces) Ensure(ctx context.Context, r namespace.EnsureRequest) (namespace.Namespace, error) {
	if _, err := s.clusters.Cluster(ctx, "1"); err != nil {
		return namespace.Namespace{}, apperr.Of(apperr.NamespaceNoCluster)
	}
	environment, err := s.tenants.EnsureEnvironment(ctx, r.ProjectID, r.Environment)
	if err != nil {
		return namespace.Namespace{}, err
	}
	if found, err := s.Namespace(ctx, r.ProjectID, r.Environment); err == nil {
		return found, nil
	}
	name := fmt.Sprintf("shop-%d-%s", r.ProjectID, environment.Slug)
	n := namespace.Namespace{
		ClusterID: 1, ProjectID: r.ProjectID, EnvironmentID: environment.ID, Name: name,
		ServiceAccount: name + "-service-account", Profile: namespace.Restricted, State: namespace.Pending,
		CreatedAt: past(), UpdatedAt: past(),
		Objects: []namespace.Object{{Kind: "Namespace", Name: name}, {Kind: "ResourceQuota", Name: "roadstead"}},
	}
	s.mu.Lock()
	n.ID = int64(len(s.all) + 1)
	s.all = append(s.all, n)
	s.mu.Unlock()
	go s.provision(context.WithoutCancel(ctx), n.ID, r.Environment)
	return n, nil
}

// provision plays the worker: first one object, then the rest.
func (s *Namespaces) provision(ctx context.Context, id int64, environment string) {
	if environment == "foreign" {
		s.change(ctx, id, func(n *namespace.Namespace) {
			n.State, n.Code, n.Objects[0].Code = namespace.Failed, apperr.NamespaceForeign, apperr.NamespaceForeign
		})
		return
	}
	s.change(ctx, id, func(n *namespace.Namespace) { n.Objects[0].Applied = true })
	s.change(ctx, id, func(n *namespace.Namespace) {
		n.Objects[1].Applied = true
		n.State, n.ReadyAt = namespace.Ready, past()
	})
}

func (s *Namespaces) change(ctx context.Context, id int64, edit func(*namespace.Namespace)) {
	s.mu.Lock()
	n := &s.all[id-1]
	n.Objects = append([]namespace.Object(nil), n.Objects...)
	edit(n)
	s.mu.Unlock()
	s.bus.Publish(ctx, event.Notice{Topic: fmt.Sprintf("namespace/%d", id)})
}

// Namespace implements [api.Namespaces].
func (s *Namespaces) Namespace(ctx context.Context, projectID int64, environment string) (namespace.Namespace, error) {
	e, err := s.tenants.Environment(ctx, projectID, environment)
	if err != nil {
		return namespace.Namespace{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.all {
		if n.ProjectID == projectID && n.EnvironmentID == e.ID {
			return n, nil
		}
	}
	return namespace.Namespace{}, apperr.Of(apperr.NotFound)
}

// ByID implements [api.Namespaces].
func (s *Namespaces) ByID(_ context.Context, id int64) (namespace.Namespace, error) {
	return s.first(func(n namespace.Namespace) bool { return n.ID == id })
}

// Named implements [api.Namespaces].
func (s *Namespaces) Named(_ context.Context, clusterID int64, name string) (namespace.Namespace, error) {
	return s.first(func(n namespace.Namespace) bool { return n.ClusterID == clusterID && n.Name == name })
}

func (s *Namespaces) first(is func(namespace.Namespace) bool) (namespace.Namespace, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.all, is); i >= 0 {
		return s.all[i], nil
	}
	return namespace.Namespace{}, apperr.Of(apperr.NotFound)
}

// OfProject implements [api.Namespaces].
func (s *Namespaces) OfProject(_ context.Context, projectID int64) ([]namespace.Namespace, error) {
	return s.of(func(n namespace.Namespace) bool { return n.ProjectID == projectID }), nil
}

func (s *Namespaces) of(is func(namespace.Namespace) bool) (found []namespace.Namespace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.all {
		if is(n) {
			found = append(found, n)
		}
	}
	return found
}

// Remove implements [api.Namespaces].
func (s *Namespaces) Remove(ctx context.Context, id int64) (namespace.Namespace, error) {
	s.change(ctx, id, func(n *namespace.Namespace) { n.State = namespace.Removing })
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[id-1], nil
}

// RequestCredential implements [api.Namespaces].
func (s *Namespaces) RequestCredential(
	ctx context.Context, id int64, lifetime time.Duration,
) (namespace.Grant, error) {
	home, err := s.clusters.Cluster(ctx, "1")
	if err != nil {
		return namespace.Grant{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return namespace.Grant{
		Token: secret.NewValue([]byte("minted-token")), ExpiresAt: past().Add(lifetime),
		Namespace: s.all[id-1], Cluster: home,
	}, nil
}

// RemoveProject implements [api.Namespaces].
func (s *Namespaces) RemoveProject(ctx context.Context, projectID int64) error {
	return s.tenants.DeleteProject(ctx, projectID)
}
