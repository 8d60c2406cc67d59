package kube_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/secret"
)

// TestOurFieldsWinOverAnotherManager has another manager flip our fields a hundred times a second while a namespace
// is provisioned again and again, as its job would after each repair. At the end the fields are as we declared them,
// and we wrote no more than our objects each time.
func TestOurFieldsWinOverAnotherManager(t *testing.T) {
	t.Parallel()
	const name = "conflict"
	dev := kubetest.Devcluster(t)
	cs, err := dev.Clientset()
	if err != nil {
		t.Fatal(err)
	}
	s := kubetest.NewServer(t) // it counts what we write
	s.Answer("*", kubetest.Forward(t, dev))
	clients, _, clock := behind(t, kube.Target{APIURL: s.URL, CAPEM: s.CA, Token: secret.NewValue([]byte(dev.Token))})
	untilProvisioned(t, clients, clock, name)
	removeLater(t, cs, name)
	quota := func() *corev1.ResourceQuota {
		list, err := cs.CoreV1().ResourceQuotas(name).List(t.Context(), metav1.ListOptions{})
		if err != nil || len(list.Items) != 1 {
			t.Fatalf("%d quotas, %v", len(list.Items), err)
		}
		return &list.Items[0]
	}
	declared := quota()
	written := writesTo(s)

	flipping := 3 * time.Second
	if full() {
		flipping = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), flipping)
	defer cancel()
	var flips, foreign int
	var wait sync.WaitGroup
	wait.Go(func() { flips = flip(ctx, t, cs, declared) })
	began := time.Now()
	repairs := 0
	for tick := time.NewTicker(2 * time.Second); ctx.Err() == nil; repairs++ { // as often as drift is mended at most
		if _, err := (kube.Provisioner{Clients: clients}).Apply(t.Context(), 7, shopSpec(name), ""); err != nil {
			t.Errorf("repairing: %v", err)
		}
		if quota().Labels["flipped"] != "" {
			foreign++
		}
		select {
		case <-ctx.Done():
			tick.Stop()
		case <-tick.C:
		}
	}
	wait.Wait()
	seconds := time.Since(began).Seconds()
	rate := float64(writesTo(s)-written) / seconds
	if _, err := (kube.Provisioner{Clients: clients}).Apply(t.Context(), 7, shopSpec(name), ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(declared.Spec, quota().Spec); diff != "" {
		t.Errorf("the quota (-declared +at the end):\n%s", diff)
	}
	t.Logf("%d flips by another manager in %.1f s, %d repairs, %.1f writes a second of ours; it ended as declared (its own label stayed: %v)",
		flips, seconds, repairs, rate, foreign > 0)
	if rate > 10 {
		t.Errorf("%.1f writes a second", rate)
	}
	if flips < 20 {
		t.Errorf("only %d flips: nobody was in our way", flips)
	}
}

// flip takes our fields of the quota as another manager, with force, until ctx ends.
func flip(ctx context.Context, t *testing.T, cs *kubernetes.Clientset, q *corev1.ResourceQuota) (flips int) {
	t.Helper()
	patch := []byte(`{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"labels":{"flipped":"yes"}},"spec":{"hard":{"requests.cpu":"1m"}}}`)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := cs.CoreV1().ResourceQuotas(q.Namespace).Patch(ctx, q.Name, types.ApplyPatchType, patch,
			metav1.PatchOptions{FieldManager: "another", Force: new(true)})
		if err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the other manager: %v", err)
		}
		flips++
		select {
		case <-ctx.Done():
			return flips
		case <-tick.C:
		}
	}
}

func writesTo(s *kubetest.Server) (n int) {
	for _, r := range s.Requests() {
		if r.Method != http.MethodGet {
			n++
		}
	}
	return n
}
