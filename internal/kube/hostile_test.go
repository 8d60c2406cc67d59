package kube_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/secret"
)

// TestAnswersGetCodes holds the client against what a server can say.
func TestAnswersGetCodes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer kubetest.Answer
		want   apperr.Code
	}{
		"401":               {kubetest.Status(401, "Unauthorized", marker), apperr.ClusterUnauthorized},
		"403":               {kubetest.Status(403, "Forbidden", marker), apperr.ClusterForbidden},
		"404":               {kubetest.Status(404, "NotFound", marker), apperr.ClusterNotFound},
		"404 in HTML":       {kubetest.Text(404, "text/html", "<h1>"+marker), apperr.ClusterNotFound},
		"409":               {kubetest.Status(409, "Conflict", marker), apperr.ClusterConflict},
		"410":               {kubetest.Status(410, "Expired", marker), apperr.ClusterConflict},
		"422":               {kubetest.Status(422, "Invalid", marker), apperr.ClusterInvalid},
		"429":               {retryLater(429), apperr.ClusterThrottled},
		"500":               {kubetest.Status(500, "InternalError", marker), apperr.ClusterServerError},
		"503":               {retryLater(503), apperr.ClusterThrottled},
		"504":               {kubetest.Status(504, "Timeout", marker), apperr.ClusterTimeout},
		"418":               {kubetest.Text(418, "text/plain", marker), apperr.ClusterBadResponse},
		"200 in HTML":       {kubetest.Text(200, "text/html", "<h1>"+marker), apperr.ClusterBadResponse},
		"200 not JSON":      {kubetest.Text(200, "application/json", marker), apperr.ClusterBadResponse},
		"200 other kind":    {kubetest.JSON(200, map[string]string{"apiVersion": "v1", "kind": marker}), apperr.ClusterBadResponse},
		"200 another kind":  {kubetest.JSON(200, map[string]string{"apiVersion": "v1", "kind": "ConfigMap"}), apperr.ClusterBadResponse},
		"200 empty":         {kubetest.Text(200, "application/json", ""), apperr.ClusterBadResponse},
		"200 failed status": {kubetest.Status(200, "Forbidden", marker), apperr.ClusterBadResponse},
		"not gzip":          {notGzip, apperr.ClusterBadResponse},
		"content type":      {kubetest.Text(200, ";;"+marker, "{}"), apperr.ClusterBadResponse},
		"deep":              {kubetest.Text(200, "application/json", strings.Repeat("[", 1_000_000)), apperr.ClusterBadResponse},
		"deeper than 64":    {kubetest.Text(200, "application/json", nested(65)), apperr.ClusterBadResponse},
		"YAML":              {kubetest.Text(200, "application/yaml", "kind: Pod\napiVersion: v1\n"), apperr.ClusterBadResponse},
		"YAML failure":      {kubetest.Text(403, "application/yaml", "kind: Status\napiVersion: v1\ncode: 404\n"), apperr.ClusterForbidden},
		"cut":               {kubetest.Cut(`{"kind":`), apperr.ClusterRefused},
		"large header":      {kubetest.Headers(1 << 20), apperr.ClusterBadResponse},
		"flood":             {kubetest.Flood(64<<20, false), apperr.ClusterResponseTooLarge},
		"bomb":              {kubetest.Flood(512<<20, true), apperr.ClusterResponseTooLarge},
		"upgrade":           {kubetest.Redirect(101, "/"), apperr.ClusterBadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kubetest.NewServer(t)
			s.Answer("GET /api/v1/namespaces/a/pods/b", tc.answer)
			c, log := dial(t, s)
			start := time.Now()
			err := c.Get(t.Context(), "a", "b", &corev1.Pod{})
			wantCode(t, err, tc.want)
			if strings.Contains(err.Error(), marker) || strings.Contains(err.Error(), "aaaa") {
				t.Errorf("the error tells what the server said: %v", err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			last := log.all()[len(log.all())-1]
			if len(last.Detail) > 4*256+2 {
				t.Errorf("the log holds %d bytes of the answer", len(last.Detail))
			}
		})
	}
}

