package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Rounds of each measurement: enough for a median.
const (
	benchInstalls   = 9
	benchClusters   = 1000
	benchNamespaces = 16
)

// BenchmarkInstall measures our part of an install: from the request until the
// pod exists, and from the end of the pod until the state is final.
func BenchmarkInstall(b *testing.B) {
	n := newNames()
	s := benchServer(b, n.app)
	if _, err := s.cli(b.Context(), s.attachArgs(b, n.cluster)...); err != nil {
		b.Fatal(err)
	}
	var toPod, toFinal []float64
	for b.Loop() {
		for range benchInstalls {
			pod, final := s.timedInstall(b, n)
			toPod, toFinal = append(toPod, pod), append(toFinal, final)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(toPod), "ms-to-pod")
	b.ReportMetric(median(toFinal), "ms-to-final")
	b.ReportMetric(peakMB(b, s), "peak-MB")
}

type operationTimes struct {
	ID         int64     `json:"id"`
	State      string    `json:"state"`
	Final      bool      `json:"final"`
	CreatedAt  time.Time `json:"created_at"`
	FinishedAt time.Time `json:"finished_at"`
	Steps      []struct {
		Name    string    `json:"name"`
		EndedAt time.Time `json:"ended_at"`
	} `json:"steps"`
}

func (s *server) timedInstall(b *testing.B, n names) (toPod, toFinal float64) {
	b.Helper()
	out, err := s.cli(b.Context(), "app", "install", n.app, "--cluster", n.cluster, "--no-wait", "-o", "json")
	if err != nil {
		b.Fatal(err)
	}
	var op operationTimes
	if err := json.Unmarshal([]byte(out), &op); err != nil {
		b.Fatal(err)
	}
	for toPod == 0 || !op.Final {
		if _, err := s.get(b.Context(), fmt.Sprintf("/api/v1/operations/%d", op.ID), &op); err != nil {
			b.Fatal(err)
		}
		if toPod == 0 && op.State != "pending" && op.State != "preparing" {
			toPod = milliseconds(time.Since(op.CreatedAt))
		}
		<-time.After(2 * time.Millisecond)
	}
	for _, step := range op.Steps {
		if step.Name == "done" {
			toFinal = milliseconds(op.FinishedAt.Sub(step.EndedAt))
		}
	}
	return toPod, toFinal
}

// BenchmarkNamespaces provisions namespaces at the same time. The reference is
// one after the other.
func BenchmarkNamespaces(b *testing.B) {
	n := newNames()
	s := benchServer(b, n.app)
	must := func(args ...string) {
		if _, err := s.cli(b.Context(), args...); err != nil {
			b.Fatal(err)
		}
	}
	must(s.attachArgs(b, n.cluster)...)
	must("group", "create", n.group)
	must("project", "create", n.project)
	for b.Loop() {
		one := s.timedNamespaces(b, n, 1)
		many := s.timedNamespaces(b, n, benchNamespaces)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(one, "ms-alone")
		b.ReportMetric(many/benchNamespaces, "ms-each-of-16")
		b.ReportMetric(one/(many/benchNamespaces), "ratio")
	}
}

func (s *server) timedNamespaces(b *testing.B, n names, count int) float64 {
	b.Helper()
	environments := make([]string, count)
	began := time.Now()
	for i := range environments {
		environments[i] = unique("env")
		_, err := s.cli(b.Context(), "namespace", "ensure", "--project", n.project, "--environment", environments[i], "--no-wait")
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, environment := range environments {
		path := strings.ReplaceAll(n.namespacePath(), "/production/", "/"+environment+"/")
		for row := (struct{ State string }{}); row.State != "ready"; <-time.After(2 * time.Millisecond) {
			if _, err := s.get(b.Context(), path, &row); err != nil {
				b.Fatal(err)
			}
		}
	}
	return milliseconds(time.Since(began))
}

// BenchmarkIdleClusters attaches a thousand clusters that nobody looks at. The
// reference is a server without any.
func BenchmarkIdleClusters(b *testing.B) {
	s := benchServer(b)
	for b.Loop() {
		memory, goroutines := residentMB(b, s), s.goroutines(b)
		for i := range benchClusters {
			s.attachFast(b, "idle-"+strconv.Itoa(i))
		}
		<-time.After(100 * time.Second) // their first checks are over, and their clients dropped
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(residentMB(b, s)-memory, "MB-more")
		b.ReportMetric(memory, "ref-MB")
		b.ReportMetric(s.goroutines(b)-goroutines, "goroutines-more")
	}
}

func benchServer(b *testing.B, entries ...string) *server {
	b.Helper()
	s := &server{bin: filepath.Join(shared.bin, "roadstead"), dir: b.TempDir(), token: adminToken}
	for _, name := range entries {
		s.addEntry(b, name, "web", "")
	}
	if err := s.start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.process.Kill() })
	return s
}

var goroutineCount = regexp.MustCompile(`(?m)^go_goroutines (\d+)`)

func (s *server) goroutines(b *testing.B) float64 {
	b.Helper()
	match := goroutineCount.FindSubmatch(s.read(b, "/metrics"))
	if match == nil {
		b.Fatal("the metrics have no goroutines")
	}
	count, err := strconv.ParseFloat(string(match[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return count
}

func residentMB(b *testing.B, s *server) float64 { b.Helper(); return procMB(b, s, "VmRSS") }

func peakMB(b *testing.B, s *server) float64 { b.Helper(); return procMB(b, s, "VmHWM") }

// procMB reads a size of the server's process.
func procMB(b *testing.B, s *server, field string) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.PID()))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var kilobytes float64
		if _, err := fmt.Sscanf(line, field+": %f kB", &kilobytes); err == nil {
			return kilobytes / 1024
		}
	}
	b.Fatalf("there is no %s", field)
	return 0
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
