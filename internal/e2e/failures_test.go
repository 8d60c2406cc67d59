package e2e_test

import (
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/stage"
)

// TestFailingChartsEndWithAVerdict installs charts that go wrong, each in its
// own way, and expects the code that says so, a log that can be read when the
// pod is gone, and that a second try with better values works.
func TestFailingChartsEndWithAVerdict(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		chart, timeout, values, code, detail string
		// mended are values that make a second try succeed.
		mended string
	}{
		"a hook that fails": {
			chart: "hook-fails", code: "hook_failed", detail: "migrate", mended: "fail: false",
		},
		"pods that never become ready": {
			chart: "never-ready", timeout: "10s", code: "not_ready_in_time", detail: "Deployment",
		},
		"values of the wrong type": {
			chart: "web", values: "replicas: {a: b}", code: "values_refused", mended: "replicas: 1",
		},
		"a chart that is not there": {chart: "no-such-chart", code: "chart_not_found"},
		"rights that nobody granted": {
			chart: "kube-system-binding", code: "rights_missing", detail: "rolebindings",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNames()
			s := &server{bin: filepath.Join(shared.bin, "roadstead"), dir: t.TempDir(), token: adminToken}
			s.addEntry(t, n.app, tc.chart, tc.timeout)
			s.mustStart(t)
			t.Cleanup(func() { s.process.Kill() })
			s.must(t, s.attachArgs(t, n.cluster)...)

			out, err := s.cli(t.Context(), s.installArgs(t, n, tc.values)...)
			if err == nil || !strings.Contains(out+err.Error(), tc.code) || !strings.Contains(err.Error(), "hint:") {
				t.Errorf("the command should end with code %s and a hint:\n%v", tc.code, err)
			}
			var a struct {
				State string
				Error struct {
					Code   string
					Detail []string
				}
			}
			if _, err := s.get(t.Context(), "/api/v1/clusters/"+n.cluster+"/applications/"+n.app, &a); err != nil {
				t.Fatal(err)
			}
			if a.State != "errored" || a.Error.Code != tc.code {
				t.Errorf("the application is %+v, want errored with %s", a, tc.code)
			}
			status := s.must(t, "app", "status", n.app, "--cluster", n.cluster)
			if !strings.Contains(status, tc.detail) {
				t.Errorf("the status does not name %q:\n%s", tc.detail, status)
			}
			log := s.must(t, "app", "logs", n.app, "--cluster", n.cluster)
			if tc.code != "rights_missing" && !strings.Contains(log, "state=failed") {
				t.Errorf("the log does not tell the failure:\n%s", log)
			}
			// The pod of a failed operation is kept, and kubectl shows the same.
			seen, err := shared.kubectl(t.Context(), "logs", "install-"+n.app, "-n", "gitlab-managed-apps")
			if tc.code != "rights_missing" && (err != nil || seen != log) {
				t.Errorf("kubectl logs: %v; it shows\n%s\nand we show\n%s", err, seen, log)
			}
			if tc.mended != "" {
				s.must(t, s.installArgs(t, n, tc.mended)...)
			}
		})
	}
}

func (s *server) installArgs(t *testing.T, n names, values string) []string {
	t.Helper()
	args := []string{"app", "install", n.app, "--cluster", n.cluster}
	if values == "" {
		return args
	}
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, []byte(values), 0o600); err != nil {
		t.Fatal(err)
	}
	return append(args, "--values", file)
}

// TestBadAddressesAreMarked attaches clusters that are dead, silent, or not what
// they say. Each keeps its registration and is marked with a code in time.
func TestBadAddressesAreMarked(t *testing.T) {
	t.Parallel()
	lying := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<h1>welcome to my home page</h1>")
	}))
	t.Cleanup(lying.Close)
	away := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://192.0.2.1/", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(away.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	dead, err := stage.FreeAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	s := &server{bin: filepath.Join(shared.bin, "roadstead"), dir: t.TempDir(), token: adminToken}
	s.env = []string{"ROADSTEAD_EGRESS_ALLOW=127.0.0.1/32:*"}
	s.mustStart(t)
	t.Cleanup(func() { s.process.Kill() })
	for name, tc := range map[string]struct{ url, ca, code string }{
		"dead":      {"https://" + dead, "", "cluster_refused"},
		"silent":    {"https://" + silent.Addr().String(), "", "cluster_timeout"},
		"untrusted": {shared.api, "", "cluster_tls_untrusted"},
		"lying":     {lying.URL, caOf(t, lying), "cluster_bad_response"},
		"redirects": {away.URL, caOf(t, away), "cluster_redirected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(token, []byte("a-token"), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"cluster", "add", name, "--instance", "--environment-scope", name, "--api-url", tc.url, "--token-file", token}
			if tc.ca != "" {
				args = append(args, "--ca-file", tc.ca)
			}
			began := time.Now()
			out, err := s.cli(t.Context(), args...)
			if err == nil || !strings.Contains(out+err.Error(), tc.code) {
				t.Errorf("the command should say %s: %v\n%s", tc.code, err, out)
			}
			if took := time.Since(began); took > 45*time.Second {
				t.Errorf("it took %s", took)
			}
			if shown := s.must(t, "cluster", "show", name); !strings.Contains(shown, tc.code) {
				t.Errorf("the cluster is not marked:\n%s", shown)
			}
		})
	}
}

// TestAPrivateAddressIsRefusedWithTheSetting is about the operator's side of
// the guard: what is closed says how to open it.
func TestAPrivateAddressIsRefusedWithTheSetting(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	args := s.attachArgs(t, n.cluster)
	for i := range args {
		if args[i] == shared.api {
			args[i] = "https://10.1.2.3:6443"
		}
	}
	_, err := s.cli(t.Context(), args...)
	if err == nil || !strings.Contains(err.Error(), "ROADSTEAD_EGRESS_ALLOW=10.1.2.3/32:6443") {
		t.Errorf("the refusal does not name the setting: %v", err)
	}
}

// caOf writes the certificate of a test server into a file.
func caOf(t *testing.T, server *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
