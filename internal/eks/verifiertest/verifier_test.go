package verifiertest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/uuid"
	"sigs.k8s.io/aws-iam-authenticator/pkg/token"

	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/eks"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
)

const (
	keyID        = "AKIAIOSFODNN7EXAMPLE"
	secretKey    = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	sessionToken = "a session token/with+signs="
	region       = "eu-west-1"
	roleARN      = "arn:aws:sts::210987654321:assumed-role/roadstead-provision/roadstead-connect-x"
)

// TestVerifierJudgesOurTokens hands tokens of ours to the verifier, which asks the token service in the name of whoever
// signed them. A server of this process stands in for the service: the verifier has no transport of its own, so the one
// of the process leads there.
func TestVerifierJudgesOurTokens(t *testing.T) { //nolint:paralleltest // it changes the transport of the process
	service := httptest.NewTLSServer(http.HandlerFunc(callerIdentity))
	defer service.Close()
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	http.DefaultTransport = leadingTo(service)

	tests := []struct {
		name    string
		cluster string // that the token is for
		asks    string // that the verifier stands at
		region  string
		age     time.Duration
		want    bool
	}{
		{"fresh", "orders", "orders", region, 0, true},
		{"14 minutes old", "orders", "orders", region, 14 * time.Minute, true},
		{"16 minutes old", "orders", "orders", region, 16 * time.Minute, false},
		{"for another cluster", "orders", "payments", region, 0, false},
		{"of another region of the partition", "orders", "orders", "us-east-2", 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			made := bearer(t, test.cluster, test.region, time.Now().Add(-test.age))
			identity, err := token.NewVerifier(test.asks, "aws", region).Verify(made)
			if (err == nil) != test.want {
				t.Fatalf("Verify = %v, want it accepted: %t", err, test.want)
			}
			if test.want && (identity.ARN != roleARN || identity.AccessKeyID != keyID) {
				t.Errorf("identity = %+v", identity)
			}
		})
	}
}

// bearer is a token as the product makes it, at a time.
func bearer(t *testing.T, cluster, region string, at time.Time) string {
	t.Helper()
	cloud := eks.New(eks.Config{Guard: egress.NewGuard(egress.Config{}), Now: func() time.Time { return at }})
	session := provision.Session{
		AccessKeyID: secret.NewValue([]byte(keyID)), SecretKey: secret.NewValue([]byte(secretKey)),
		SessionToken: secret.NewValue([]byte(sessionToken)), Region: region, Partition: "aws",
	}
	made, err := cloud.Bearer(t.Context(), session, provision.Run{UUID: uuid.NewString(), Spec: provision.Spec{Name: cluster}})
	if err != nil {
		t.Fatal(err)
	}
	var text string
	made.Reveal(func(b []byte) { text = string(b) })
	return text
}

// leadingTo reaches the server whatever host is asked for.
func leadingTo(server *httptest.Server) *http.Transport {
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12},
	}
}

// callerIdentity answers as the token service does: to a question whose signature, made anew with the key that it knows
// and the header that came with it, is the one that came.
func callerIdentity(w http.ResponseWriter, r *http.Request) {
	if !signedRight(r) {
		http.Error(w, `{"Error":{"Code":"SignatureDoesNotMatch"}}`, http.StatusForbidden)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"GetCallerIdentityResponse": map[string]any{
		"GetCallerIdentityResult": map[string]string{
			"Account": "210987654321", "Arn": roleARN, "UserId": "AROAEXAMPLE:roadstead-connect-x",
		},
	}})
}

func signedRight(r *http.Request) bool {
	asked := r.URL.Query()
	at, err := time.Parse("20060102T150405Z", asked.Get("X-Amz-Date"))
	if err != nil || asked.Get("X-Amz-SignedHeaders") != "host;x-k8s-aws-id" {
		return false
	}
	query := url.Values{}
	for _, name := range []string{"Action", "Version", "X-Amz-Expires"} {
		query.Set(name, asked.Get(name))
	}
	again, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "https://"+r.Host+"/?"+query.Encode(), http.NoBody)
	if err != nil {
		return false
	}
	again.Header.Set("X-K8s-Aws-Id", r.Header.Get("X-K8s-Aws-Id"))
	const emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secretKey, SessionToken: sessionToken}
	name := regionOf(r.Host)
	signed, _, err := v4.NewSigner().PresignHTTP(r.Context(), key, again, emptyPayload, "sts", name, at)
	if err != nil {
		return false
	}
	u, err := url.Parse(signed)
	return err == nil && u.Query().Get("X-Amz-Signature") == asked.Get("X-Amz-Signature")
}

// regionOf reads "sts.eu-west-1.amazonaws.com".
func regionOf(host string) string {
	const prefix, suffix = "sts.", ".amazonaws.com"
	return host[len(prefix) : len(host)-len(suffix)]
}
