package api_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apitest"
)

// client calls the API of one world as the administrator.
type client struct {
	t   *testing.T
	url string
}

func newClient(t *testing.T) (*apitest.World, client) {
	t.Helper()
	w := apitest.New(t)
	return w, client{t, w.Serve(t)}
}

// call sends a request and decodes the answer into out, unless that is nil.
func (c client) call(method, path, body string, out any) *http.Response {
	c.t.Helper()
	response := c.open(method, path, body)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	response.Body = io.NopCloser(strings.NewReader(string(text)))
	return response
}

func (c client) open(method, path, body string) *http.Response {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+apitest.Token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	return response
}

// must is call for requests that are only preparation.
func (c client) must(method, path, body string) {
	c.t.Helper()
	if r := c.call(method, path, body, nil); r.StatusCode >= http.StatusBadRequest {
		text, _ := io.ReadAll(r.Body)
		c.t.Fatalf("%s %s: %d %s", method, path, r.StatusCode, text)
	}
}

// shop makes a group, a project and a cluster.
func (c client) shop() {
	c.t.Helper()
	c.must("POST", "/api/v1/groups", `{"path": "acme"}`)
	c.must("POST", "/api/v1/projects", `{"path": "acme/shop"}`)
	c.must("POST", "/api/v1/clusters?wait=10s", newCluster("staging", "https://k8s.example.com"))
}

func newCluster(name, address string) string {
	text, _ := json.Marshal(api.NewCluster{Name: name, Level: "instance", APIURL: address, Token: "cluster-token"})
	return string(text)
}

// sse is one server-sent event.
type sse struct {
	Event string
	Data  string
}

// events parses a stream until it ends or wanted events were read.
func events(t *testing.T, r io.Reader, wanted int) []sse {
	t.Helper()
	var all []sse
	var next sse
	lines := bufio.NewScanner(r)
	for len(all) < wanted && lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "event":
			next.Event = value
		case "data":
			next.Data = value
		case "":
			if next.Event != "" {
				all = append(all, next)
			}
			next = sse{}
		}
	}
	return all
}
