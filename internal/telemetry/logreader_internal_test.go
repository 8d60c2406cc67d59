package telemetry

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLogReaderBeginsWithTheOldestFile(t *testing.T) {
	t.Parallel()
	dir, log := newTestLog(t, 8)
	for n := range 7 {
		writeLine(t, log, fmt.Sprintf("n=%d\n", n)) // two lines a file
	}
	r := openReader(t, dir, time.Time{})
	if diff := cmp.Diff([]string{"n=0", "n=1", "n=2", "n=3", "n=4", "n=5", "n=6"}, readOn(t, r)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestLogReaderPassesOverFilesFromBefore(t *testing.T) {
	t.Parallel()
	dir, log := newTestLog(t, 8)
	for n := range 4 {
		writeLine(t, log, fmt.Sprintf("n=%d\n", n))
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(log.path+".1", old, old); err != nil {
		t.Fatal(err)
	}
	r := openReader(t, dir, time.Now().Add(-time.Minute))
	if diff := cmp.Diff([]string{"n=2", "n=3"}, readOn(t, r)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// TestLogReaderFollowsAcrossRotations reads after every so many lines, also so
// rarely that several files are full meanwhile.
func TestLogReaderFollowsAcrossRotations(t *testing.T) {
	t.Parallel()
	for _, every := range []int{1, 2, 3, 5, 8} {
		dir, log := newTestLog(t, 12) // two lines of six bytes a file, ten lines in all files
		writeLine(t, log, "n=000\n")
		r := openReader(t, dir, time.Time{})
		var want, got []string
		for n := range 200 {
			want = append(want, fmt.Sprintf("n=%03d", n))
			if n > 0 {
				writeLine(t, log, want[n]+"\n")
			}
			if n%every == 0 {
				got = append(got, readOn(t, r)...)
			}
		}
		got = append(got, readOn(t, r)...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("reading every %d lines (-want +got):\n%s", every, diff)
		}
	}
}

// TestLogReaderBesideAWriter has nothing to keep the two in step but that the
// writer does not fill all files between two reads.
func TestLogReaderBesideAWriter(t *testing.T) {
	t.Parallel()
	const lines = 20_000
	dir, log := newTestLog(t, 64_000)
	writeLine(t, log, "0\n")
	r := openReader(t, dir, time.Time{})
	written := make(chan error, 1)
	go func() {
		for n := 1; n < lines; n++ {
			if _, err := fmt.Fprintf(log, "%d\n", n); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	next, done := 0, false
	for !done {
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		default:
		}
		for _, line := range readOn(t, r) {
			if line != fmt.Sprint(next) {
				t.Fatalf("line %q comes after line %d", line, next-1)
			}
			next++
		}
	}
	if next != lines {
		t.Errorf("%d lines were read of %d", next, lines)
	}
}

func TestLogReaderWaitsForTheEndOfALine(t *testing.T) {
	t.Parallel()
	dir, log := newTestLog(t, 64)
	writeLine(t, log, "begin")
	r := openReader(t, dir, time.Time{})
	if got := readOn(t, r); len(got) > 0 {
		t.Errorf("half a line is read: %q", got)
	}
	writeLine(t, log, "ning\n")
	if diff := cmp.Diff([]string{"beginning"}, readOn(t, r)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestLogReaderWithoutALog(t *testing.T) {
	t.Parallel()
	if _, err := OpenLogReader(t.TempDir(), time.Time{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error = %v, want fs.ErrNotExist", err)
	}
}

func newTestLog(t *testing.T, limit int64) (dir string, log *rotatingFile) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, logFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir, openTestLog(t, filepath.Join(dir, logFolder, logFile), limit, kubernetesLogFiles)
}

func openReader(t *testing.T, dir string, since time.Time) *LogReader {
	t.Helper()
	r, err := OpenLogReader(dir, since)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// readOn reads to the end of what is written.
func readOn(t *testing.T, r *LogReader) (lines []string) {
	t.Helper()
	for {
		line, err := r.Next()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
}
