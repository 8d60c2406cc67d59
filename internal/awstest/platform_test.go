package awstest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/roadstead/roadstead/internal/awstest"
	"github.com/roadstead/roadstead/internal/kubetest"
)

// apiServer calls the API server that a cluster turns out to be.
type apiServer struct {
	t      *testing.T
	url    string
	client *http.Client
}

func (w *world) apiServer(name string) apiServer {
	w.t.Helper()
	found, err := w.eks().DescribeCluster(w.t.Context(), &eks.DescribeClusterInput{Name: &name})
	if err != nil {
		w.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(authority(w.t, found)))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}
	return apiServer{w.t, *found.Cluster.Endpoint, &http.Client{Transport: transport, Timeout: 10 * time.Second}}
}

// call returns the status of an answer and the answer.
func (a apiServer) call(method, path, token, body string) (int, map[string]any) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := a.client.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	data, _ := io.ReadAll(response.Body)
	var answer map[string]any
	_ = json.Unmarshal(data, &answer)
	return response.StatusCode, answer
}

func TestAClusterIsARealOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	control := kubetest.OwnDevcluster(t, "--authentication-webhook", w.cloud.WebhookURL(""))
	w.cloud.UsePlatform(awstest.Platform{URL: control.APIURL, CA: control.CA})
	w.create(w.clusterStack("roadstead-1-1"))
	server, q := w.apiServer("seaside"), rightQuestion()

	status, nodes := server.call(http.MethodGet, "/api/v1/nodes", q.token(t, w.customer()), "")
	if items, _ := nodes["items"].([]any); status != http.StatusOK || len(items) != 1 {
		t.Errorf("nodes as the provisioning role: %d, %v", status, nodes)
	}
	const review = `{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}`
	status, who := server.call(http.MethodPost, "/apis/authentication.k8s.io/v1/selfsubjectreviews", q.token(t, w.customer()), review)
	text, _ := json.Marshal(who)
	if status != http.StatusCreated || !strings.Contains(string(text), "assumed-role/provision/roadstead-run-1") {
		t.Errorf("who am I: %d, %s", status, text)
	}
	q.cluster = "other"
	if status, _ := server.call(http.MethodGet, "/api/v1/nodes", q.token(t, w.customer()), ""); status != http.StatusUnauthorized {
		t.Errorf("a token for another cluster: %d", status)
	}
	if status, _ := server.call(http.MethodGet, "/api/v1/nodes", control.Token, ""); status != http.StatusOK {
		t.Errorf("a service account's token beside the webhook: %d", status)
	}
}

func TestAnEndpointMayRefuseForAWhile(t *testing.T) {
	t.Parallel()
	stub, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stub.Close()
	go func() {
		for {
			connection, err := stub.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(connection, "hello")
			_ = connection.Close()
		}
	}()
	w := newWorld(t, awstest.Config{})
	w.cloud.UsePlatform(awstest.Platform{URL: "https://" + stub.Addr().String()})
	w.cloud.DelayEndpoint(time.Second)
	w.create(w.clusterStack("roadstead-1-1"))
	found, err := w.eks().DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: aws.String("seaside")})
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(*found.Cluster.Endpoint, "https://")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var dialer net.Dialer
	refusals := 0
	for {
		connection, err := dialer.DialContext(ctx, "tcp", address)
		if err == nil {
			data, _ := io.ReadAll(connection)
			_ = connection.Close()
			if string(data) != "hello" || refusals == 0 {
				t.Errorf("after %d refusals the endpoint says %q", refusals, data)
			}
			return
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		refusals++
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func authority(t *testing.T, found *eks.DescribeClusterOutput) string {
	t.Helper()
	pem, err := base64.StdEncoding.DecodeString(*found.Cluster.CertificateAuthority.Data)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem)
}