// nested is a pod that is so many objects deep.
func nested(depth int) string {
	const head = `{"kind":"Pod","apiVersion":"v1","spec":`
	return head + strings.Repeat(`{"a":`, depth-1) + "1" + strings.Repeat("}", depth-1) + "}"
}

func TestAnswerAtTheLimitsIsRead(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer(podPath, kubetest.Text(200, "application/json", nested(64)))
	c, _ := dial(t, s)
	if err := getPod(t, c); err != nil {
		t.Error(err)
	}
}

const marker = "MARKER\x1b[31m\u202e"

func retryLater(status int) kubetest.Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.Header().Set("Warning", `299 - "`+"MARKER"+`"`)
		kubetest.Status(status, "TooManyRequests", marker)(w, r)
	}
}

func notGzip(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write([]byte(marker))
}

// A proxy in front of an API server may repeat the request that it refuses.
func TestRepeatedTokenStaysOutOfTheLog(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	s.Answer("*", func(w http.ResponseWriter, r *http.Request) {
		kubetest.Text(502, "text/plain", "refused: "+r.Header.Get("Authorization"))(w, r)
	})
	c, log := dial(t, s)
	wantCode(t, c.Get(t.Context(), "a", "b", &corev1.Pod{}), apperr.ClusterServerError)
	for _, call := range log.all() {
		if want := "refused: Bearer [token]"; call.Detail != want {
			t.Errorf("the log holds %q, want %q", call.Detail, want)
		}
	}
}

func TestRedirectIsNeverFollowed(t *testing.T) {
	t.Parallel()
	victim := kubetest.NewServer(t)
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
		s := kubetest.NewServer(t)
		s.Answer("*", kubetest.Redirect(status, victim.URL+"/api/v1/namespaces/a/pods/b"))
		c, _ := dial(t, s)
		wantCode(t, c.Get(t.Context(), "a", "b", &corev1.Pod{}), apperr.ClusterRedirected)
		_, err := c.Apply(t.Context(), &corev1.ConfigMap{})
		wantCode(t, err, apperr.ClusterRedirected)
		for _, err := range kube.Watch[corev1.Pod](t.Context(), c, kube.WatchOptions{}) {
			wantCode(t, err, apperr.ClusterRedirected)
		}
		_, err = c.PodLog(t.Context(), "a", "b", "c", kube.LogOptions{})
		wantCode(t, err, apperr.ClusterRedirected)
	}
	if n := len(victim.Requests()); n != 0 {
		t.Errorf("the victim got %d requests", n)
	}
}

//nolint:paralleltest // it measures the memory of the process
func TestBombCostsNoMemory(t *testing.T) {
	s := kubetest.NewServer(t)
	s.Answer("GET /api/v1/namespaces/a/pods/b", kubetest.Flood(512<<20, true))
	c, _ := dial(t, s)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wantCode(t, c.Get(t.Context(), "a", "b", &corev1.Pod{}), apperr.ClusterResponseTooLarge)
	runtime.ReadMemStats(&after)
	if grown := int64(after.TotalAlloc - before.TotalAlloc); grown > 128<<20 {
		t.Errorf("a bomb of 512 MiB made us allocate %d MiB", grown>>20)
	}
}

