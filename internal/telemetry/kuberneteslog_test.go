package telemetry_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/telemetry"
)

func TestKubernetesLogHoldsOneLineACall(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var errOut bytes.Buffer
	log := openKubernetesLog(t, dir, &errOut)
	ctx := telemetry.WithCorrelation(t.Context(), "abc")

	log.Write(ctx, telemetry.Entry{
		ClusterID: 7, ProjectID: 12, Namespace: "shop-12-production", Verb: "patch", Group: "apps", Resource: "deployments",
		Name: "web", Status: 200, Duration: 12500 * time.Microsecond, Attempt: 1, Job: "namespace/3",
	})
	log.Write(ctx, telemetry.Entry{
		Level: slog.LevelWarn, ClusterID: 7, Verb: "get", Resource: "namespaces", Code: "cluster_timeout", Attempt: 2,
		Event: "kube_connection_error", Raw: "read tcp\n10.0.0.1",
	})

	failure := map[string]any{
		"level": "WARN", "correlation_id": "abc", "cluster_id": 7., "verb": "get", "resource": "namespaces",
		"code": "cluster_timeout", "attempt": 2., "event": "kube_connection_error", "raw": `"read tcp\n10.0.0.1"`,
	}
	want := []map[string]any{
		{
			"level": "INFO", "correlation_id": "abc", "cluster_id": 7., "project_id": 12., "namespace": "shop-12-production",
			"verb": "patch", "group": "apps", "resource": "deployments", "name": "web", "status": 200., "duration_ms": 12.5,
			"attempt": 1., "job": "namespace/3",
		},
		failure,
	}
	content := read(t, filepath.Join(dir, "log", "kubernetes.log"))
	if diff := cmp.Diff(want, lines(t, content, "time")); diff != "" {
		t.Errorf("kubernetes.log (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]map[string]any{failure}, lines(t, errOut.String(), "time", "msg")); diff != "" {
		t.Errorf("process log, which repeats failures only (-want +got):\n%s", diff)
	}
}

func TestKubernetesLogTimesAreUTC(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log := openKubernetesLog(t, dir, &bytes.Buffer{})

	log.Write(t.Context(), telemetry.Entry{Event: "begin_create"})

	line := lines(t, read(t, filepath.Join(dir, "log", "kubernetes.log")))[0]
	if stamp, _ := line["time"].(string); !strings.HasSuffix(stamp, "Z") {
		t.Errorf("time = %q, want UTC", stamp)
	}
}

func TestKubernetesLogIsForTheOperatorOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	openKubernetesLog(t, dir, &bytes.Buffer{})

	for path, want := range map[string]os.FileMode{"log": 0o700, "log/kubernetes.log": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s = %o, want %o", path, got, want)
		}
	}
}

func TestUnwritableKubernetesLogIsReportedOnce(t *testing.T) {
	t.Parallel()
	var errOut bytes.Buffer
	log := openKubernetesLog(t, t.TempDir(), &errOut)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}

	for range 3 {
		log.Write(t.Context(), telemetry.Entry{Event: "begin_create"})
	}

	if got := strings.Count(errOut.String(), "kubernetes.log cannot be written"); got != 1 {
		t.Errorf("%d reports for three lost lines, want 1:\n%s", got, errOut.String())
	}
}

func openKubernetesLog(t *testing.T, dir string, errOut *bytes.Buffer) *telemetry.KubernetesLog {
	t.Helper()
	log, err := telemetry.OpenKubernetesLog(dir, telemetry.NewLogger(errOut, telemetry.FormatJSON, slog.LevelInfo))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
