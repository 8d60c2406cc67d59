package kube_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
)

// hostileBody is what a server may send that is meant to cost, and what asks for it.
type hostileBody struct {
	operation string
	answer    kubetest.Answer
	want      apperr.Code
}

// hostileBodies are made up by the stub while it sends, so what the process grows by is ours.
func hostileBodies() map[string]hostileBody {
	return map[string]hostileBody{
		"512 MB in gzip, object":      {"Client.Get", kubetest.Flood(512<<20, true), apperr.ClusterResponseTooLarge},
		"512 MB in gzip, list":        {"Pages", kubetest.Flood(512<<20, true), apperr.ClusterResponseTooLarge},
		"512 MB in gzip, mirror":      {"PodSource.List", kubetest.Flood(512<<20, true), apperr.ClusterResponseTooLarge},
		"JSON 10^6 deep, object":      {"Client.Get", kubetest.Nested(1_000_000), apperr.ClusterBadResponse},
		"JSON 10^6 deep, list":        {"Client.Page", kubetest.Nested(1_000_000), apperr.ClusterBadResponse},
		"endless list, same token":    {"Pages", endless(func(string) string { return "again" }), apperr.ClusterBadResponse},
		"endless list, other tokens":  {"Pages", endless(next), apperr.ClusterResponseTooLarge},
		"20 MB watch frame":           {"Watch", kubetest.Flood(20<<20, false), apperr.ClusterResponseTooLarge},
		"20 MB watch frame, mirror":   {"PodSource.Watch", kubetest.Flood(20<<20, false), ""}, // it was open before the frame
		"16 MB of empty pods":         {"Client.Page", empties(jsonForm, 5<<20), apperr.ClusterResponseTooLarge},
		"the same in protobuf":        {"Client.Page", empties(protobufForm, 8<<20-64), apperr.ClusterResponseTooLarge},
		"the same for the mirror":     {"PodSource.List", empties(protobufForm, 8<<20-64), apperr.ClusterResponseTooLarge},
		"endless log":                 {"Client.PodLog", kubetest.Flood(1<<40, false), apperr.ClusterResponseTooLarge},
		"10 MB header, object":        {"Client.Get", kubetest.Headers(10 << 20), apperr.ClusterBadResponse},
		"10 MB header, watch":         {"Watch", kubetest.Headers(10 << 20), apperr.ClusterBadResponse},
		"10 MB of an error's message": {"Client.Get", kubetest.Status(500, "InternalError", strings.Repeat("x", 10<<20)), apperr.ClusterResponseTooLarge},
	}
}

const jsonForm, protobufForm = "application/json", "application/vnd.kubernetes.protobuf"

// empties sends a list of so many pods that have nothing in them.
func empties(form string, pods int) kubetest.Answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", form)
		if form == jsonForm {
			_, _ = io.WriteString(w, `{"apiVersion":"v1","kind":"PodList","items":[{}`)
			_, _ = io.Copy(w, &repeated{text: ",{}", times: pods})
			_, _ = io.WriteString(w, `]}`)
			return
		}
		size := 2 * pods // bytes of the list, which is the second field of the envelope
		_, _ = io.WriteString(w, "k8s\x00\x0a\x0d\x0a\x02v1\x12\x07PodList")
		_, _ = w.Write(binary.AppendUvarint([]byte{2<<3 | 2}, uint64(size)))
		_, _ = io.Copy(w, &repeated{text: "\x12\x00", times: pods})
	}
}

// repeated is a text so many times.
type repeated struct {
	text  string
	times int
}

// Read implements io.Reader.
func (r *repeated) Read(p []byte) (int, error) {
	if r.times == 0 {
		return 0, io.EOF
	}
	n := 0
	for r.times > 0 && n+len(r.text) <= len(p) {
		n += copy(p[n:], r.text)
		r.times--
	}
	return n, nil
}

