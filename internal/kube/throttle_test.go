package kube_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
)

// later answers that the caller should come back later.
func later(status int, retryAfter string) kubetest.Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		kubetest.Status(status, "TooManyRequests", marker)(w, r)
	}
}

func TestRetryAfterIsPassedOn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for name, tc := range map[string]struct {
		answer kubetest.Answer
		want   time.Duration
		code   apperr.Code
	}{
		"seconds":        {later(429, "120"), 2 * time.Minute, apperr.ClusterThrottled},
		"date":           {later(429, date(90*time.Second)), 90 * time.Second, apperr.ClusterThrottled},
		"date gone by":   {later(429, date(-time.Hour)), time.Second, apperr.ClusterThrottled},
		"none":           {later(429, ""), 10 * time.Second, apperr.ClusterThrottled},
		"zero":           {later(429, "0"), time.Second, apperr.ClusterThrottled},
		"negative":       {later(429, "-5"), 10 * time.Second, apperr.ClusterThrottled},
		"nonsense":       {later(429, "soon"+marker[:6]), 10 * time.Second, apperr.ClusterThrottled},
		"an hour":        {later(429, "3600"), 15 * time.Minute, apperr.ClusterThrottled},
		"beyond numbers": {later(429, strings.Repeat("9", 40)), 15 * time.Minute, apperr.ClusterThrottled},
		"far date":       {later(429, date(24*365*time.Hour)), 15 * time.Minute, apperr.ClusterThrottled},
		"a long story": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "120")
			kubetest.Status(429, "TooManyRequests", strings.Repeat("x", 100<<10))(w, r)
		}, 2 * time.Minute, apperr.ClusterThrottled},
		"503 with":    {later(503, "120"), 2 * time.Minute, apperr.ClusterThrottled},
		"503 without": {later(503, ""), 0, apperr.ClusterServerError},
		"500 with":    {later(500, "120"), 0, apperr.ClusterServerError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kubetest.NewServer(t)
			s.Answer(podPath, tc.answer)
			clients := kube.NewClients(kube.Config{Guard: kubetest.Guard(), Now: func() time.Time { return now }})
			c, err := clients.Dial(target(s, 7, 1))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			err = getPod(t, c)
			wantCode(t, err, tc.code)
			if got, _ := apperr.AfterOf(err); got != tc.want {
				t.Errorf("come back after %s, want %s", got, tc.want)
			}
		})
	}
}

// TestNobodySleepsOnRetryAfter holds every kind of call against an answer that client-go would wait an hour for.
func TestNobodySleepsOnRetryAfter(t *testing.T) {
	t.Parallel()
	const pods = " /api/v1/namespaces/a/pods"
	pod := &corev1.Pod{}
	pod.Namespace, pod.Name = "a", "b"
	for name, tc := range map[string]struct {
		pattern string
		call    func(t *testing.T, c *kube.Client) error
	}{
		"version":   {"GET /version", func(t *testing.T, c *kube.Client) error { _, err := c.Version(t.Context()); return err }},
		"ready":     {"GET /readyz", func(t *testing.T, c *kube.Client) error { return c.Ready(t.Context()) }},
		"discovery": {"GET /api", getPod},
		"get":       {podPath, getPod},
		"list": {"GET" + pods, func(t *testing.T, c *kube.Client) error {
			return c.Page(t.Context(), newPods(), kube.ListOptions{Namespace: "a"})
		}},
		"apply":  {"PATCH" + pods + "/b", func(t *testing.T, c *kube.Client) error { _, err := c.Apply(t.Context(), pod); return err }},
		"create": {"POST" + pods, func(t *testing.T, c *kube.Client) error { return c.Create(t.Context(), pod.DeepCopy()) }},
		"delete": {"DELETE" + pods + "/b", func(t *testing.T, c *kube.Client) error {
			return c.Delete(t.Context(), kube.Ref{Kind: "Pod", Namespace: "a", Name: "b"}, kube.DeleteOptions{})
		}},
		"token": {"POST /api/v1/namespaces/a/serviceaccounts/s/token", func(t *testing.T, c *kube.Client) error {
			_, _, err := c.CreateToken(t.Context(), "a", "s", kube.TokenRequest{Lifetime: time.Hour})
			return err
		}},
		"log": {"GET" + pods + "/b/log", func(t *testing.T, c *kube.Client) error {
			_, err := c.PodLog(t.Context(), "a", "b", "c", kube.LogOptions{Follow: true})
			return err
		}},
		"watch": {"GET" + pods, func(t *testing.T, c *kube.Client) error {
			for _, err := range kube.Watch[corev1.Pod](t.Context(), c, kube.WatchOptions{Namespace: "a"}) {
				return err
			}
			return nil
		}},
		"rights": {"POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", func(t *testing.T, c *kube.Client) error {
			_, err := c.Allowed(t.Context(), []kube.Access{{Verb: "get", Resource: "pods"}})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kubetest.NewServer(t)
			s.Answer(tc.pattern, later(429, "3600"))
			c, log := dial(t, s)
			start := time.Now()
			err := tc.call(t, c)
			wantCode(t, err, apperr.ClusterThrottled)
			if after, _ := apperr.AfterOf(err); after != 15*time.Minute {
				t.Errorf("come back after %s", after)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
			asked := 0
			for _, r := range s.Requests() {
				if r.Method+" "+r.Path == tc.pattern {
					asked++
				}
			}
			if asked != 1 {
				t.Errorf("asked %d times", asked)
			}
			calls := log.all()
			if last := calls[len(calls)-1]; last.Status != 429 || last.Code != apperr.ClusterThrottled || !strings.Contains(last.Detail, "MARKER") {
				t.Errorf("the log says %+v", last)
			}
		})
	}
}
