package cli_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/telemetry"
)

// TestLogIsFollowed reads what a running worker writes, from the line before on, and ends with the interruption.
func TestLogIsFollowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	log, err := telemetry.OpenKubernetesLog(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	write := func(cluster int64) {
		log.Write(t.Context(), telemetry.Entry{ClusterID: cluster, Verb: "get", Resource: "namespaces", Status: 200, Duration: time.Millisecond})
	}
	write(1)
	write(2)
	ctx, interrupt := context.WithCancel(t.Context())
	read, out := io.Pipe()
	p := program()
	p.Out, p.Err = out, io.Discard
	ended := make(chan int, 1)
	go func() {
		ended <- p.Main(ctx, []string{"log", "kubernetes", "--data-dir", dir, "--cluster", "2", "--follow"})
		_ = out.Close()
	}()
	lines := bufio.NewScanner(read)
	for n := range 3 {
		if !lines.Scan() || !strings.Contains(lines.Text(), "cluster 2  get namespaces: done in 1ms.") {
			t.Fatalf("line %d is %q", n, lines.Text())
		}
		write(1)
		write(2)
	}
	interrupt()
	for lines.Scan() {
		continue // the line that was written last may come or not
	}
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}
