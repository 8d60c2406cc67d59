package kube_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/secret"
)

const shopPods = "/api/v1/namespaces/shop/pods"

// cutCase is one call whose answer is cut, and the call that a job makes next.
type cutCase struct {
	call   func(ctx context.Context, c *kube.Client, name string) error
	again  func(err error) error // what the second try may end with and be fine
	method string                // what must take effect at most once
	effect int
}

// TestAnswerIsCutAtEveryByte resets the connection after each number of bytes of an answer, on the wire below TLS.
// The call must fail in our words or succeed, the next try must end well, and nothing may happen twice.
func TestAnswerIsCutAtEveryByte(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]cutCase{
		"create": {
			call: func(ctx context.Context, c *kube.Client, name string) error { return c.Create(ctx, podNamed(name)) },
			again: func(err error) error {
				if errors.Is(err, kube.ErrExists) {
					return nil
				}
				return err
			},
			method: http.MethodPost, effect: 1,
		},
		"delete": {
			call: func(ctx context.Context, c *kube.Client, name string) error {
				return c.Delete(ctx, kube.Ref{Kind: "Pod", Namespace: "shop", Name: name}, kube.DeleteOptions{})
			},
			again: func(err error) error { return err }, method: http.MethodDelete, effect: 1,
		},
		"list": {
			call: func(ctx context.Context, c *kube.Client, name string) error {
				var list corev1.PodList
				err := c.Page(ctx, &list, kube.ListOptions{Namespace: "shop"})
				if err == nil && (len(list.Items) != 1 || list.Items[0].Name != name) {
					return fmt.Errorf("a list of %d pods came without an error", len(list.Items))
				}
				return err
			},
			again: func(err error) error { return err },
		},
	} {
		for protocol, options := range map[string][]kubetest.Option{"HTTP/1.1": {kubetest.HTTP1}, "HTTP/2": nil} {
			t.Run(name+" over "+protocol, func(t *testing.T) {
				t.Parallel()
				seeded(t, func(t *testing.T, random *rand.Rand) { cutEverywhere(t, random, tc, options) })
			})
		}
	}
}

func cutEverywhere(t *testing.T, random *rand.Rand, tc cutCase, options []kubetest.Option) {
	t.Helper()
	s := kubetest.NewServer(t, options...)
	p := kubetest.NewProxy(t, s.URL)
	whole, _ := cutAt(t, s, p, tc, 1<<40)
	offsets := sampleOf(random, int(whole)+1, 25)
	var failed int
	for _, n := range offsets {
		if _, err := cutAt(t, s, p, tc, int64(n)); err != nil {
			failed++
		}
	}
	t.Logf("an answer of %d bytes cut at %d offsets: %d calls failed, nothing was done twice", whole, len(offsets), failed)
	if failed == 0 {
		t.Error("no call failed: nothing was cut")
	}
}

// cutAt makes the call with the answer cut after n bytes, then again without, and returns how many bytes passed the
// first time and how that ended.
func cutAt(t *testing.T, s *kubetest.Server, p *kubetest.Proxy, tc cutCase, n int64) (passed int64, cut error) {
	t.Helper()
	objects, name := kubetest.NewObjects(), fmt.Sprint("cut-", n)
	s.Answer("*", objects.Answer)
	if tc.method != http.MethodPost {
		objects.Put(shopPods, name, nil)
	}
	c, _ := dialTarget(t, kube.Target{Cluster: 7, APIURL: p.URL, CAPEM: s.CA, Token: secret.NewValue([]byte(kubetest.Token))})
	defer c.Close()
	wantCode(t, c.Get(t.Context(), "shop", "absent", &corev1.Pod{}), apperr.ClusterNotFound) // the connection stands
	before := len(s.Requests())
	p.Cut(n)
	cut = tc.call(t.Context(), c, name)
	passed = p.Passed()
	if sent := s.Requests()[before:]; tc.method != "" && len(sent) != 1 {
		t.Errorf("cut after %d bytes: the call was sent %d times", n, len(sent))
	}
	if code := apperr.CodeOf(cut); cut != nil && code != apperr.ClusterRefused && code != apperr.ClusterBadResponse {
		t.Errorf("cut after %d bytes: code %q (%v)", n, code, cut)
	}
	p.Heal()
	if err := tc.again(tc.call(t.Context(), c, name)); err != nil {
		t.Errorf("after a cut at %d the next try: %v", n, err)
	}
	for effect, times := range objects.Effects() {
		if times != tc.effect || !strings.HasPrefix(effect, tc.method+" ") {
			t.Errorf("after a cut at %d: %s took effect %d times", n, effect, times)
		}
	}
	return passed, cut
}