// endless serves pages of a thousand pods each without end.
func endless(next func(token string) string) kubetest.Answer {
	items := bytes.Repeat([]byte(`{"metadata":{"name":"pod","namespace":"shop"}},`), 1000)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"apiVersion":"v1","kind":"PodList","metadata":{"resourceVersion":"1","continue":%q},"items":[%s]}`,
			next(r.URL.Query().Get("continue")), items[:len(items)-1])
	}
}

func next(token string) string {
	n, _ := strconv.Atoi(token)
	return strconv.Itoa(n + 1)
}

// maxGrowth is what a hostile body may cost, in bytes of resident memory, in a process that runs the server too.
const maxGrowth = raceFactor * (128 << 20)

// TestHostileBodiesCostLittle asks for each hostile body and measures by how much the process grows at the peak.
// Meanwhile another cluster must not notice.
//
//nolint:paralleltest // it measures the memory of the process
func TestHostileBodiesCostLittle(t *testing.T) {
	seeded(t, func(t *testing.T, random *rand.Rand) {
		names := slices.Sorted(maps.Keys(hostileBodies()))
		for _, i := range sampleOf(random, len(names), 3) {
			t.Run(names[i], func(t *testing.T) { costsLittle(t, hostileBodies()[names[i]]) })
		}
	})
}

func costsLittle(t *testing.T, body hostileBody) {
	t.Helper()
	s, other := kubetest.NewServer(t), kubetest.NewServer(t)
	s.Answer(patternOf(t, body.operation), body.answer)
	clients, d := clientsOf(t, target(s, 7, 1))
	d.set(target(other, 8, 1))
	neighbour := watchNeighbour(t, clients)
	var err error
	grown := growthOf(t, func() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err = operations()[body.operation](ctx, clients)
	})
	wantCode(t, err, body.want)
	calls, p95 := neighbour()
	t.Logf("resident memory %+d MiB at the peak; %d calls of another cluster, p95 %s", grown>>20, calls, p95.Round(10*time.Microsecond))
	if grown > maxGrowth {
		t.Errorf("it grew by %d MiB", grown>>20)
	}
	if p95 > time.Second {
		t.Errorf("another cluster's p95 was %s", p95)
	}
}

// watchNeighbour calls cluster 8 until the returned function ends it and tells how it went.
func watchNeighbour(t *testing.T, clients *kube.Clients) (stop func() (calls int, p95 time.Duration)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan []time.Duration, 1)
	go func() {
		var took []time.Duration
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			began := time.Now()
			c, err := clients.For(ctx, 8)
			if err == nil {
				err = c.Ready(ctx)
			}
			if err != nil && ctx.Err() == nil {
				t.Errorf("another cluster: %v", err)
			}
			took = append(took, time.Since(began))
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
		ended <- took
	}()
	return func() (int, time.Duration) {
		cancel()
		took := <-ended
		slices.Sort(took)
		return len(took), took[len(took)*95/100]
	}
}

// growthOf is by how many bytes the resident memory of the process grows while f runs, at the peak.
func growthOf(t *testing.T, f func()) int64 {
	t.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200); err != nil { // forget the peak so far
		t.Fatal(err)
	}
	before := statusOf(t, "VmRSS")
	f()
	return statusOf(t, "VmHWM") - before
}

// statusOf reads a size from the kernel's account of this process, in bytes.
func statusOf(t *testing.T, field string) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), field+":")
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// A server whose answers cannot be read at all is left alone after a while.
func TestHostileHeadersOpenTheBreaker(t *testing.T) {
	t.Parallel()
	s, other := kubetest.NewServer(t), kubetest.NewServer(t)
	s.Answer("*", kubetest.Headers(10<<20))
	clients, d := clientsOf(t, target(s, 7, 1))
	d.set(target(other, 8, 1))
	get := operations()["Client.Get"]
	for range 5 {
		wantCode(t, get(t.Context(), clients), apperr.ClusterBadResponse)
	}
	asked := len(s.Requests())
	wantCode(t, get(t.Context(), clients), apperr.ClusterBreakerOpen)
	if n := len(s.Requests()); n != asked {
		t.Errorf("%d requests past the open breaker", n-asked)
	}
	neighbour, err := clients.For(t.Context(), 8)
	if err != nil {
		t.Fatal(err)
	}
	if err := neighbour.Ready(t.Context()); err != nil {
		t.Errorf("another cluster: %v", err)
	}
}
