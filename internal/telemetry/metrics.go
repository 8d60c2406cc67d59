package telemetry

import (
	"net/http"
	"strconv"
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
}

// NewMetrics returns metrics in a registry of their own.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
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
	m.httpSeconds.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}

// ClusterCall counts a call to a cluster. Code is empty when it went well.
func (m *Metrics) ClusterCall(clusterID int64, code string, took time.Duration) {
	if code == "" {
		code = "ok"
	}
	m.clusterCalls.WithLabelValues(strconv.FormatInt(clusterID, 10), code).Inc()
	m.clusterSeconds.Observe(took.Seconds())
}

// ForgetCluster drops the counts of a removed cluster.
func (m *Metrics) ForgetCluster(clusterID int64) {
	m.clusterCalls.DeletePartialMatch(prometheus.Labels{"cluster": strconv.FormatInt(clusterID, 10)})
}

// JobRun counts one run of a job of the given kind.
func (m *Metrics) JobRun(kind, outcome string, took time.Duration) {
	m.jobSeconds.WithLabelValues(kind, outcome).Observe(took.Seconds())
}

// Handler serves the metrics in the text format of Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
