package kube_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/secret"
)

const podPath = "GET /api/v1/namespaces/a/pods/b"

func getPod(t *testing.T, c *kube.Client) error {
	t.Helper()
	return c.Get(t.Context(), "a", "b", &corev1.Pod{})
}

// refusing makes the stub answer everything with 401.
func refusing(s *kubetest.Server) { s.Answer("*", kubetest.Status(401, "Unauthorized", marker)) }

func TestRefusedCredentialIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	c, log := dial(t, s)
	wantCode(t, getPod(t, c), apperr.ClusterNotFound)
	asked := len(s.Requests())
	refusing(s)
	for range 50 {
		wantCode(t, getPod(t, c), apperr.ClusterUnauthorized)
	}
	if n := len(s.Requests()) - asked; n != 2 {
		t.Errorf("%d calls went out with a refused credential, want 2", n)
	}
	err := getPod(t, c)
	if after, _ := apperr.AfterOf(err); after != 5*time.Minute {
		t.Errorf("come back after %s, want 5 min", after)
	}
	var events []string
	for _, call := range log.all() {
		if call.Event != "" {
			events = append(events, call.Event)
		}
	}
	if len(events) != 1 || events[0] != "credentials_refused" {
		t.Errorf("events %q, want one", events)
	}
}

func TestOneRefusalBetweenGoodAnswersMeansNothing(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	no, yes := kubetest.Status(401, "Unauthorized", marker), kubetest.Status(404, "NotFound", marker)
	s.Answer(podPath, kubetest.Then(no, yes, no, yes, no, yes))
	c, _ := dial(t, s)
	for range 3 {
		wantCode(t, getPod(t, c), apperr.ClusterUnauthorized)
		wantCode(t, getPod(t, c), apperr.ClusterNotFound)
	}
}

// A page that anybody may read says nothing about the token.
func TestPublicPageDoesNotVouchForTheCredential(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	refusing(s)
	s.Answer("GET /version", kubetest.JSON(200, map[string]string{"major": "1", "minor": "37", "gitVersion": "v1.37.0"}))
	c, _ := dial(t, s)
	for range 3 {
		wantCode(t, getPod(t, c), apperr.ClusterUnauthorized)
		if _, err := c.Version(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Requests()); n != 2+3 {
		t.Errorf("%d requests, want two refused ones and three versions", n)
	}
}

func TestCheckGoesThroughAndHealsTheCredential(t *testing.T) {
	t.Parallel()
	const discovery = "GET /apis/authorization.k8s.io"
	s := kubetest.NewServer(t)
	no := kubetest.Status(401, "Unauthorized", marker)
	s.Answer(podPath, kubetest.Then(no, no, kubetest.Status(404, "NotFound", marker)))
	s.Answer(discovery, no)
	clients, _ := clientsOf(t, target(s, 7, 1))
	c, err := clients.For(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		wantCode(t, getPod(t, c), apperr.ClusterUnauthorized)
	}
	_, err = kube.Prober{Clients: clients}.Poll(t.Context(), 7)
	wantCode(t, err, apperr.ClusterUnauthorized)
	if _, local := apperr.AfterOf(err); local {
		t.Error("the check did not go out")
	}
	wantCode(t, getPod(t, c), apperr.ClusterUnauthorized)
	s.Answer(discovery, kubetest.JSON(200, &metav1.APIGroup{Versions: []metav1.GroupVersionForDiscovery{{Version: "v1"}}}))
	if _, err := (kube.Prober{Clients: clients}).Poll(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	wantCode(t, getPod(t, c), apperr.ClusterNotFound)
}

func TestRefusedCredentialIsRememberedLongerThanItsClient(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	refusing(s)
	h := &hands{now: time.Unix(0, 0)}
	d := &directory{targets: map[int64]kube.Target{7: target(s, 7, 1)}}
	clients := kube.NewClients(kube.Config{Guard: kubetest.Guard(), Directory: d, Now: h.clock})
	t.Cleanup(clients.Close)
	for range 10 {
		c, err := clients.For(t.Context(), 7)
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, getPod(t, c), apperr.ClusterUnauthorized)
		h.pass(5 * time.Minute)
	}
	if d.opened < 5 {
		t.Fatalf("the client was kept: its credential was opened %d times", d.opened)
	}
	if n := len(s.Requests()); n != 2 {
		t.Errorf("%d calls went out with a refused credential, want 2", n)
	}
	changed := target(s, 7, 2)
	changed.Token = secret.NewValue([]byte("a new one"))
	d.set(changed)
	c, err := clients.For(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, getPod(t, c), apperr.ClusterUnauthorized) // by the stub, which knows another one
	if n := len(s.Requests()); n != 3 {
		t.Errorf("a new token was not tried: %d requests", n)
	}
}
