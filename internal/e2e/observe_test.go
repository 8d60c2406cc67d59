package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// call is a line of kubernetes.log.
type call struct {
	CorrelationID, Namespace, Verb, Resource, Name, Code, Job, Event string
	ClusterID, ProjectID                                             int64
	Status, Attempt                                                  int
}

// calls reads kubernetes.log, and which fields its lines have.
func (s *server) calls(t *testing.T) (lines []call, fields map[string]bool) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, "data", "log", "kubernetes.log"))
	if err != nil {
		t.Fatal(err)
	}
	fields = map[string]bool{}
	for line := range bytes.Lines(content) {
		var all map[string]any
		if err := json.Unmarshal(line, &all); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		for name := range all {
			fields[name] = true
		}
		named := map[string]any{}
		for name, value := range all {
			named[strings.ReplaceAll(name, "_", "")] = value
		}
		again, err := json.Marshal(named)
		if err != nil {
			t.Fatal(err)
		}
		var c call
		if err := json.Unmarshal(again, &c); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, c)
	}
	return lines, fields
}

// send sends a request to the API and returns its correlation.
func (s *server) send(ctx context.Context, t *testing.T, method, path string, body any) string {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+s.address+path, bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		var text bytes.Buffer
		_, _ = text.ReadFrom(answer.Body)
		t.Fatalf("%s %s: %s %s", method, path, answer.Status, text.String())
	}
	return answer.Header.Get("X-Request-ID")
}

// attachment is the body that attaches the shared cluster.
func attachment(t *testing.T, name string) map[string]string {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(shared.dir, "cluster", "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"name": name, "level": "instance", "api_url": shared.api, "ca": string(ca), "token": shared.token}
}

// TestOneCorrelationFromRequestToCall attaches, provisions and installs over the API, and finds under the id of each
// answer every call that it led to, however many jobs and waits lie between.
func TestOneCorrelationFromRequestToCall(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	ctx := t.Context()
	attached := s.send(ctx, t, http.MethodPost, "/api/v1/clusters", attachment(t, n.cluster))
	eventually(t, settled, func() error { return s.clusterConnected(n) })
	s.must(t, "group", "create", n.group)
	s.must(t, "project", "create", n.project)
	provisioned := s.send(ctx, t, http.MethodPut, n.namespacePath(), map[string]string{})
	eventually(t, settled, func() error { return s.namespaceReady(n) })
	installed := s.send(ctx, t, http.MethodPost, "/api/v1/clusters/"+n.cluster+"/applications/"+n.app+"/install", map[string]string{})
	eventually(t, settled, func() error { return s.appInstalled(n) })

	lines, fields := s.calls(t)
	for what, is := range map[string]func(c call) bool{
		"the check of the connection": func(c call) bool {
			return c.CorrelationID == attached && c.Resource == "version" && strings.HasPrefix(c.Job, "value/")
		},
		"begin_create": func(c call) bool {
			return c.CorrelationID == provisioned && c.Event == "begin_create" && c.ProjectID == 1 && c.Namespace != ""
		},
		"the creation of the namespace": func(c call) bool {
			return c.CorrelationID == provisioned && c.Verb == "create" && c.Resource == "namespaces" && c.Status == http.StatusCreated &&
				c.ProjectID == 1 && c.Job == "namespace/1" && c.Attempt == 1
		},
		"begin_install": func(c call) bool {
			return c.CorrelationID == installed && c.Event == "begin_install" && c.Job == "operation/1" && c.Name == n.app
		},
		"the creation of the pod": func(c call) bool {
			return c.CorrelationID == installed && c.Verb == "create" && c.Resource == "pods" && c.Job == "operation/1"
		},
		"the end, which came after waiting": func(c call) bool {
			return c.CorrelationID == installed && c.Verb == "delete" && c.Job == "operation/1"
		},
	} {
		if !has(lines, is) {
			t.Errorf("kubernetes.log lacks %s", what)
		}
	}
	for _, c := range lines {
		if t.Failed() {
			t.Logf("%+v", c)
		}
		if c.CorrelationID == "" || c.Job == "" || c.ClusterID == 0 || c.Verb != "" && c.Attempt == 0 {
			t.Errorf("a line does not say where it belongs: %+v", c)
		}
	}
	want := []string{
		"time", "level", "correlation_id", "cluster_id", "project_id", "namespace", "verb", "group", "resource", "name", "status",
		"code", "duration_ms", "attempt", "job", "event",
	}
	for _, field := range want {
		if !fields[field] {
			t.Errorf("no line has %s; they have %v", field, slices.Sorted(maps.Keys(fields)))
		}
	}
	said := s.must(t, "log", "kubernetes", "--data-dir", filepath.Join(s.dir, "data"), "--cluster", n.cluster, "--correlation", installed)
	if !strings.Contains(said, "begins to install "+n.app) || strings.Contains(said, provisioned) {
		t.Errorf("the log command says\n%s", said)
	}
}

func has(lines []call, is func(c call) bool) bool { return slices.ContainsFunc(lines, is) }

// TestMetricsTellWhatOperatorsAsk scrapes a server at work, and forgets the cluster with its registration.
func TestMetricsTellWhatOperatorsAsk(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	s.mainJob(t, n)
	text := string(s.read(t, "/metrics"))
	for _, want := range []string{
		`roadstead_cluster_calls_total{cluster="1",code="ok"} `, `roadstead_cluster_calls_total{cluster="1",code="cluster_not_found"} `,
		`roadstead_job_duration_seconds_count{kind="operation",outcome="done"} `, `roadstead_mirror_views{state="live"} `,
		`roadstead_http_request_duration_seconds_count{method="POST",route="POST /api/v1/clusters",status="201"} 1`,
		`roadstead_cluster_call_duration_seconds_count `, `roadstead_cluster_breaker_open{cluster="1"} 0`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	for _, never := range []string{n.cluster, n.project, n.app, shared.api} {
		if strings.Contains(text, never) {
			t.Errorf("the metrics name %s", never)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	s.must(t, "cluster", "remove", n.cluster)
	eventually(t, settled, func() error {
		if text := string(s.read(t, "/metrics")); strings.Contains(text, `cluster="1"`) {
			return fmt.Errorf("the metrics remember the cluster")
		}
		return nil
	})
}
