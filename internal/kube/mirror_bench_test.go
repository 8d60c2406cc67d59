package kube_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	notice "github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/workload"
)

const (
	benchPods      = 10_000
	benchNamespace = "mirror-bench"
	benchRuns      = 7
	benchChanges   = 150
)

// BenchmarkMirrorFill brings the pods of a real cluster into the mirror, next to
// a bare list of client-go that keeps nothing.
func BenchmarkMirrorFill(b *testing.B) {
	dev := kubetest.Devcluster(b)
	cs := typedClient(b, dev)
	makePods(b, cs)
	for b.Loop() {
		var bare, mirrored []time.Duration
		for range benchRuns { // by turns, so that both see the same machine
			bare = append(bare, timed(func() { bareList(b, cs) }))
			mirrored = append(mirrored, fillOnce(b, dev))
		}
		slices.Sort(bare)
		slices.Sort(mirrored)
		reference, figure := bare[benchRuns/2].Seconds()*1000, mirrored[benchRuns/2].Seconds()*1000
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(figure, "ms")
		b.ReportMetric(reference, "ref-ms")
		b.ReportMetric(figure/reference, "ratio")
	}
	b.ReportMetric(peakOf(func() { fillOnce(b, dev) }), "peak-MB")
}

// BenchmarkMirrorNotice measures from the call that changes a pod to the notice
// that a reader would be woken by.
func BenchmarkMirrorNotice(b *testing.B) {
	dev := kubetest.Devcluster(b)
	cs := typedClient(b, dev)
	makePods(b, cs)
	bus := notice.NewBus()
	_, _, stop := follow(b, dev, bus)
	defer stop()
	pace := time.NewTicker(200 * time.Millisecond) // a quiet cluster: beyond ten a second notices are merged
	defer pace.Stop()
	for b.Loop() {
		notices, cancel := bus.Subscribe(b.Context(), notice.Topics(podsOf(workload.AllNamespaces).Topic()))
		var took []time.Duration
		for i := range benchChanges {
			patch := fmt.Appendf(nil, `{"metadata":{"labels":{"turn":"%d-%d"}}}`, b.N, i)
			began := time.Now()
			if _, err := cs.CoreV1().Pods(benchNamespace).Patch(
				b.Context(), podName(i), types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
				b.Fatal(err)
			}
			<-notices
			took = append(took, time.Since(began))
			<-pace.C
		}
		cancel()
		slices.Sort(took)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(took[benchChanges/2].Seconds()*1000, "p50-ms")
		b.ReportMetric(took[benchChanges*99/100].Seconds()*1000, "p99-ms")
	}
}

func timed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// typedClient is client-go's own client, speaking protobuf.
func typedClient(b *testing.B, dev *kubetest.Cluster) *kubernetes.Clientset {
	b.Helper()
	const protobuf = "application/vnd.kubernetes.protobuf"
	cs, err := kubernetes.NewForConfig(&rest.Config{
		Host: dev.APIURL, BearerToken: dev.Token, QPS: -1, TLSClientConfig: rest.TLSClientConfig{CAData: dev.CA},
		ContentConfig: rest.ContentConfig{ContentType: protobuf, AcceptContentTypes: protobuf},
	})
	if err != nil {
		b.Fatal(err)
	}
	return cs
}

func bareList(b *testing.B, cs *kubernetes.Clientset) {
	b.Helper()
	options := metav1.ListOptions{Limit: 500}
	for n := 0; ; {
		page, err := cs.CoreV1().Pods("").List(b.Context(), options)
		if err != nil {
			b.Fatal(err)
		}
		n += len(page.Items)
		if options.Continue = page.Continue; options.Continue == "" {
			if n < benchPods {
				b.Fatalf("%d pods", n)
			}
			return
		}
	}
}

// fillOnce returns how long the mirror took from the beginning to being live,
// with store and connection open, as those of the bare list are.
func fillOnce(b *testing.B, dev *kubetest.Cluster) time.Duration {
	b.Helper()
	status, took, stop := follow(b, dev, notice.NewBus())
	stop()
	if status.Synced < benchPods {
		b.Fatalf("%d of %d pods", status.Synced, status.Total)
	}
	return took
}

// follow follows all pods of the cluster in a new mirror, and returns when it
// is live.
func follow(b *testing.B, dev *kubetest.Cluster, bus *notice.Bus) (workload.Status, time.Duration, func()) {
	b.Helper()
	m, err := store.OpenMirror(b.Context(), filepath.Join(b.TempDir(), "mirror.db"), "")
	if err != nil {
		b.Fatal(err)
	}
	clients, _ := clientsOf(b, kube.Target{APIURL: dev.APIURL, CAPEM: dev.CA, Token: secret.NewValue([]byte(dev.Token))})
	followers := workload.NewFollowers(workload.FollowersConfig{
		Keys: m, Pod: m.Pods, PodSource: kube.PodSource{Clients: clients}, Notices: bus, Log: slog.New(slog.DiscardHandler),
	})
	key := podsOf(workload.AllNamespaces)
	if _, err := m.Want(b.Context(), key, time.Now().Add(time.Hour)); err != nil {
		b.Fatal(err)
	}
	wanted, err := followers.Wanted(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	notices, cancel := bus.Subscribe(b.Context(), notice.Topics(key.Topic()))
	defer cancel()
	if _, err := (kube.PodSource{Clients: clients}).List(b.Context(), key, "", 1); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	began := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- wanted[0].Run(ctx, 1) }()
	for {
		select {
		case err := <-ended:
			b.Fatal(err)
		case <-notices:
		}
		status, err := m.Status(b.Context(), key)
		if err != nil {
			b.Fatal(err)
		}
		if status.State == workload.Live {
			return status, time.Since(began), func() {
				stop()
				<-ended
				_ = m.Close()
			}
		}
	}
}

func podName(i int) string { return fmt.Sprintf("pod-%05d", i) }

// makePods makes pods that nobody schedules, so that only the test changes them.
func makePods(b *testing.B, cs *kubernetes.Clientset) {
	b.Helper()
	_, err := cs.CoreV1().Namespaces().Create(b.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: benchNamespace}}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return
	}
	if err != nil {
		b.Fatal(err)
	}
	next := make(chan int)
	var making sync.WaitGroup
	for range 8 {
		making.Go(func() {
			for i := range next {
				if err := makePod(b.Context(), cs, i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range benchPods {
		next <- i
	}
	close(next)
	making.Wait()
}

func makePod(ctx context.Context, cs *kubernetes.Clientset, i int) error {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: podName(i), Labels: map[string]string{"app.kubernetes.io/name": fmt.Sprintf("app-%d", i%50)},
			Annotations: map[string]string{"example.com/notes": strings.Repeat("x", 500)},
		},
		Spec: corev1.PodSpec{
			SchedulerName: "nobody",
			Containers: []corev1.Container{{
				Name: "web", Image: "registry.example/web:1", Args: []string{"--listen=:8080"},
				Env: []corev1.EnvVar{{Name: "MODE", Value: strings.Repeat("y", 200)}},
			}},
		},
	}
	for {
		_, err := cs.CoreV1().Pods(benchNamespace).Create(ctx, pod, metav1.CreateOptions{})
		if err == nil || !apierrors.IsForbidden(err) || ctx.Err() != nil { // the default account comes a moment later
			return err
		}
	}
}

// peakOf is how much the resident memory of this process peaks above what it
// held before, in megabytes.
func peakOf(f func()) float64 {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	before := residentPeak()
	f()
	return residentPeak() - before
}

func residentPeak() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kb float64
	_, _ = fmt.Sscan(rest, &kb)
	return kb / 1024
}