// clock is one that a test moves on.
type clock struct {
	mu   sync.Mutex
	past time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.past)
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.past += d
}

// behind makes clients of cluster 7 whose registration is the target, on a clock of the test.
func behind(t *testing.T, target kube.Target) (*kube.Clients, *directory, *clock) {
	t.Helper()
	target.Cluster, target.Generation = 7, 1
	d, c := &directory{targets: map[int64]kube.Target{7: target}}, &clock{}
	clients := kube.NewClients(kube.Config{Guard: kubetest.Guard(), UserAgent: "kubetest", Directory: d, Now: c.now})
	t.Cleanup(clients.Close)
	return clients, d, c
}

// provision does what a job does for a namespace, once.
func provision(ctx context.Context, clients *kube.Clients, name string) error {
	p := kube.Provisioner{Clients: clients}
	uid, err := p.EnsureNamespace(ctx, 7, shopSpec(name))
	if err != nil {
		return err
	}
	if _, err := p.Apply(ctx, 7, shopSpec(name), uid); err != nil {
		return err
	}
	_, err = p.Mint(ctx, 7, namespace.TokenSpec{
		Namespace: name, ServiceAccount: name + "-service-account", Lease: "lease", Lifetime: 10 * time.Minute,
	})
	return err
}

// untilProvisioned repeats provision as its job would: after a failure it comes back when the breaker lets it.
func untilProvisioned(t *testing.T, clients *kube.Clients, clock *clock, name string) (tries int) {
	t.Helper()
	for tries = 1; ; tries++ {
		err := provision(t.Context(), clients, name)
		if err == nil {
			return tries
		}
		if tries == 6 {
			t.Fatalf("%s is not provisioned after %d tries: %v", name, tries, err)
		}
		clock.add(6 * time.Minute)
	}
}

// inNamespace names what a namespace of the real cluster holds, past the code under test.
func inNamespace(t *testing.T, cs *kubernetes.Clientset, name string) (found []string) {
	t.Helper()
	ctx, all := t.Context(), metav1.ListOptions{}
	add := func(kind string, names []string, err error) {
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			found = append(found, kind+" "+strings.ReplaceAll(n, name, "NAME"))
		}
	}
	accounts, err := cs.CoreV1().ServiceAccounts(name).List(ctx, all)
	add("ServiceAccount", namesOf(accounts.Items, func(o corev1.ServiceAccount) string { return o.Name }), err)
	secrets, err := cs.CoreV1().Secrets(name).List(ctx, all)
	add("Secret", namesOf(secrets.Items, func(o corev1.Secret) string { return o.Name }), err)
	quotas, err := cs.CoreV1().ResourceQuotas(name).List(ctx, all)
	add("ResourceQuota", namesOf(quotas.Items, func(o corev1.ResourceQuota) string { return o.Name }), err)
	limits, err := cs.CoreV1().LimitRanges(name).List(ctx, all)
	add("LimitRange", namesOf(limits.Items, func(o corev1.LimitRange) string { return o.Name }), err)
	policies, err := cs.NetworkingV1().NetworkPolicies(name).List(ctx, all)
	for _, o := range policies.Items {
		add("NetworkPolicy", []string{o.Name}, err)
	}
	bindings, err := cs.RbacV1().RoleBindings(name).List(ctx, all)
	for _, o := range bindings.Items {
		add("RoleBinding", []string{o.Name + " " + o.RoleRef.Kind}, err)
	}
	return found
}

func namesOf[T any](items []T, name func(T) string) []string {
	names := make([]string, len(items))
	for i, o := range items {
		names[i] = name(o)
	}
	return names
}

