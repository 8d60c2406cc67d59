package telemetry

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts what the program does. Its methods are the only way to do so, which keeps Prometheus out of the
// packages that are counted.
type Metrics struct {
	registry       *prometheus.Registry
	httpSeconds    *prometheus.HistogramVec
	clusterCalls   *prometheus.CounterVec
	clusterSeconds prometheus.Histogram
	jobSeconds     *prometheus.HistogramVec

	mu       sync.Mutex
	clusters map[int64]struct{} // those with counts
}

// NewMetrics returns metrics in a registry of their own.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		clusters: map[int64]struct{}{},
		httpSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "roadstead_http_request_duration_seconds",
			Help:    "Time to answer a request, by route pattern, method and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 60},
		}, []string{"route", "method", "status"}),
		clusterCalls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "roadstead_cluster_calls_total",
			Help: "Calls to a cluster, by cluster id and error code (ok when it went well).",
		}, []string{"cluster", "code"}),
		clusterSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "roadstead_cluster_call_duration_seconds",
			Help:    "Time of a call to any cluster, from the request to the end of the answer.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30},
		}),
		jobSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "roadstead_job_duration_seconds",
			Help:    "Time of one run of a job, by kind and outcome.",
			Buckets: []float64{.005, .025, .1, .5, 1, 5, 20, 60},
		}, []string{"kind", "outcome"}),
	}
	m.registry.MustRegister(m.httpSeconds, m.clusterCalls, m.clusterSeconds, m.jobSeconds)
	return m
}

// Register adds collectors that have their values from elsewhere, such as those of the Go runtime. It panics when one
// was registered before: that is a mistake in the program.
func (m *Metrics) Register(collectors ...prometheus.Collector) {
	m.registry.MustRegister(collectors...)
}

// HTTPRequest counts an answered request. Route is the pattern that matched, never the path: every distinct value
// costs memory for ever.
func (m *Metrics) HTTPRequest(route, method string, status int, took time.Duration) {
	m.httpSeconds.WithLabelValues(route, Method(method), strconv.Itoa(status)).Observe(took.Seconds())
}

// Method is the method of a request as it may be told: callers may send any word as theirs.
func Method(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// JobRun counts one run of a job of the given kind.
func (m *Metrics) JobRun(kind, outcome string, took time.Duration) {
	m.jobSeconds.WithLabelValues(kind, outcome).Observe(took.Seconds())
}

// Handler serves the metrics in the text format of Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
