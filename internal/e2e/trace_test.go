package e2e_test

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
)

// tracesSink is a collector of traces that keeps them.
type tracesSink struct {
	*httptest.Server

	mu    sync.Mutex
	spans []*trace.Span
	asked int
	all   string
}

func newTracesSink(t *testing.T) *tracesSink {
	t.Helper()
	c := &tracesSink{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var export collector.ExportTraceServiceRequest
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = proto.Unmarshal(body, &export)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked++
		c.all += prototext.Format(&export)
		for _, resource := range export.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				c.spans = append(c.spans, scope.GetSpans()...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// find returns the first span of a name under a parent; nil is any.
func (c *tracesSink) find(name string, parent *trace.Span) *trace.Span {
	for _, s := range c.spans {
		if s.GetName() == name && (parent == nil || string(s.GetParentSpanId()) == string(parent.GetSpanId()) &&
			string(s.GetTraceId()) == string(parent.GetTraceId())) {
			return s
		}
	}
	return nil
}

// TestOneTraceFromRequestToCall attaches a cluster over the API and finds request, job and call in one trace.
func TestOneTraceFromRequestToCall(t *testing.T) {
	t.Parallel()
	sink := newTracesSink(t)
	n := newNames()
	s := &server{bin: filepath.Join(shared.bin, "roadstead"), dir: t.TempDir(), token: adminToken}
	s.env = []string{"ROADSTEAD_TRACES=otlp", "OTEL_EXPORTER_OTLP_ENDPOINT=" + sink.URL, "OTEL_BSP_SCHEDULE_DELAY=100"}
	s.mustStart(t)
	t.Cleanup(func() { s.process.Kill() })
	s.send(t.Context(), t, http.MethodPost, "/api/v1/clusters?wait=30s", attachment(t, n.cluster))
	eventually(t, settled, func() error {
		sink.mu.Lock()
		defer sink.mu.Unlock()
		request := sink.find("POST /api/v1/clusters", nil)
		if request == nil {
			return fmt.Errorf("no span of the request among %d", len(sink.spans))
		}
		job := sink.find("job value", request)
		if job == nil {
			return fmt.Errorf("no job in the trace %s", hex.EncodeToString(request.GetTraceId()))
		}
		version := sink.find("call get version", job)
		if version == nil {
			return fmt.Errorf("no call under the job")
		}
		if began, ended := version.GetStartTimeUnixNano(), version.GetEndTimeUnixNano(); began >= ended || began < job.GetStartTimeUnixNano() {
			return fmt.Errorf("the call lasts from %d to %d", began, ended)
		}
		return nil
	})
	s.process.Stop()
	for _, never := range []string{shared.token, shared.api, strings.TrimPrefix(shared.api, "https://"), n.cluster, s.address, "wait=", adminToken} {
		if strings.Contains(sink.all, never) {
			t.Errorf("the traces hold %q", never)
		}
	}
	t.Logf("%d spans in %d exports", len(sink.spans), sink.asked)
}

// TestNothingIsTracedUnasked has the variables of other programs around, but not ours.
func TestNothingIsTracedUnasked(t *testing.T) {
	t.Parallel()
	sink := newTracesSink(t)
	n := newNames()
	s := &server{bin: filepath.Join(shared.bin, "roadstead"), dir: t.TempDir(), token: adminToken}
	s.env = []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + sink.URL, "OTEL_BSP_SCHEDULE_DELAY=100"}
	s.mustStart(t)
	s.send(t.Context(), t, http.MethodPost, "/api/v1/clusters", attachment(t, n.cluster))
	eventually(t, settled, func() error { return s.clusterConnected(n) })
	s.process.Stop() // what waits would be sent by now
	if sink.asked > 0 {
		t.Errorf("%d exports", sink.asked)
	}
}
