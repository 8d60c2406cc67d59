package apitest

import (
	"context"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Attach implements [api.Clusters].
func (s *Clusters) Attach(ctx context.Context, r cluster.AttachRequest) (cluster.Cluster, error) {
	c, err := s.Service.Attach(ctx, r)
	if err == nil && len(r.OwnIdentity) > 0 {
		s.working.Go(func() { s.settle(context.WithoutCancel(ctx), c.ID) })
	}
	return c, err
}

// Adopt implements [api.Clusters].
func (s *Clusters) Adopt(ctx context.Context, id int64, features []cluster.Feature) (cluster.Identity, error) {
	i, err := s.Service.Adopt(ctx, id, features)
	if err == nil {
		s.working.Go(func() { s.settle(context.WithoutCancel(ctx), id) })
	}
	return i, err
}

// Rotate implements [api.Clusters].
func (s *Clusters) Rotate(ctx context.Context, id int64) (cluster.Identity, error) {
	i, err := s.Service.Rotate(ctx, id)
	if err == nil {
		s.working.Go(func() { s.settle(context.WithoutCancel(ctx), id) })
	}
	return i, err
}

// settle plays the worker that makes an identity, or its next token. A cluster whose address holds "narrow" was attached
// with too few rights.
func (s *Clusters) settle(ctx context.Context, id int64) {
	c, err := s.Cluster(ctx, itoa(id))
	if err != nil {
		return
	}
	_ = s.Store.Atomically(ctx, func(tx cluster.Tx) error {
		i, err := tx.Identity(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case strings.Contains(c.Platform.APIURL, "narrow"):
			i.State, i.Code, i.Detail = cluster.IdentityRefused, apperr.RightsMissing, []string{"create namespaces"}
		case i.InUse():
			i.State, i.Serial, i.TokenSince = cluster.IdentityOwn, i.Serial+1, past().Add(time.Hour)
		default:
			i.State, i.UID, i.Serial, i.Since, i.TokenSince = cluster.IdentityOwn, "uid", 1, past(), past()
			i.RotateAt = past().Add(29 * 24 * time.Hour)
		}
		return tx.SaveIdentity(ctx, i)
	})
	s.announce(ctx, id)
}
