package cli_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apitest"
	"github.com/roadstead/roadstead/internal/cli"
	"github.com/roadstead/roadstead/internal/workload"
)

// session runs commands against a world in this process.
type session struct {
	t       *testing.T
	world   *apitest.World
	address string
}

func (s session) run(ctx context.Context, out *screen, args ...string) int {
	p := &cli.Program{
		Version: "1.2.3", In: strings.NewReader("token"), Out: out, Err: out,
		Environ: []string{"ROADSTEAD_SERVER=" + s.address, "ROADSTEAD_TOKEN=" + apitest.Token},
	}
	return p.Main(ctx, args)
}

func (s session) must(args ...string) {
	s.t.Helper()
	out := &screen{}
	if code := s.run(s.t.Context(), out, args...); code != 0 {
		s.t.Fatalf("%v: exit code %d: %s", args, code, out)
	}
}

// screen is what a person sees.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// String returns all of it.
func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// shows waits until the text is on the screen.
func (s *screen) shows(t *testing.T, text string) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !strings.Contains(s.String(), text) {
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatalf("%q does not show up in:\n%s", text, s)
		}
	}
}

// newShop is a session with a project whose namespace stands.
func newShop(t *testing.T) session {
	t.Helper()
	w := apitest.New(t)
	s := session{t, w, w.Serve(t)}
	s.must("group", "create", "acme")
	s.must("project", "create", "acme/shop")
	s.must("cluster", "add", "staging", "--instance", "--api-url", "https://k8s.example.com", "--token-file", "-")
	s.must("namespace", "ensure", "--project", "acme/shop", "--environment", "production")
	return s
}

func TestFirstLookWaitsForWhatItFinds(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.world.Live.Set(workload.Status{State: workload.Syncing})
	s.world.Live.OnRead(func() {
		s.world.Live.Set(workload.Status{State: workload.Live, AsOf: time.Now()}, workload.Pod{Name: "web-1"})
	})
	out := &screen{}
	if code := s.run(t.Context(), out, "pods", "--project", "acme/shop", "--environment", "production"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if text := out.String(); !strings.Contains(text, "web-1") || !strings.Contains(text, "live, as of") {
		t.Errorf("shown:\n%s", text)
	}
}

func TestWatchedPodsShowWhatChanged(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	live := workload.Status{State: workload.Live, AsOf: time.Now()}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out, code := &screen{}, make(chan int)
	go func() { code <- s.run(ctx, out, "pods", "-w", "--project", "acme/shop", "--environment", "production") }()
	out.shows(t, "# 0 pods in shop-1-production")
	s.world.Live.Set(live, workload.Pod{Name: "web-1", Phase: "Pending"}, workload.Pod{Name: "web-2", Phase: "Running"})
	out.shows(t, "web-2")
	s.world.Live.Set(live, workload.Pod{Name: "web-1", Phase: "Running\x1b[2J"})
	out.shows(t, "gone")
	interrupt()

	if got := <-code; got != 130 {
		t.Errorf("exit code %d after the interrupt", got)
	}
	text := out.String()
	if strings.Count(text, "web-1") != 2 || strings.Contains(text, "\x1b") {
		t.Errorf("web-1 should show up when it changed, and no escape sequence:\n%q", text)
	}
}

func TestInstallOutlivesARestartOfTheServer(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	var down atomic.Bool
	refused := make(chan struct{}, 1)
	up := w.Mux()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			select {
			case refused <- struct{}{}:
			default:
			}
			panic(http.ErrAbortHandler)
		}
		up.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s := session{t, w, server.URL}
	s.must("cluster", "add", "staging", "--instance", "--api-url", "https://k8s.example.com", "--token-file", "-")
	w.Applications.Hold = make(chan struct{})

	out, code := &screen{}, make(chan int)
	go func() { code <- s.run(t.Context(), out, "app", "install", "web", "--cluster", "staging") }()
	out.shows(t, "s  request")
	down.Store(true)
	server.CloseClientConnections()
	<-refused
	close(w.Applications.Hold)
	down.Store(false)

	if got := <-code; got != 0 {
		t.Errorf("exit code %d: %s", got, out)
	}
	if text := out.String(); strings.Count(text, "s  fetch") != 1 || !strings.Contains(text, "succeeded") {
		t.Errorf("the end of the operation is not shown once:\n%s", text)
	}
}
