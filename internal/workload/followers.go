package workload

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/work"
)

const (
	// DefaultItems is how many objects of a key are kept unless set otherwise.
	DefaultItems = 200_000
	// watchesPerCluster bounds the open watches. With more keys than that the
	// last of them are listed in turn, pollsPerCluster at a time.
	watchesPerCluster = 50
	pollsPerCluster   = 5

	tombstoneLifetime = 15 * time.Minute
	idleLifetime      = 7 * 24 * time.Hour
	pruneEvery        = time.Minute
)

// Publisher takes notices for whoever waits for a change.
type Publisher interface {
	Publish(ctx context.Context, notices ...event.Notice)
}

// FollowersConfig is what followers need.
type FollowersConfig struct {
	Keys         KeyStore
	Pod          Rows[Pod]
	Deployment   Rows[Deployment]
	PodSource    Source[Pod]
	DeploySource Source[Deployment]
	Notices      Publisher
	Log          *slog.Logger
	// MaxItems is how many objects of a key are kept, beyond which it is marked
	// incomplete. Zero means DefaultItems.
	MaxItems int64
}

// Followers keeps wanted keys fresh: it is the work.Wanted of the mirror.
type Followers struct {
	config FollowersConfig
	lanes  *lanes
}

// NewFollowers returns followers that share the limits of this process.
func NewFollowers(config FollowersConfig) *Followers {
	if config.MaxItems <= 0 {
		config.MaxItems = DefaultItems
	}
	return &Followers{config: config, lanes: newLanes()}
}

// Wanted lists the followers of the keys that somebody looks at.
func (f *Followers) Wanted(ctx context.Context) ([]work.Follower, error) {
	wanted, err := f.config.Keys.Wanted(ctx, time.Now())
	if err != nil {
		return nil, fmt.Errorf("list wanted mirrors: %w", err)
	}
	clusters := map[int64][]Status{}
	for _, status := range wanted {
		clusters[status.Key.Cluster] = append(clusters[status.Key.Cluster], status)
	}
	var followers []work.Follower
	for _, keys := range clusters {
		watched, polled := share(keys)
		for _, status := range watched {
			followers = append(followers, f.follower(status.Key, false))
		}
		for _, status := range polled {
			followers = append(followers, f.follower(status.Key, true))
		}
	}
	return followers, nil
}

// share splits the keys of one cluster into those that get a watch and those
// whose turn it is to be listed once. A watch from before there were so many
// keys is in neither, which ends it.
func share(keys []Status) (watched, polled []Status) {
	if len(keys) <= watchesPerCluster {
		return keys, nil
	}
	slices.SortFunc(keys, func(a, b Status) int { return cmp.Compare(a.ID, b.ID) })
	watched, polled = keys[:watchesPerCluster-pollsPerCluster], keys[watchesPerCluster-pollsPerCluster:]
	polled = slices.DeleteFunc(polled, func(s Status) bool { return s.State == Live })
	slices.SortStableFunc(polled, func(a, b Status) int { return a.TriedAt.Compare(b.TriedAt) })
	return watched, polled[:min(pollsPerCluster, len(polled))]
}

func (f *Followers) follower(key Key, once bool) work.Follower {
	run := func(ctx context.Context, epoch int64) error {
		if key.Kind == Deployments {
			return newFollower(f, key, f.config.Deployment, f.config.DeploySource).run(ctx, epoch, once)
		}
		return newFollower(f, key, f.config.Pod, f.config.PodSource).run(ctx, epoch, once)
	}
	return work.Follower{Key: key.String(), Run: run}
}

// Run prunes what has been kept long enough, until ctx ends.
func (f *Followers) Run(ctx context.Context) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		now := time.Now()
		err := f.config.Keys.Prune(ctx, now.Add(-tombstoneLifetime), now.Add(-idleLifetime))
		if err != nil && ctx.Err() == nil {
			f.config.Log.WarnContext(ctx, "prune the mirror", slog.String("error", err.Error()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
