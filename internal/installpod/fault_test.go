package installpod_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/installpod"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/secret"
)

// through makes the world's runner call the cluster by another address, on a clock that after moves on. It returns
// that function.
func (w *world) through(url string, ca []byte) (after func(time.Duration)) {
	w.t.Helper()
	var mu sync.Mutex
	var past time.Duration
	clients := kube.NewClients(kube.Config{
		Guard: kubetest.Guard(), UserAgent: "test",
		Now: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Add(past)
		},
		Directory: directory{kube.Target{Generation: 1, APIURL: url, CAPEM: ca, Token: secret.NewValue([]byte(w.token()))}},
	})
	w.t.Cleanup(clients.Close)
	w.runner = installpod.New(clients, w.config)
	return func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		past += d
	}
}

// runWhole does what the jobs of one operation do, each step again until it succeeds, and returns the tries beyond
// the first.
func (w *world) runWhole(s application.RunSpec, after func(time.Duration)) (op application.Operation, again int) {
	w.t.Helper()
	op = s.Operation
	for _, step := range []struct {
		name string
		do   func(ctx context.Context) error
	}{
		{"prepare", func(ctx context.Context) error { return w.runner.Prepare(ctx, s) }},
		{"start", func(ctx context.Context) (err error) { op.PodUID, err = w.runner.Start(ctx, s); return err }},
		{"clean up", func(ctx context.Context) error { return w.runner.Cleanup(ctx, op, false) }},
	} {
		for try := 1; ; try++ {
			err := step.do(w.t.Context())
			if err == nil {
				break
			}
			if try == 5 {
				w.t.Fatalf("%s: %v after %d tries", step.name, err, try)
			}
			again++
			after(6 * time.Minute) // when the breaker lets the job come back
		}
		if step.name == "start" {
			w.podsOf(op, 1)
			w.eventually("the pod to end", func(ctx context.Context) bool {
				pod, err := w.cs.CoreV1().Pods(application.PodNamespace).Get(ctx, "install-"+op.Entry.Name, getOptions)
				return err == nil && pod.Status.Phase == corev1.PodSucceeded
			})
		}
	}
	return op, again
}

// podsOf expects so many pods of an operation, ever made or not deleted yet.
func (w *world) podsOf(op application.Operation, want int) {
	w.t.Helper()
	pods, err := w.cs.CoreV1().Pods(application.PodNamespace).List(w.t.Context(), metav1.ListOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	var found []string
	for _, p := range pods.Items {
		if p.Name == "install-"+op.Entry.Name {
			found = append(found, string(p.UID))
		}
	}
	if diff := cmp.Diff([]string{op.PodUID}, found); diff != "" || len(found) != want {
		w.t.Errorf("pods (-ours +there):\n%s", diff)
	}
}

// TestRunner_lostAnswers loses the kth answer of the API server after its effect, for every k of an operation. The
// step that failed is done again; the pod is made once, and nothing is left at the end.
//
//nolint:tparallel // the one subtest tells the seed
func TestRunner_lostAnswers(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano()) % 1_000_000
	if text := os.Getenv("ROADSTEAD_TEST_SEED"); text != "" {
		parsed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = parsed
	}
	t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
		calls, _ := loseAnswer(t, 0)
		order := rand.New(rand.NewPCG(seed, 1)).Perm(int(calls))
		if os.Getenv("ROADSTEAD_TEST_FULL") == "" {
			order = order[:4]
		}
		var again int
		for _, i := range order {
			_, tries := loseAnswer(t, int64(i+1))
			again += tries
		}
		t.Logf("%d calls, %d of their answers lost one at a time: %d steps done again, each pod once, nothing left", calls, len(order), again)
	})
}

func loseAnswer(t *testing.T, k int64) (calls int64, again int) {
	t.Helper()
	w := newWorld(t)
	s := kubetest.NewServer(t)
	forward := kubetest.Forward(t, kubetest.Devcluster(t))
	answer, count := kubetest.OnCall(k, kubetest.Lost(forward), forward)
	s.Answer("*", answer)
	direct := w.runner
	after := w.through(s.URL, s.CA)
	op, again := w.runWhole(spec(w.operation("web", application.Install), "replicas: 1\n"), after)
	calls = count.Load()
	if again > 1 {
		t.Errorf("answer %d lost: %d steps done again", k, again)
	}
	w.runner = direct
	w.eventually("what the operation made to go", func(context.Context) bool { return len(w.left(op)) == 0 })
	return calls, again
}

// TestRunner_cutAnswers cuts the bytes of the API server's answers at some point of an operation.
func TestRunner_cutAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dev := kubetest.Devcluster(t)
	p := kubetest.NewProxy(t, dev.APIURL)
	after := w.through(p.URL, dev.CA)
	cuts := []int64{0, 3000, 12_000}
	if os.Getenv("ROADSTEAD_TEST_FULL") != "" {
		cuts = nil
		for n := int64(0); n < 30_000; n += 1000 {
			cuts = append(cuts, n)
		}
	}
	var again int
	for _, n := range cuts {
		p.Cut(n)
		op, tries := w.runWhole(spec(w.operation("web", application.Install), "replicas: 1\n"), func(d time.Duration) {
			p.Heal()
			after(d)
		})
		p.Heal()
		again += tries
		w.eventually("what the operation made to go", func(context.Context) bool { return len(w.left(op)) == 0 })
	}
	t.Logf("cut at %d points: %d steps done again, each pod once, nothing left", len(cuts), again)
}
