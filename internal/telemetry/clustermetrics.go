package telemetry

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// ClusterCall counts a call to a cluster. Code is empty when it went well.
func (m *Metrics) ClusterCall(clusterID int64, code string, took time.Duration) {
	if code == "" {
		code = "ok"
	}
	m.mu.Lock()
	m.clusters[clusterID] = struct{}{}
	m.clusterCalls.WithLabelValues(strconv.FormatInt(clusterID, 10), code).Inc()
	m.mu.Unlock()
	m.clusterSeconds.Observe(took.Seconds())
}

// Clusters lists the clusters that have counts.
func (m *Metrics) Clusters() []int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.clusters))
}

// ForgetCluster drops the counts of a removed cluster.
func (m *Metrics) ForgetCluster(clusterID int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.clusters, clusterID)
	m.clusterCalls.DeletePartialMatch(prometheus.Labels{"cluster": strconv.FormatInt(clusterID, 10)})
}
