package kube_test

import (
	"context"
	"sync"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/secret"
)

func TestMain(m *testing.M) { kubetest.Main(m) }

// callLog keeps what was logged.
type callLog struct {
	mu    sync.Mutex
	calls []kube.Call
}

func (l *callLog) LogCall(_ context.Context, c kube.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, c)
}

func (l *callLog) all() []kube.Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]kube.Call(nil), l.calls...)
}

// dial makes a client of a stub with the valid token.
func dial(t testing.TB, s *kubetest.Server) (*kube.Client, *callLog) {
	t.Helper()
	return dialTarget(t, kube.Target{Cluster: 7, APIURL: s.URL, CAPEM: s.CA, Token: secret.NewValue([]byte(kubetest.Token))})
}

func dialTarget(t testing.TB, target kube.Target) (*kube.Client, *callLog) {
	t.Helper()
	log := &callLog{}
	clients := kube.NewClients(kube.Config{Guard: kubetest.Guard(), UserAgent: "kubetest", Log: log})
	c, err := clients.Dial(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, log
}

func wantCode(t testing.TB, err error, want apperr.Code) {
	t.Helper()
	if got := apperr.CodeOf(err); got != want {
		t.Errorf("code = %q (%v), want %q", got, err, want)
	}
}