// realReference is what a namespace of the real cluster holds that was provisioned without a fault.
func realReference(t *testing.T, name string) (*kubernetes.Clientset, []string) {
	t.Helper()
	dev := kubetest.Devcluster(t)
	cs, err := dev.Clientset()
	if err != nil {
		t.Fatal(err)
	}
	clients, _, clock := behind(t, kube.Target{APIURL: dev.APIURL, CAPEM: dev.CA, Token: secret.NewValue([]byte(dev.Token))})
	untilProvisioned(t, clients, clock, name)
	removeLater(t, cs, name)
	return cs, inNamespace(t, cs, name)
}

func removeLater(t *testing.T, cs *kubernetes.Clientset, name string) {
	t.Helper()
	t.Cleanup(func() {
		if err := cs.CoreV1().Namespaces().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// TestProvisioningSurvivesCuts cuts the bytes of a real API server's answers at offsets within the provisioning of a
// namespace.
//
//nolint:tparallel // the one subtest tells the seed
func TestProvisioningSurvivesCuts(t *testing.T) {
	t.Parallel()
	seeded(t, func(t *testing.T, random *rand.Rand) {
		cs, want := realReference(t, "cut-reference")
		dev := kubetest.Devcluster(t)
		p := kubetest.NewProxy(t, dev.APIURL)
		target := kube.Target{APIURL: p.URL, CAPEM: dev.CA, Token: secret.NewValue([]byte(dev.Token))}
		run := func(name string, n int64) int {
			clients, _, clock := behind(t, target)
			defer clients.Close()
			p.Cut(n)
			if err := provision(t.Context(), clients, name); err != nil {
				clock.add(6 * time.Minute)
			}
			p.Heal()
			removeLater(t, cs, name)
			return untilProvisioned(t, clients, clock, name)
		}
		p.Heal()
		clients, _, clock := behind(t, target)
		untilProvisioned(t, clients, clock, "cut-whole")
		removeLater(t, cs, "cut-whole")
		whole := p.Passed()
		for _, i := range sampleOf(random, 60, 8) {
			n := whole * int64(i) / 60
			name := fmt.Sprint("cut-at-", n)
			run(name, n)
			if diff := cmp.Diff(want, inNamespace(t, cs, name)); diff != "" {
				t.Errorf("cut after %d bytes (-without +with):\n%s", n, diff)
			}
		}
		t.Logf("answers of %d bytes", whole)
	})
}

// TestProvisioningSurvivesLostAnswers loses the kth answer of a real API server after its effect, for every k.
//
//nolint:tparallel // the one subtest tells the seed
func TestProvisioningSurvivesLostAnswers(t *testing.T) {
	t.Parallel()
	seeded(t, func(t *testing.T, random *rand.Rand) {
		cs, want := realReference(t, "lost-reference")
		dev := kubetest.Devcluster(t)
		forward := kubetest.Forward(t, dev)
		run := func(name string, k int64) (calls int64, tries int) {
			s := kubetest.NewServer(t)
			answer, count := kubetest.OnCall(k, kubetest.Lost(forward), forward)
			s.Answer("*", answer)
			clients, _, clock := behind(t, kube.Target{APIURL: s.URL, CAPEM: s.CA, Token: secret.NewValue([]byte(dev.Token))})
			tries = untilProvisioned(t, clients, clock, name)
			removeLater(t, cs, name)
			return count.Load(), tries
		}
		calls, _ := run("lost-none", 0)
		sample := sampleOf(random, int(calls), 6)
		var repeated int
		for _, i := range sample {
			name := fmt.Sprint("lost-", i+1)
			_, tries := run(name, int64(i+1))
			if repeated += tries - 1; tries > 2 {
				t.Errorf("answer %d lost: %d tries", i+1, tries)
			}
			if diff := cmp.Diff(want, inNamespace(t, cs, name)); diff != "" {
				t.Errorf("answer %d lost (-without +with):\n%s", i+1, diff)
			}
		}
		t.Logf("%d calls, %d of their answers lost one at a time: %d second tries, every object once", calls, len(sample), repeated)
	})
}
