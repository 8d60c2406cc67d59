package eks

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
)

const (
	tokenPrefix = "k8s-aws-v1."
	// clusterHeader is signed, so that a token for one cluster is none for another.
	clusterHeader = "X-K8s-Aws-Id"
	// tokenExpires is what every client of EKS says, in seconds. It is ignored: a token holds for 15 minutes after its date.
	tokenExpires = "60"
	// emptyPayload is the SHA-256 of nothing.
	emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// Bearer makes the token that a cluster on EKS takes for proof of who we are: a signed question to the token service,
// which the cluster asks in our place.
func (c *Cloud) Bearer(ctx context.Context, s provision.Session, run provision.Run) (secret.Value, error) {
	return bearer(ctx, s, run.Spec.Name, c.now())
}

func bearer(ctx context.Context, s provision.Session, cluster string, at time.Time) (secret.Value, error) {
	host, err := stsHost(s.Partition, s.Region)
	if err != nil {
		return secret.Value{}, fmt.Errorf("making a token for the cluster: %w", err)
	}
	query := url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}, "X-Amz-Expires": {tokenExpires}}
	question := url.URL{Scheme: "https", Host: host, Path: "/", RawQuery: query.Encode()}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, question.String(), http.NoBody)
	if err != nil {
		return secret.Value{}, fmt.Errorf("making a token for the cluster: %w", err)
	}
	request.Header.Set(clusterHeader, cluster)
	credentials, err := sessionCredentials(s).Retrieve(ctx)
	if err != nil {
		return secret.Value{}, failed("making a token for the cluster", err)
	}
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, request, emptyPayload, "sts", s.Region, at.UTC())
	if err != nil {
		return secret.Value{}, fmt.Errorf("signing a token for the cluster: %w", err)
	}
	return secret.NewValue([]byte(tokenPrefix + base64.RawURLEncoding.EncodeToString([]byte(signed)))), nil
}
