package telemetry

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRotationKeepsTheYoungestFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.log")
	log := openTestLog(t, path, 8, 3)

	for n := range 7 {
		writeLine(t, log, fmt.Sprintf("n=%d\n", n)) // four bytes: two lines a file
	}

	want := map[string]string{"x.log": "n=6\n", "x.log.1": "n=4\nn=5\n", "x.log.2": "n=2\nn=3\n"}
	if diff := cmp.Diff(want, contents(t, filepath.Dir(path))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestRotationCountsWhatAFormerProcessWrote(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.log")
	writeLine(t, openTestLog(t, path, 8, 2), "before\n")

	writeLine(t, openTestLog(t, path, 8, 2), "after\n")

	want := map[string]string{"x.log": "after\n", "x.log.1": "before\n"}
	if diff := cmp.Diff(want, contents(t, filepath.Dir(path))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestLineLongerThanAFileIsWrittenWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.log")
	log := openTestLog(t, path, 8, 2)

	writeLine(t, log, "much longer than a file\n")

	if diff := cmp.Diff(map[string]string{"x.log": "much longer than a file\n"}, contents(t, filepath.Dir(path))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestFailedRotationLosesNoLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.log")
	log := openTestLog(t, path, 8, 2)
	if err := os.MkdirAll(filepath.Join(path+".1", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeLine(t, log, "first\n")

	_, err := log.Write([]byte("second\n"))

	if err == nil {
		t.Error("no error although the next file could not be started")
	}
	if got, want := readFile(t, path), "first\nsecond\n"; got != want {
		t.Errorf("file = %q, want %q", got, want)
	}
}

func TestConcurrentWritersKeepLinesWhole(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.log")
	log := openTestLog(t, path, 64, 1000)
	var writers sync.WaitGroup
	for writer := range 4 {
		line := []byte(strings.Repeat(string(rune('a'+writer)), 19) + "\n")
		writers.Go(func() {
			for range 100 {
				if _, err := log.Write(line); err != nil {
					t.Errorf("writing: %v", err)
				}
			}
		})
	}
	writers.Wait()

	seen := map[string]int{}
	for _, content := range contents(t, filepath.Dir(path)) {
		for line := range strings.Lines(content) {
			seen[line[:1]+line[18:]]++
		}
	}
	if diff := cmp.Diff(map[string]int{"aa\n": 100, "bb\n": 100, "cc\n": 100, "dd\n": 100}, seen); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func openTestLog(t *testing.T, path string, limit int64, files int) *rotatingFile {
	t.Helper()
	log, err := openRotating(path, limit, files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func writeLine(t *testing.T, log *rotatingFile, line string) {
	t.Helper()
	if _, err := log.Write([]byte(line)); err != nil {
		t.Fatal(err)
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string, len(entries))
	for _, entry := range entries {
		files[entry.Name()] = readFile(t, filepath.Join(dir, entry.Name()))
	}
	return files
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
