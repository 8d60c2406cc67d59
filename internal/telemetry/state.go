package telemetry

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scrapeTimeout bounds what a scrape may ask of the stores.
const scrapeTimeout = 5 * time.Second

// Backlog is the work of one kind.
type Backlog struct {
	Kind    string
	Running int64
	// Due counts the items that wait for a worker, the oldest since Oldest.
	Due    int64
	Oldest time.Duration
}

// State reads what is not counted but is so at this moment. A nil function has nothing to show.
type State struct {
	Work func(ctx context.Context) ([]Backlog, error)
	// Mirror counts the followed views of clusters by state.
	Mirror func(ctx context.Context) (map[string]int64, error)
	// Breakers says of each cluster in use whether calls to it are held back.
	Breakers func() map[int64]bool
	Log      *slog.Logger
}

// RegisterState adds gauges that read s at every scrape. Call it once.
func (m *Metrics) RegisterState(s State) {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	m.registry.MustRegister(&stateCollector{
		State:   s,
		running: describe("roadstead_work_running", "Items that a worker advances now, by kind.", "kind"),
		due:     describe("roadstead_work_due", "Items that are due and wait for a worker, by kind.", "kind"),
		oldest:  describe("roadstead_work_oldest_due_seconds", "For how long the oldest due item has waited, by kind.", "kind"),
		mirror:  describe("roadstead_mirror_views", "Views of clusters that are followed or kept, by state.", "state"),
		breaker: describe("roadstead_cluster_breaker_open", "1 while calls to a cluster in use are held back, else 0.", "cluster"),
	})
}

type stateCollector struct {
	State

	running, due, oldest, mirror, breaker *prometheus.Desc
}

// Describe implements [prometheus.Collector].
func (c *stateCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.running, c.due, c.oldest, c.mirror, c.breaker} {
		out <- d
	}
}

// Collect implements [prometheus.Collector]. What cannot be read is left out of the scrape and told to the log.
func (c *stateCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, value float64, label string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, label)
	}
	if c.Work != nil {
		backlog, err := c.Work(ctx)
		c.complain(ctx, "work", err)
		for _, b := range backlog {
			gauge(c.running, float64(b.Running), b.Kind)
			gauge(c.due, float64(b.Due), b.Kind)
			gauge(c.oldest, b.Oldest.Seconds(), b.Kind)
		}
	}
	if c.Mirror != nil {
		states, err := c.Mirror(ctx)
		c.complain(ctx, "mirror", err)
		for state, n := range states {
			gauge(c.mirror, float64(n), state)
		}
	}
	if c.Breakers != nil {
		for id, open := range c.Breakers() {
			gauge(c.breaker, bit(open), strconv.FormatInt(id, 10))
		}
	}
}

func (c *stateCollector) complain(ctx context.Context, what string, err error) {
	if err != nil {
		c.Log.WarnContext(ctx, "metrics are incomplete", slog.String("part", what), slog.String("error", err.Error()))
	}
}

func bit(set bool) float64 {
	if set {
		return 1
	}
	return 0
}
