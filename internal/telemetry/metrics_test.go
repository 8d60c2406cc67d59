package telemetry_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/telemetry"
)

func TestMetricsAreServed(t *testing.T) {
	t.Parallel()
	metrics := telemetry.NewMetrics()
	metrics.HTTPRequest("GET /api/v1/clusters", "GET", 200, 3*time.Millisecond)
	metrics.ClusterCall(7, "", time.Millisecond)
	metrics.ClusterCall(7, "cluster_timeout", time.Second)
	metrics.JobRun("namespace", "done", time.Second)

	text := scrape(metrics)

	for _, want := range []string{
		`roadstead_http_request_duration_seconds_count{method="GET",route="GET /api/v1/clusters",status="200"} 1`,
		`roadstead_cluster_calls_total{cluster="7",code="ok"} 1`,
		`roadstead_cluster_calls_total{cluster="7",code="cluster_timeout"} 1`,
		`roadstead_cluster_call_duration_seconds_count 2`,
		`roadstead_job_duration_seconds_count{kind="namespace",outcome="done"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("metrics lack %s:\n%s", want, text)
		}
	}
}

func TestRemovedClusterIsForgotten(t *testing.T) {
	t.Parallel()
	metrics := telemetry.NewMetrics()
	metrics.ClusterCall(7, "", time.Millisecond)
	metrics.ClusterCall(7, "cluster_timeout", time.Millisecond)
	metrics.ClusterCall(8, "", time.Millisecond)

	metrics.ForgetCluster(7)

	text := scrape(metrics)
	if strings.Contains(text, `cluster="7"`) || !strings.Contains(text, `cluster="8"`) {
		t.Errorf("metrics should have dropped cluster 7 and kept 8:\n%s", text)
	}
}

func scrape(metrics *telemetry.Metrics) string {
	recorder := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return recorder.Body.String()
}
