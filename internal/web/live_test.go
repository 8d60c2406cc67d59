package web_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/provision"
)

// follow opens a stream and returns its lines. It ends with the test.
func (s *site) follow(topics string) (*http.Response, <-chan string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/live?topics="+topics, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := s.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { response.Body.Close() })
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-s.t.Context().Done():
				return
			}
		}
	}()
	return response, lines
}

// await reads lines until one holds a text, or the stream ends.
func await(t *testing.T, lines <-chan string, text string) bool {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case line, open := <-lines:
			if !open {
				return false
			}
			if strings.Contains(line, text) {
				return true
			}
		case <-late:
			t.Fatalf("nothing like %q within ten seconds", text)
		}
	}
}

func TestAPushEndsTheStreamOfASessionThatIsOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	role := s.verified()
	notify := func() {
		t.Helper()
		s.atomically(func(_ context.Context, tx provision.Tx) error {
			tx.Notify(provision.FormTopic(role.ID, "eu-west-1"))
			return nil
		})
	}
	_, lines := s.follow(provision.FormTopic(role.ID, "eu-west-1"))
	await(t, lines, "hello")
	notify()
	if !await(t, lines, "notice") {
		t.Fatal("the stream ended by itself")
	}
	s.post("/sign-out", nil)
	notify()
	if await(t, lines, "event: notice") {
		t.Error("a session that is over is told what changed")
	}
}

func TestStreamsOfASessionAreLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for range 6 {
		if r, _ := s.follow("clusters"); r.StatusCode != http.StatusOK {
			t.Fatalf("a stream: %s", r.Status)
		}
	}
	if r, _ := s.follow("clusters"); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the seventh stream: %s", r.Status)
	}
}
