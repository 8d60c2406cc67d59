package run_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/installer/internal/logline"
	"github.com/roadstead/roadstead/installer/internal/pod"
	"github.com/roadstead/roadstead/installer/internal/run"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

const uninstall = `{"operation":"op-1","action":"uninstall","application":"web","release":"web","namespace":"web",
	"timeout_seconds":60,"wait":"watcher"}`

// newPod makes a pod whose API server is the handler.
func newPod(t *testing.T, request string, handler http.HandlerFunc) run.Pod {
	t.Helper()
	s := httptest.NewTLSServer(handler)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := run.Pod{Files: pod.Layout{Root: t.TempDir()}, APIHost: u.Hostname(), APIPort: u.Port()}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	for path, text := range map[string]string{
		p.Files.Request(): request, p.Files.Token(): "the-token", p.Files.CA(): string(ca), p.Files.Termination(): "",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func verdictOf(t *testing.T, p run.Pod) verdict.Verdict {
	t.Helper()
	text, err := os.ReadFile(p.Files.Termination())
	if err != nil {
		t.Fatal(err)
	}
	var v verdict.Verdict
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// A call that hangs knows no context. When we are asked to stop it is left behind, and the verdict is written.
func TestInterruptWhileTheAPIServerHangs(t *testing.T) {
	t.Parallel()
	release, asked := make(chan struct{}), make(chan struct{}, 100)
	p := newPod(t, uninstall, func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	})
	defer close(release)
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		<-asked
		interrupt()
	}()
	var out strings.Builder
	start := time.Now()
	code := run.Run(ctx, p, logline.New(&out, time.Now))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if v := verdictOf(t, p); code != 1 || v.Code != verdict.Interrupted || v.Step != "prepare" || v.Operation != "op-1" {
		t.Errorf("code %d, verdict %+v\n%s", code, v, out.String())
	}
}

func TestBrokenClusterIsNamed(t *testing.T) {
	t.Parallel()
	refusing := newPod(t, uninstall, http.NotFound)
	refusing.APIPort = "1"
	for name, tc := range map[string]struct {
		pod  run.Pod
		want verdict.Code
	}{
		"nobody listens": {refusing, verdict.ClusterRefused},
		"account is gone": {newPod(t, uninstall, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
		}), verdict.RightsMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			code := run.Run(t.Context(), tc.pod, logline.New(&out, time.Now))
			if v := verdictOf(t, tc.pod); code != 1 || v.Code != tc.want || v.Step != "prepare" {
				t.Errorf("code %d, verdict %+v\n%s", code, v, out.String())
			}
		})
	}
}
