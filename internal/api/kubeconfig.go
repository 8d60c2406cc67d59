package api

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
)

// NewKubeconfig says what credential is wanted.
type NewKubeconfig struct {
	LifetimeSeconds int64 `json:"lifetime_seconds,omitempty" minimum:"600" maximum:"86400" doc:"One hour if absent"`
}

// Kubeconfig is a short-lived credential for one namespace. It is the one answer that holds a token, which is why it is
// made by a POST and kept nowhere.
type Kubeconfig struct {
	Kubeconfig string    `json:"kubeconfig" doc:"YAML with server, CA, token and namespace"`
	ExpiresAt  time.Time `json:"expires_at"`
	ClusterID  int64     `json:"cluster_id"`
	Namespace  string    `json:"namespace"`
}

type kubeconfigInput struct {
	EnvironmentInput
	Body *NewKubeconfig
}

// createKubeconfig waits for a worker to mint the token, at most ten seconds. It waits on our own store, never on a
// cluster.
func (h *Handler) createKubeconfig(ctx context.Context, in *kubeconfigInput) (*body[Kubeconfig], error) {
	one, err := h.namespaceOf(ctx, in.EnvironmentInput)
	if err != nil {
		return nil, err
	}
	if err := h.Limits.Allow(ctx, auth.Mints, auth.ProjectKey(one.ProjectID)); err != nil {
		return nil, err
	}
	var lifetime time.Duration
	if in.Body != nil {
		lifetime = time.Duration(in.Body.LifetimeSeconds) * time.Second
	}
	grant, err := h.Namespaces.RequestCredential(ctx, one.ID, lifetime)
	if err != nil {
		return nil, err
	}
	text, err := grant.Kubeconfig()
	if err != nil {
		return nil, err
	}
	return &body[Kubeconfig]{Kubeconfig{
		Kubeconfig: string(text), ExpiresAt: grant.ExpiresAt,
		ClusterID: grant.Cluster.ID, Namespace: grant.Namespace.Name,
	}}, nil
}
