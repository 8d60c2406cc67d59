package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestScratchIsOwnedAndRemoved(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	first, second := take(t, parent), take(t, parent)
	if first.dir == second.dir {
		t.Fatalf("two runs own %s", first.dir)
	}
	leave(t, first.dir)
	leave(t, second.dir)
	if err := second.lock.Close(); err != nil { // as the system does for one that is killed
		t.Fatal(err)
	}

	third := take(t, parent)

	if third.dir != second.dir || left(t, third.dir) {
		t.Errorf("the next run owns %s, with what was left there: %t; want %s, empty", third.dir, left(t, third.dir), second.dir)
	}
	if !left(t, first.dir) {
		t.Error("what a living run stores was removed")
	}
	for _, s := range []*scratch{first, third} {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
	if left(t, parent) {
		t.Error("folders remain after their runs")
	}
}

func TestScratchRemovesEveryFolderWithoutOwner(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	runs := []*scratch{take(t, parent), take(t, parent), take(t, parent)}
	for _, s := range runs {
		leave(t, s.dir)
		if err := s.lock.Close(); err != nil {
			t.Fatal(err)
		}
	}

	next := take(t, parent)

	if next.dir != runs[0].dir || left(t, next.dir) || exists(runs[1].dir) || exists(runs[2].dir) {
		t.Errorf("the next run owns %s; want %s, empty, and no other folder", next.dir, runs[0].dir)
	}
}

func TestRunRemovesWhatItsTestsLeave(t *testing.T) {
	t.Parallel()
	for name, ending := range map[string]string{"at its end": "", "when interrupted": "select {}"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pipe := filepath.Join(t.TempDir(), "pipe")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			dir := module(t, "example.org/m", strings.NewReplacer("PIPE", pipe, "ENDING", ending).Replace(`package p

import (
	"os"
	"testing"
)

func TestA(t *testing.T) {
	dir, err := os.MkdirTemp("", "left-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("PIPE", []byte(dir), 0o600); err != nil {
		t.Fatal(err)
	}
	ENDING
}
`))
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			var out, errOut bytes.Buffer
			passed := make(chan bool)
			go func() { passed <- run(ctx, []string{dir, "--", "-count=1"}, &out, &errOut) }()

			left, err := os.ReadFile(pipe)
			if err != nil {
				t.Fatal(err)
			}
			if ending != "" {
				interrupt()
			}

			if ok := <-passed; ok != (ending == "") {
				t.Errorf("passed = %t\n%s%s", ok, out.String(), errOut.String())
			}
			if !strings.Contains(string(left), "testrun-") || exists(string(left)) {
				t.Errorf("%s remains, or is no folder of the run", left)
			}
		})
	}
}

func take(t *testing.T, parent string) *scratch {
	t.Helper()
	s, err := newScratch(parent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.lock.Close() })
	return s
}

func leave(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "TestKilled123", "001"), 0o700); err != nil {
		t.Fatal(err)
	}
}

func left(t *testing.T, dir string) bool {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries) > 0
}
