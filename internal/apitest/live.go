package apitest

import (
	"context"
	"sync"

	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/workload"
)

// Live holds the pods of every namespace.
type Live struct {
	bus    *event.Bus
	mu     sync.Mutex
	pods   []workload.Pod
	status workload.Status
	key    workload.Key
	onRead func()
}

// OnRead runs a function after the next read of pods, as a worker that follows what is looked at.
func (l *Live) OnRead(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onRead = do
}

// Set replaces what is known, and says so to those who follow.
func (l *Live) Set(status workload.Status, pods ...workload.Pod) {
	l.mu.Lock()
	l.pods, l.status = pods, status
	topic := l.key.Topic()
	l.mu.Unlock()
	l.bus.Publish(context.Background(), event.Notice{Topic: topic, Revision: status.Revision.N})
}

// Pods implements [api.Mirror].
func (l *Live) Pods(
	_ context.Context, clusterID int64, namespace string, page workload.Page,
) ([]workload.Pod, workload.Status, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.key = workload.Key{Cluster: clusterID, Kind: workload.Pods, Scope: namespace}
	if l.onRead != nil {
		go l.onRead()
		l.onRead = nil
	}
	status := l.status
	status.Key = l.key
	var pods []workload.Pod
	for _, p := range l.pods {
		if p.Name > page.After.Name && len(pods) < page.Limit {
			pods = append(pods, p)
		}
	}
	return pods, status, nil
}

// Deployments implements [api.Mirror].
func (l *Live) Deployments(
	context.Context, int64, string, workload.Page,
) ([]workload.Deployment, workload.Status, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return nil, l.status, nil
}