func TestConnectionFailuresGetCodes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		option kubetest.Option
		want   apperr.Code
	}{
		"expired":    {kubetest.Expired, apperr.ClusterTLSExpired},
		"other host": {kubetest.OtherHost("MARKER.example.com"), apperr.ClusterTLSHostname},
		"old TLS":    {kubetest.OldTLS, apperr.ClusterTLSFailed},
		"HTTP/1.1":   {kubetest.HTTP1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := dial(t, kubetest.NewServer(t, tc.option))
			_, err := c.Version(t.Context())
			wantCode(t, err, tc.want)
		})
	}
	t.Run("other CA", func(t *testing.T) {
		t.Parallel()
		s, other := kubetest.NewServer(t), kubetest.NewServer(t)
		c, _ := dialTarget(t, kube.Target{APIURL: s.URL, CAPEM: other.CA})
		_, err := c.Version(t.Context())
		wantCode(t, err, apperr.ClusterTLSUntrusted)
		c, _ = dialTarget(t, kube.Target{APIURL: s.URL})
		_, err = c.Version(t.Context())
		wantCode(t, err, apperr.ClusterTLSUntrusted)
	})
}

// listen starts a listener that treats each connection with handle.
func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go handle(conn)
		}
	}()
	return "https://" + l.Addr().String()
}

func TestLyingListenersGetCodes(t *testing.T) {
	t.Parallel()
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	for name, tc := range map[string]struct {
		url  string
		want apperr.Code
	}{
		"nobody listens": {"https://" + dead.Addr().String(), apperr.ClusterRefused},
		"closes":         {listen(t, func(c net.Conn) { c.Close() }), apperr.ClusterRefused},
		"plain HTTP": {listen(t, func(c net.Conn) {
			defer c.Close()
			_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n" + marker))
		}), apperr.ClusterBadResponse},
		"ssh": {listen(t, func(c net.Conn) {
			defer c.Close()
			_, _ = c.Write([]byte("SSH-2.0-OpenSSH_9.9 " + marker + "\r\n"))
		}), apperr.ClusterTLSFailed},
		"silent": {listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), apperr.ClusterTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := dialTarget(t, kube.Target{APIURL: tc.url})
			start := time.Now()
			_, err := c.Version(t.Context())
			wantCode(t, err, tc.want)
			if strings.Contains(err.Error(), "MARKER") || strings.Contains(err.Error(), "SSH") {
				t.Errorf("the error tells what the listener said: %v", err)
			}
			if took := time.Since(start); took > 12*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestSlowAnswerEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]kubetest.Answer{"hang": kubetest.Hang(), "drip": kubetest.Drip(10 * time.Millisecond)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kubetest.NewServer(t)
			s.Answer("GET /version", answer)
			c, _ := dial(t, s)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			_, err := c.Version(ctx)
			wantCode(t, err, apperr.ClusterTimeout)
		})
	}
}

func TestPrivateAddressIsRefusedWithTheSetting(t *testing.T) {
	t.Parallel()
	clients := kube.NewClients(kube.Config{Guard: kubetest.Guard()})
	_, err := clients.Dial(kube.Target{APIURL: "https://10.1.2.3:6443", Token: secret.NewValue([]byte("t"))})
	e, ok := apperr.From(err)
	if !ok || e.Code != apperr.ClusterAddressRefused || !strings.Contains(e.Hint, "ROADSTEAD_EGRESS_ALLOW=10.1.2.3/32:6443") {
		t.Errorf("err = %+v", e)
	}
	_, err = clients.Dial(kube.Target{APIURL: "https://169.254.169.254"})
	if e, ok = apperr.From(err); !ok || e.Code != apperr.ClusterAddressRefused || strings.Contains(e.Hint, "/32") {
		t.Errorf("err = %+v", e)
	}
}

func TestBreakerOpensAndCheckGoesThrough(t *testing.T) {
	t.Parallel()
	c, _ := dialTarget(t, kube.Target{APIURL: listen(t, func(c net.Conn) { c.Close() })})
	for range 5 {
		wantCode(t, c.Ready(t.Context()), apperr.ClusterRefused)
	}
	wantCode(t, c.Ready(t.Context()), apperr.ClusterBreakerOpen)
	_, err := c.Version(t.Context())
	wantCode(t, err, apperr.ClusterRefused)
}
