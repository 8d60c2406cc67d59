package apitest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Edit implements [api.Clusters].
func (s *Clusters) Edit(ctx context.Context, id int64, r cluster.EditRequest) (cluster.Cluster, error) {
	s.mu.Lock()
	c := &s.clusters[id-1]
	if (r.APIURL != nil || r.CAPEM != nil) && r.Token.IsEmpty() {
		s.mu.Unlock()
		return cluster.Cluster{}, cluster.Problems{{
			Attribute: cluster.AttributeToken, Messages: []string{"must be given again when api_url or ca_cert changes"},
		}}.Err()
	}
	if r.Name != nil {
		c.Name = *r.Name
	}
	if r.EnvironmentScope != nil {
		c.EnvironmentScope = *r.EnvironmentScope
	}
	if r.Enabled != nil {
		c.Enabled = *r.Enabled
	}
	if r.APIURL != nil {
		c.Platform.APIURL = *r.APIURL
	}
	if r.Token.IsEmpty() {
		defer s.mu.Unlock()
		return *c, nil
	}
	c.Generation++
	delete(s.owned, id)
	delete(s.values, id)
	edited := *c
	s.mu.Unlock()
	return edited, s.Check(ctx, id)
}

// Identity implements [api.Clusters].
func (s *Clusters) Identity(_ context.Context, id int64) (cluster.Identity, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.owned[id]; ok {
		return i, nil
	}
	return cluster.Identity{ClusterID: id, State: cluster.IdentityPasted}, nil
}

// IdentitySpec implements [api.Clusters].
func (s *Clusters) IdentitySpec(id int64, features []cluster.Feature) cluster.IdentitySpec {
	if len(features) == 0 {
		features = cluster.Features()
	}
	return cluster.IdentitySpec{ClusterID: id, Features: features, Namespace: fmt.Sprintf("roadstead-0a1b2c3d-%d", id)}
}

// Adopt implements [api.Clusters]. A cluster whose address holds "narrow" was attached with too few rights.
func (s *Clusters) Adopt(ctx context.Context, id int64, features []cluster.Feature) (cluster.Identity, error) {
	i := cluster.Identity{
		ClusterID: id, State: cluster.IdentityPreparing, Features: s.IdentitySpec(id, features).Features, ChangedAt: past(),
	}
	s.setIdentity(ctx, i)
	s.mu.Lock()
	narrow := strings.Contains(s.clusters[id-1].Platform.APIURL, "narrow")
	s.mu.Unlock()
	go func(i cluster.Identity) {
		i.State, i.Serial, i.Since, i.TokenSince, i.RotateAt = cluster.IdentityOwn, 1, past(), past(), past().Add(29*24*time.Hour)
		if narrow {
			i.State, i.Code, i.Detail = cluster.IdentityRefused, apperr.RightsMissing, []string{"create namespaces"}
		}
		s.setIdentity(context.WithoutCancel(ctx), i)
	}(i)
	return i, nil
}

// Rotate implements [api.Clusters].
func (s *Clusters) Rotate(ctx context.Context, id int64) (cluster.Identity, error) {
	i, err := s.Identity(ctx, id)
	if err != nil || !i.InUse() {
		return i, apperr.Of(apperr.Conflict).WithMessage("The cluster is not used with an identity of our own.")
	}
	i.State = cluster.IdentityRotating
	s.setIdentity(ctx, i)
	go func(i cluster.Identity) {
		i.State, i.Serial, i.TokenSince = cluster.IdentityOwn, i.Serial+1, past().Add(time.Hour)
		s.setIdentity(context.WithoutCancel(ctx), i)
	}(i)
	return i, nil
}

func (s *Clusters) setIdentity(ctx context.Context, i cluster.Identity) {
	s.mu.Lock()
	if s.owned == nil {
		s.owned = make(map[int64]cluster.Identity)
	}
	s.owned[i.ClusterID] = i
	s.mu.Unlock()
	s.announce(ctx, i.ClusterID)
}
