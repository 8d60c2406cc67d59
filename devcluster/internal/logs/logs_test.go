package logs

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newFile is a log whose clock ticks one second a line, from second 0 on.
func newFile(t *testing.T, writes ...string) *File {
	t.Helper()
	file, err := Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	clock := time.Unix(0, 0)
	file.now = func() time.Time { clock = clock.Add(time.Second); return clock.Add(-time.Second) }
	for _, text := range writes {
		if _, err := io.WriteString(file, text); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func TestCopyAnswersAsTheKubelet(t *testing.T) {
	t.Parallel()
	writes := []string{"zero\none\n", "tw", "o\n", "\n", "four"}
	cases := map[string]struct{ query, want string }{
		"everything":         {"", "zero\none\ntwo\n\nfour"},
		"last two":           {"tailLines=2", "\nfour"},
		"more than there is": {"tailLines=99", "zero\none\ntwo\n\nfour"},
		"none":               {"tailLines=0", ""},
		"since a time":       {"sinceTime=1970-01-01T00:00:03Z", "\nfour"},
		"since seconds":      {"sinceSeconds=8", "two\n\nfour"},
		"limit":              {"limitBytes=6", "zero\no"},
		"limit none":         {"limitBytes=99", "zero\none\ntwo\n\nfour"},
		"timestamps":         {"timestamps=true&tailLines=1", "1970-01-01T00:00:04Z four"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			query, err := url.ParseQuery(c.query)
			if err != nil {
				t.Fatal(err)
			}
			options, err := ParseOptions(query, time.Unix(10, 0))
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			if err := Copy(t.Context(), &got, nil, newFile(t, writes...), options); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.String()); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"tailLines=-1", "limitBytes=x", "sinceTime=yesterday", "sinceSeconds=1.5"} {
		values, _ := url.ParseQuery(query)
		if _, err := ParseOptions(values, time.Now()); err == nil {
			t.Errorf("%s was accepted", query)
		}
	}
}

func TestTailReadsAcrossBlocks(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&text, "line %d\n", i)
	}
	file := newFile(t, text.String())
	var got strings.Builder
	if err := Copy(t.Context(), &got, nil, file, Options{Tail: 15_000, Limit: -1}); err != nil {
		t.Fatal(err)
	}
	if first, _, _ := strings.Cut(got.String(), "\n"); first != "line 5000" {
		t.Errorf("the last 15000 lines begin with %q", first)
	}
}

// TestFollow pins that lines arrive as they are written, that half a line
// waits for its end, and that the end of the run ends the stream.
func TestFollow(t *testing.T) {
	t.Parallel()
	file := newFile(t, "zero\n")
	reader, writer := io.Pipe()
	copied := make(chan error, 1)
	go func() {
		copied <- Copy(t.Context(), writer, func() {}, file, Options{Follow: true, Tail: -1, Limit: -1})
		_ = writer.Close()
	}()
	lines := bufio.NewReader(reader)
	expect := func(want string) {
		t.Helper()
		if got, _ := lines.ReadString('\n'); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	expect("zero\n")
	_, _ = io.WriteString(file, "one\nha")
	expect("one\n")
	_, _ = io.WriteString(file, "lf\n")
	expect("half\n")
	_, _ = io.WriteString(file, "rest")
	_ = file.Close()
	expect("rest")
	if err := <-copied; err != nil {
		t.Errorf("copy: %v", err)
	}
}

func TestFollowEndsWithItsReader(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	file := newFile(t, "zero\n")
	copied := make(chan error, 1)
	go func() {
		copied <- Copy(ctx, io.Discard, cancel, file, Options{Follow: true, Tail: -1, Limit: -1})
	}()
	if err := <-copied; err != nil {
		t.Errorf("copy: %v", err)
	}
}
