package kube

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/secret"
)

func newBound(t *testing.T, s *kubetest.Server) *Client {
	t.Helper()
	c, err := NewClients(Config{Guard: kubetest.Guard()}).Dial(Target{
		APIURL: s.URL, CAPEM: s.CA, Token: secret.NewValue([]byte(kubetest.Token)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func send(t *testing.T, c *Client, method, target string, header http.Header) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	resp, err := c.http.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

func TestOnlyOurHeadersLeave(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	err := send(t, newBound(t, s), http.MethodGet, s.URL+"/version", http.Header{
		"Authorization": {"Bearer foreign"}, "Impersonate-User": {"system:admin"}, "Impersonate-Group": {"system:masters"},
		"Cookie": {"a=b"}, "Upgrade": {"SPDY/3.1"}, "Connection": {"Upgrade"}, "X-Forwarded-For": {"x"}, "Accept": {"application/json"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range s.Requests()[0].Header {
		switch name {
		case "Accept", "Accept-Encoding", "User-Agent":
		case "Authorization":
			if values[0] != "Bearer "+kubetest.Token {
				t.Errorf("Authorization = %q", values)
			}
		default:
			t.Errorf("header %s = %q left", name, values)
		}
	}
}

func TestTokenGoesToItsServerAlone(t *testing.T) {
	t.Parallel()
	home, other := kubetest.NewServer(t), kubetest.NewServer(t)
	c := newBound(t, home)
	host := strings.TrimPrefix(home.URL, "https://")
	for name, target := range map[string]string{
		"other port":   other.URL + "/version",
		"plain text":   "http://" + host + "/version",
		"other name":   strings.Replace(home.URL, "127.0.0.1", "localhost", 1) + "/version",
		"with a user":  "https://user@" + host + "/version",
		"default port": "https://127.0.0.1/version",
	} {
		if err := send(t, c, http.MethodGet, target, nil); apperr.CodeOf(err) != apperr.ClusterAddressRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(other.Requests()) + len(home.Requests()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestParseRequest(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]request{
		"GET /version":                {verb: "get", resource: "version"},
		"GET /api":                    {verb: "get"},
		"GET /apis/apps":              {verb: "get", group: "apps"},
		"GET /api/v1/pods":            {verb: "list", version: "v1", resource: "pods"},
		"GET /api/v1/pods?watch=true": {verb: "watch", version: "v1", resource: "pods"},
		"GET /api/v1/namespaces/a":    {verb: "get", version: "v1", resource: "namespaces", name: "a"},
		"PATCH /api/v1/namespaces/a/status": {
			verb: "patch", version: "v1", resource: "namespaces", name: "a", subresource: "status",
		},
		"POST /api/v1/namespaces/a/serviceaccounts/b/token": {
			verb: "create", version: "v1", resource: "serviceaccounts", namespace: "a", name: "b", subresource: "token",
		},
		"GET /api/v1/namespaces/a/pods/b/log": {
			verb: "get", version: "v1", resource: "pods", namespace: "a", name: "b", subresource: "log",
		},
		"DELETE /apis/apps/v1/namespaces/a/deployments/b": {
			verb: "delete", group: "apps", version: "v1", resource: "deployments", namespace: "a", name: "b",
		},
	} {
		got, err := parse(target)
		if err != nil || got != want {
			t.Errorf("%s = %+v, %v; want %+v", target, got, err, want)
		}
	}
}

// TestRequestIsRefusedInTheTransport: whoever makes such a request, it does not leave.
func TestRequestIsRefusedInTheTransport(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"GET /", "GET /apis", "GET /openapi/v3", "GET /metrics", "GET /logs/kubelet.log", "GET /debug/pprof/",
		"GET /apis/example.com", "GET /apis/example.com/v1/things", "GET /apis/certificates.k8s.io/v1/certificatesigningrequests",
		"GET /api/v1/namespaces/a/pods/b/exec", "POST /api/v1/namespaces/a/pods/b/attach", "POST /api/v1/namespaces/a/pods/b/portforward",
		"GET /api/v1/namespaces/a/pods/b/proxy", "GET /api/v1/namespaces/a/services/b/proxy/secret", "GET /api/v1/nodes/n/proxy/pods",
		"PUT /api/v1/namespaces/a/pods/b", "OPTIONS /api/v1/pods", "CONNECT /api/v1/pods", "TRACE /version",
		"DELETE /api/v1/namespaces/a/pods", "PATCH /api/v1/pods", "POST /version", "POST /api", "DELETE /apis/apps",
		"GET /api/v1/namespaces/a/pods/..", "GET /api/v1/namespaces/../pods", "GET /api/v1//pods", "GET /api/v1/pods/a%2Fexec",
		"GET /version/", "GET /versionx", "GET /api/v1/namespaces/a/pods/b/log/c",
	} {
		if r, err := parse(target); !errors.Is(err, errUnsupported) {
			t.Errorf("%s passes as %+v, %v", target, r, err)
		}
	}
	s := kubetest.NewServer(t)
	if err := send(t, newBound(t, s), http.MethodGet, s.URL+"/apis/example.com/v1/things", nil); apperr.CodeOf(err) != apperr.ClusterUnsupported {
		t.Errorf("err = %v", err)
	}
	if len(s.Requests()) != 0 {
		t.Error("the request left")
	}
}

func TestBasePathIsKept(t *testing.T) {
	t.Parallel()
	u := &url.URL{Path: "/k8s/clusters/c-1/api/v1/pods"}
	if r, err := parseRequest(http.MethodGet, u, "/k8s/clusters/c-1"); err != nil || r.resource != "pods" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, path := range []string{"/api/v1/pods", "/k8s/clusters/c-2/api/v1/pods", "/k8s/clusters/c-12/api"} {
		if _, err := parseRequest(http.MethodGet, &url.URL{Path: path}, "/k8s/clusters/c-1"); err == nil {
			t.Errorf("%s is outside of the base path", path)
		}
	}
}

func parse(target string) (request, error) {
	method, rest, _ := strings.Cut(target, " ")
	u, err := url.Parse(rest)
	if err != nil {
		return request{}, err
	}
	return parseRequest(method, u, "")
}

func FuzzParseRequest(f *testing.F) {
	f.Add("GET", "/api/v1/namespaces/a/pods/b/log?watch=true")
	f.Add("DELETE", "/apis/apps/v1/namespaces/a/deployments/b")
	f.Fuzz(func(t *testing.T, method, raw string) {
		u, err := url.Parse(raw)
		if err != nil {
			return
		}
		r, err := parseRequest(method, u, "")
		if err != nil {
			return
		}
		_, known := findGroup(r.group)
		for _, word := range []string{"proxy", "exec", "attach", "portforward"} {
			if r.subresource == word {
				t.Fatalf("%s %s passes", method, raw)
			}
		}
		if !known || strings.Contains(u.EscapedPath(), "%") || strings.Contains(u.Path, "..") && strings.Contains(u.Path, "/../") {
			t.Fatalf("%s %s passes as %+v", method, raw, r)
		}
	})
}
