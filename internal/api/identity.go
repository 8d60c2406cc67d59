package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Identity is how we sign in to a cluster: with what was pasted, or with an account of our own.
type Identity struct {
	State    cluster.IdentityState `json:"state" enum:"pasted,preparing,proving,refused,own,rotating,leaving"`
	InUse    bool                  `json:"in_use" doc:"The account of our own is used; nothing that was pasted is stored"`
	Features []cluster.Feature     `json:"features" nullable:"false" doc:"What the account has rights for"`
	// Namespace and Account name the account in the cluster, also before it is made.
	Namespace  string    `json:"namespace"`
	Account    string    `json:"account"`
	Since      time.Time `json:"since,omitzero" doc:"When the account came into use"`
	TokenSince time.Time `json:"token_since,omitzero" doc:"When its present token came into use"`
	RotateAt   time.Time `json:"rotate_at,omitzero" doc:"When its next token is due"`
	Error      *Reason   `json:"error,omitempty" doc:"Why the last step did not succeed"`
	Topic      string    `json:"topic" doc:"What to follow at /events"`
}

// AdoptIdentity asks for an account of our own, or for a new token of it.
type AdoptIdentity struct {
	Action   string   `json:"action,omitempty" enum:"adopt,rotate" default:"adopt"`
	Features []string `json:"features,omitempty" enum:"namespaces,applications,live" doc:"What it gets rights for; everything if absent"`
}

type adoptInput struct {
	ClusterInput
	WaitInput
	Body AdoptIdentity
}

type identityManifestInput struct {
	ClusterInput
	Features []string `query:"features" enum:"namespaces,applications,live" doc:"What it gets rights for; everything if absent"`
}

func (h *Handler) mountIdentity(r router) {
	route(r, "GET /clusters/{cluster}/identity", "show-identity", "Show how we sign in to a cluster",
		h.needs(auth.ReadCluster, h.ofCluster), h.showIdentity)
	route(r, "POST /clusters/{cluster}/identity", "adopt-identity",
		"Swap a pasted credential for an account of our own, or rotate its token",
		h.needs(auth.AdminCluster, h.ofCluster), h.adoptIdentity, answers(http.StatusAccepted))
	route(r, "GET /clusters/{cluster}/identity/manifest", "show-identity-manifest",
		"Show all that is made in a cluster for an account of our own",
		h.needs(auth.ReadCluster, h.ofCluster), h.showIdentityManifest)
}

func (h *Handler) showIdentity(ctx context.Context, in *showClusterInput) (*result[Identity], error) {
	one := found[cluster.Cluster](ctx)
	subject := h.identity(one.ID)
	shown, err := await(ctx, h, in.WaitInput, subject)
	return &result[Identity]{in.statusOf(subject.done(shown)), shown}, err
}

func (h *Handler) adoptIdentity(ctx context.Context, in *adoptInput) (*result[Identity], error) {
	one := found[cluster.Cluster](ctx)
	var err error
	if in.Body.Action == "rotate" {
		_, err = h.Clusters.Rotate(ctx, one.ID)
	} else {
		_, err = h.Clusters.Adopt(ctx, one.ID, featuresOf(in.Body.Features))
	}
	if err != nil {
		return nil, err
	}
	subject := h.identity(one.ID)
	shown, err := await(ctx, h, in.WaitInput, subject)
	if err == nil && in.Wait != "" && subject.done(shown) {
		return &result[Identity]{http.StatusOK, shown}, nil
	}
	return &result[Identity]{http.StatusAccepted, shown}, err
}

func (h *Handler) showIdentityManifest(ctx context.Context, in *identityManifestInput) (*textOutput, error) {
	one := found[cluster.Cluster](ctx)
	text, err := h.Manifests.Identity(h.Clusters.IdentitySpec(one.ID, featuresOf(in.Features)))
	return &textOutput{"application/yaml", text}, err
}

// identity is how we sign in to a cluster, until nothing about it is on its way.
func (h *Handler) identity(id int64) watched[Identity] {
	return watched[Identity]{
		topics: []string{clusterTopic(id)},
		read: func(ctx context.Context) (Identity, error) {
			i, err := h.Clusters.Identity(ctx, id)
			if err != nil {
				return Identity{}, fmt.Errorf("read the identity of cluster %d: %w", id, err)
			}
			return h.viewIdentity(i), nil
		},
		done: func(i Identity) bool { return cluster.Identity{State: i.State}.Settled() },
	}
}

func (h *Handler) viewIdentity(i cluster.Identity) Identity {
	spec := h.Clusters.IdentitySpec(i.ClusterID, i.Features)
	shown := Identity{
		State: i.State, InUse: i.InUse(), Features: i.Features, Namespace: spec.Namespace, Account: cluster.Account,
		Error: reasonOf(i.Code, i.Detail...), Topic: clusterTopic(i.ClusterID),
	}
	if shown.Features == nil {
		shown.Features = []cluster.Feature{}
	}
	if i.InUse() {
		shown.Since, shown.TokenSince, shown.RotateAt = i.Since, i.TokenSince, i.RotateAt
	}
	if i.Code == apperr.RightsMissing {
		shown.Error.Title, shown.Error.Hint = cluster.IdentityRightsMissing()
	}
	return shown
}

func featuresOf(names []string) []cluster.Feature {
	features := make([]cluster.Feature, len(names))
	for i, name := range names {
		features[i] = cluster.Feature(name)
	}
	return features
}
