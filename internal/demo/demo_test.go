package demo_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/demo"
)

// TestDemo runs each demo with all its checks and looks for what it left behind.
func TestDemo(t *testing.T) {
	bin := os.Getenv("ROADSTEAD_TEST_BIN")
	if bin == "" {
		bin = "../../bin"
	}
	bin, err := filepath.Abs(bin)
	if err != nil {
		t.Fatal(err)
	}
	for name, eks := range map[string]bool{"the main job": false, "a cluster on EKS": true} {
		t.Run(name, func(t *testing.T) {
			temporary := t.TempDir()
			t.Setenv("TMPDIR", temporary)
			var out bytes.Buffer
			if err := demo.Run(t.Context(), demo.Options{Bin: bin, EKS: eks, Check: true, Out: &out}); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			if !strings.Contains(out.String(), "Every step was checked") {
				t.Errorf("the demo says:\n%s", out.String())
			}
			left, err := os.ReadDir(temporary)
			if err != nil || len(left) > 0 {
				t.Errorf("the demo left files: %v %v", left, err)
			}
			if running := processesIn(t, temporary); len(running) > 0 {
				t.Errorf("the demo left processes: %q", running)
			}
		})
	}
}

// processesIn lists the command lines that name a folder.
func processesIn(t *testing.T, folder string) (lines []string) {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte(folder)) {
			lines = append(lines, string(bytes.ReplaceAll(text, []byte{0}, []byte(" "))))
		}
	}
	return lines
}
