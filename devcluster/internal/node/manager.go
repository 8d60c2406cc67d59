package node

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"

	"github.com/roadstead/roadstead/devcluster/internal/pod"
)

// workers is how many pods are moved at a time. They mostly wait for the API
// server.
const workers = 16

// host is what the manager keeps of a node.
type host struct {
	pod.Host

	addresses *pool
}

// manager lives the pods of all nodes.
type manager struct {
	client  kubernetes.Interface
	log     *slog.Logger
	hosts   map[string]*host
	queue   workqueue.TypedRateLimitingInterface[cache.ObjectName]
	factory informers.SharedInformerFactory
	lister  corelisters.PodLister

	working sync.WaitGroup
	mu      sync.Mutex
	entries map[cache.ObjectName]*entry
}

// entry is a pod that the manager lives.
type entry struct {
	uid     types.UID
	life    *pod.Lifecycle
	host    *host
	address netip.Addr
	written uint64 // the resource version of our last write
}

func newManager(config Config, nodes []machine, events *recorder) *manager {
	m := &manager{
		client: config.Client, log: config.Log,
		hosts:   map[string]*host{},
		queue:   workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[cache.ObjectName]()),
		entries: map[cache.ObjectName]*entry{},
	}
	for _, node := range nodes {
		m.hosts[node.name] = &host{
			Host: pod.Host{
				IP: node.network.host(), Runtime: config.Runtime,
				Images: newImages(), Events: events.forNode(node.name),
			},
			addresses: newPool(node.network.prefix()),
		}
	}
	m.factory = informers.NewSharedInformerFactoryWithOptions(config.Client, 0,
		informers.WithTransform(trim),
		informers.WithTweakListOptions(func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermNotEqualSelector("spec.nodeName", "").String()
		}))
	m.lister = m.factory.Core().V1().Pods().Lister()
	return m
}

// trim drops what nobody here reads and what makes up half of a pod.
func trim(object any) (any, error) {
	if p, ok := object.(*corev1.Pod); ok {
		p.ManagedFields = nil
	}
	return object, nil
}

// start watches pods and moves them until life is done. It returns once the
// pods of now are known.
func (m *manager) start(ctx, life context.Context) error {
	informer := m.factory.Core().V1().Pods().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    m.enqueue,
		UpdateFunc: func(_, object any) { m.enqueue(object) },
		DeleteFunc: m.enqueue,
	})
	if err != nil {
		return fmt.Errorf("watch pods: %w", err)
	}
	m.factory.Start(life.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return fmt.Errorf("watch pods: %w", context.Cause(ctx))
	}
	for range workers {
		m.working.Go(func() { m.work(life) })
	}
	return nil
}

func (m *manager) enqueue(object any) {
	key, err := cache.DeletionHandlingObjectToName(object)
	if err == nil {
		m.queue.Add(key)
	}
}

func (m *manager) work(ctx context.Context) {
	for {
		key, quit := m.queue.Get()
		if quit {
			return
		}
		if err := m.sync(ctx, key); err != nil && ctx.Err() == nil {
			m.log.WarnContext(ctx, "a pod was not moved", slog.String("pod", key.String()), slog.Any("error", err))
			m.queue.AddRateLimited(key)
		} else {
			m.queue.Forget(key)
		}
		m.queue.Done(key)
	}
}

// find is the entry of a pod by name.
func (m *manager) find(key cache.ObjectName) *entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries[key]
}

// adopt begins a pod of one of our nodes.
func (m *manager) adopt(key cache.ObjectName, p *corev1.Pod) (*entry, error) {
	host := m.hosts[p.Spec.NodeName]
	address, err := host.addresses.take()
	if err != nil {
		return nil, err
	}
	wake := func() { m.queue.Add(key) }
	e := &entry{uid: p.UID, host: host, address: address}
	e.life = pod.New(p, &host.Host, address.String(), time.Now(), wake)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries[key] = e
	return e, nil
}

// forget ends what is left of a pod that is gone, and reports whether all of
// it has ended.
func (m *manager) forget(ctx context.Context, key cache.ObjectName, e *entry) bool {
	now := time.Now()
	e.life.Kill(now, 0)
	if e.life.Running(now) {
		return false
	}
	e.life.Release(ctx)
	e.host.addresses.free(e.address)
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
	return true
}

// stopGrace is what processes get when the whole cluster stops.
const stopGrace = 3 * time.Second

// stop ends every process and waits for that. The workers' context has ended.
func (m *manager) stop(ctx context.Context) error {
	m.queue.ShutDown()
	m.working.Wait()
	m.factory.Shutdown()
	m.mu.Lock()
	entries := make([]*entry, 0, len(m.entries))
	for _, e := range m.entries {
		entries = append(entries, e)
	}
	m.mu.Unlock()
	for _, e := range entries {
		e.life.Kill(time.Now(), stopGrace)
	}
	for _, e := range entries {
		for e.life.Running(time.Now()) {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
				return fmt.Errorf("stop the pods' processes: %w", ctx.Err())
			}
		}
	}
	return nil
}

// images remembers the images of a node.
type images struct {
	mu    sync.Mutex
	known map[string]struct{}
}

func newImages() *images { return &images{known: map[string]struct{}{}} }

// Add implements pod.Images.
func (i *images) Add(image string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	_, known := i.known[image]
	i.known[image] = struct{}{}
	return !known
}
