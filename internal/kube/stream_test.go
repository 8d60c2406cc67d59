package kube

import (
	"io"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kubetest"
)

func TestSilentWatchIsTakenForDead(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/pods", kubetest.Events())
	c := newBound(t, s)
	c.silence = 50 * time.Millisecond
	for _, err := range Watch[corev1.Pod](t.Context(), c, WatchOptions{}) {
		if apperr.CodeOf(err) != apperr.ClusterTimeout {
			t.Errorf("err = %v", err)
		}
	}
	if n := c.streams.open(); n != 0 {
		t.Errorf("%d streams are open", n)
	}
}

func TestStreamThatDoesNotOpenEnds(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	c := newBound(t, s)
	ctx, st := c.stream(t.Context(), 50*time.Millisecond)
	defer st.end()
	<-ctx.Done()
	if code := apperr.CodeOf(streamCause(ctx)); code != apperr.ClusterTimeout {
		t.Errorf("code = %q", code)
	}
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer  kubetest.Answer
		options LogOptions
		want    apperr.Code
	}{
		"whole":   {kubetest.Text(200, "text/plain", "a line\n"), LogOptions{}, ""},
		"endless": {kubetest.Flood(64<<20, false), LogOptions{MaxBytes: 1 << 20}, apperr.ClusterResponseTooLarge},
		"silent":  {startThenHang, LogOptions{Silence: 50 * time.Millisecond}, apperr.ClusterTimeout},
		"cut":     {kubetest.Cut("a line\n"), LogOptions{}, apperr.ClusterRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kubetest.NewServer(t)
			s.Answer("GET /api/v1/namespaces/a/pods/b/log", tc.answer)
			log, err := newBound(t, s).PodLog(t.Context(), "a", "b", "main", tc.options)
			if err != nil {
				t.Fatal(err)
			}
			defer log.Close()
			if n, err := io.Copy(io.Discard, log); apperr.CodeOf(err) != tc.want || n > 1<<20 {
				t.Errorf("%d bytes, %v", n, err)
			}
		})
	}
}

func startThenHang(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "a line\n")
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func TestLogEndsWithItsClient(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/namespaces/a/pods/b/log", startThenHang)
	c := newBound(t, s)
	log, err := c.PodLog(t.Context(), "a", "b", "main", LogOptions{Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if _, err := log.Read(make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if _, err := log.Read(make([]byte, 64)); apperr.CodeOf(err) != apperr.Interrupted {
		t.Errorf("err = %v", err)
	}
}
