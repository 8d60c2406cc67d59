package kube

import (
	"context"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/secret"
)

// TokenRequest asks for a token of a service account, bound to a Secret: the token dies within seconds of it.
type TokenRequest struct {
	Lifetime   time.Duration // the API server's least is 10 minutes
	SecretName string
	SecretUID  string
}

// CreateToken makes a token and says when it expires, which the cluster may have decided otherwise.
func (c *Client) CreateToken(ctx context.Context, namespace, account string, r TokenRequest) (secret.Value, time.Time, error) {
	seconds := int64(r.Lifetime.Seconds())
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: &seconds,
		BoundObjectRef: &authenticationv1.BoundObjectReference{
			Kind: "Secret", APIVersion: "v1", Name: r.SecretName, UID: types.UID(r.SecretUID),
		},
	}}
	ref := Ref{Kind: "ServiceAccount", Namespace: namespace, Name: account}
	if err := c.post(ctx, ref, "token", request, request); err != nil {
		return secret.Value{}, time.Time{}, fmt.Errorf("asking for a token: %w", err)
	}
	if request.Status.Token == "" {
		return secret.Value{}, time.Time{}, fmt.Errorf("asking for a token: %w", apperr.Of(apperr.ClusterBadResponse))
	}
	return secret.NewValue([]byte(request.Status.Token)), request.Status.ExpirationTimestamp.Time, nil
}
