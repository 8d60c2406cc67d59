package kube_test

import (
	"context"
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
)

// TestResetStreamIsNoBadAnswer has the server end a stream of HTTP/2 before it answered, as one does that restarts.
func TestResetStreamIsNoBadAnswer(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer(podPath, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	c, _ := dial(t, s)
	wantCode(t, getPod(t, c), apperr.ClusterRefused)
}

// TestLateAnswerDoesNotClearTheCredential holds a good answer back until the token was refused twice.
func TestLateAnswerDoesNotClearTheCredential(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	c, _ := dial(t, s)
	wantCode(t, getPod(t, c), apperr.ClusterNotFound) // the group is known from here on
	held, arrived := make(chan struct{}), make(chan struct{})
	s.Answer("GET /api/v1/namespaces/a/pods/slow", func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-held
		kubetest.Status(http.StatusNotFound, "NotFound", "none")(w, r)
	})
	s.Answer(podPath, kubetest.Status(http.StatusUnauthorized, "Unauthorized", "no"))
	late := make(chan error, 1)
	go func() { late <- get(context.WithoutCancel(t.Context()), c, "slow") }()
	<-arrived
	wantCode(t, getPod(t, c), apperr.ClusterUnauthorized)
	wantCode(t, getPod(t, c), apperr.ClusterUnauthorized)
	close(held)
	wantCode(t, <-late, apperr.ClusterNotFound)
	asked := len(s.Requests())
	wantCode(t, getPod(t, c), apperr.ClusterUnauthorized)
	if n := len(s.Requests()) - asked; n != 0 {
		t.Errorf("%d calls went out with a refused credential", n)
	}
}

func get(ctx context.Context, c *kube.Client, name string) error {
	return c.Get(ctx, "a", name, &corev1.Pod{})
}
