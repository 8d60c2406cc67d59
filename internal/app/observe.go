package app

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/work"
)

// enter makes a step go on with the correlation of what asked for it, and gives
// it one of its own when a timer did.
func enter(ctx context.Context, claim work.Claim) context.Context {
	ctx = telemetry.WithCorrelation(ctx, telemetry.NewCorrelation())
	ctx = telemetry.WithJob(ctx, string(claim.Kind)+"/"+strconv.FormatInt(claim.Object, 10))
	return telemetry.Resume(caused(ctx, claim.Cause), claim.Cause)
}

// ended counts how claims end.
func (c *core) ended(kind work.Kind, outcome work.Outcome, took time.Duration) {
	c.metrics.JobRun(string(kind), string(outcome), took)
}

// observed puts the runs of each step into the trace.
func (c *core) observed(steps map[work.Kind]work.Step) map[work.Kind]work.Step {
	observed := make(map[work.Kind]work.Step, len(steps))
	for kind, step := range steps {
		observed[kind] = func(ctx context.Context, claim work.Claim) (work.Next, error) {
			ctx, traced := c.traces.Job(ctx, string(kind), claim.Object, claim.Cluster)
			next, err := step(ctx, claim)
			traced(err)
			return next, err
		}
	}
	return observed
}

// named gives each follower a correlation of its own and its key as its job.
type named struct{ source work.Wanted }

// Wanted implements work.Wanted.
func (n named) Wanted(ctx context.Context) ([]work.Follower, error) {
	followers, err := n.source.Wanted(ctx)
	for i, f := range followers {
		followers[i].Run = func(ctx context.Context, epoch int64) error {
			return f.Run(telemetry.WithJob(telemetry.WithBystander(ctx), f.Key), epoch)
		}
	}
	return followers, err
}

// forgetEvery is how often removed clusters are looked for without a notice.
const forgetEvery = 10 * time.Minute

// lateCalls is how long the calls of a dropped client take to end, and to be
// counted once more.
const lateCalls = 10 * time.Second

// forget drops the metrics and clients of clusters that are gone, until ctx
// ends.
func (c *core) forget(ctx context.Context, clients *kube.Clients) error {
	notices, cancel := c.bus.Subscribe(ctx, event.Topics("clusters"))
	defer cancel()
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	var late <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-notices:
		case <-tick.C:
		case <-late:
		}
		for _, id := range slices.AppendSeq(c.metrics.Clusters(), maps.Keys(clients.Breakers())) {
			if _, err := c.db.Clusters().Cluster(ctx, id); apperr.CodeOf(err) == apperr.NotFound {
				clients.Drop(id)
				c.metrics.ForgetCluster(id)
				late = time.After(lateCalls)
				c.log.DebugContext(ctx, "metrics of a removed cluster dropped", slog.Int64("cluster_id", id))
			}
		}
	}
}
