package egress_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/roadstead/roadstead/internal/egress"
)

// row is one line of a corpus file.
type row struct {
	verdict, class, url string
	answers             []string // of the name, the second time those after "then"
}

func corpus(t testing.TB) []row {
	t.Helper()
	return append(readCorpus(t, "urls.txt"), readCorpus(t, "names.txt")...)
}

func readCorpus(t testing.TB, file string) []row {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []row
	for s := bufio.NewScanner(f); s.Scan(); {
		if line := s.Text(); line != "" && line[0] != '#' {
			rows = append(rows, parseRow(t, line))
		}
	}
	return rows
}

func parseRow(t testing.TB, line string) row {
	t.Helper()
	verdict, rest, _ := strings.Cut(line, " ")
	class, rest, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(rest, `"`) {
		fields := strings.Fields(rest)
		return row{verdict, class, fields[0], fields[1:]}
	}
	url, err := strconv.Unquote(rest)
	if err != nil {
		t.Fatalf("reading %q: %v", line, err)
	}
	// Should a refused spelling get past the text check, its name leads to an address that may be dialled.
	return row{verdict, class, url, []string{"8.8.8.8"}}
}

// stubResolver answers every name alike and counts the questions.
type stubResolver struct {
	answers []string
	asked   int
}

func (r *stubResolver) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	r.asked++
	var addrs []netip.Addr
	for _, a := range nth(r.answers, r.asked) {
		switch a {
		case "nxdomain":
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		case "servfail":
			return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
		case "timeout":
			return nil, &net.DNSError{Err: "i/o timeout", Name: host, IsTimeout: true}
		}
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	return addrs, nil
}

// nth is what the nth question is answered.
func nth(answers []string, n int) []string {
	then := slices.Index(answers, "then")
	switch {
	case then < 0:
		return answers
	case n == 1:
		return answers[:then]
	}
	return answers[then+1:]
}

var errStub = errors.New("the stub dialer connects to nothing")

// stubDialer records what would have been dialled.
type stubDialer struct {
	mu    sync.Mutex
	dials []string
}

func (d *stubDialer) DialContext(_ context.Context, _, address string) (net.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dials = append(d.dials, address)
	return nil, errStub
}

// try enters a URL and, when its text passes, dials it. Names are the row's own unless a resolver is given.
func try(r row, allow string, resolver egress.Resolver) (dials []string, err error) {
	rules, err := egress.ParseRules(allow)
	if err != nil {
		return nil, err
	}
	if resolver == nil {
		resolver = &stubResolver{answers: r.answers}
	}
	dialer := &stubDialer{}
	g := egress.NewGuard(egress.Config{Allow: rules, Resolver: resolver, Dialer: dialer})
	u, err := g.CheckURL(r.url)
	if err != nil {
		return nil, err
	}
	_, err = g.DialContext(context.Background(), "tcp", egress.HostPort(u))
	return dialer.dials, err
}

const everything = "0.0.0.0/0:*,[::/0]:*"

// TestCorpus holds the guard against every row, with nothing opened and with everything opened.
func TestCorpus(t *testing.T) {
	t.Parallel()
	rows := corpus(t)
	for _, r := range rows {
		t.Run(r.class+"/"+r.url+strings.Join(r.answers, ","), func(t *testing.T) {
			t.Parallel()
			closed, closedErr := try(r, "", nil)
			opened, openedErr := try(r, everything, nil)
			checkRow(t, r, closed, closedErr, opened, openedErr)
		})
	}
	logCounts(t, rows)
}

// TestCorpusHoldsEveryClass keeps the table from losing a kind of trick. The numbers are those of the table behind the
// measurements that the guard was designed by.
func TestCorpusHoldsEveryClass(t *testing.T) {
	t.Parallel()
	refused, allowed := map[string]int{}, 0
	for _, r := range corpus(t) {
		if r.verdict == "allow" {
			allowed++
			continue
		}
		refused[r.class]++
	}
	for _, tc := range []struct {
		trick   string
		classes []string
		least   int
	}{
		{"authority", []string{"authority"}, 65},
		{"names", []string{"name"}, 48},
		{"schemes", []string{"scheme"}, 46},
		{"spellings of numbers", []string{"number"}, 40},
		{"special IPv4", []string{"loopback", "private", "reserved", "shared", "multicast", "unspecified", "link-local"}, 32},
		{"IPv4 inside IPv6", []string{"wrapped"}, 27},
		{"unicode and percent", []string{"unicode"}, 27},
		{"special IPv6", []string{"ipv6"}, 21},
		{"ports", []string{"port"}, 21},
		{"metadata, IPv4 and IPv6", []string{"metadata"}, 30},
		{"grammar of hosts", []string{"host", "bracket"}, 16},
		{"control characters", []string{"control"}, 14},
		{"base paths", []string{"path"}, 10},
		{"failures of DNS", []string{"dns"}, 4},
		{"answers, also mixed", []string{"answer"}, 3},
		{"rebinding", []string{"rebind"}, 2},
	} {
		n := 0
		for _, class := range tc.classes {
			n += refused[class]
		}
		t.Logf("%4d %s, at least %d", n, tc.trick, tc.least)
		if n < tc.least {
			t.Errorf("%d rows of %s, want %d", n, tc.trick, tc.least)
		}
	}
	t.Logf("%4d to be allowed, at least 65", allowed)
	if allowed < 65 {
		t.Errorf("%d rows to be allowed, want 65", allowed)
	}
}

// logCounts prints how many rows there are of each verdict and class, and refuses a table with a row twice.
func logCounts(t *testing.T, rows []row) {
	t.Helper()
	verdicts, classes, seen := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, r := range rows {
		line := fmt.Sprintf("%q", r)
		if seen[line] {
			t.Errorf("the row %s is there twice", line)
		}
		seen[line] = true
		verdicts[r.verdict]++
		classes[r.verdict+" "+r.class]++
	}
	t.Logf("%d rows by verdict: %v", len(rows), verdicts)
	for _, class := range slices.Sorted(maps.Keys(classes)) {
		t.Logf("%4d %s", classes[class], class)
	}
}

func checkRow(t *testing.T, r row, closed []string, closedErr error, opened []string, openedErr error) {
	t.Helper()
	if r.verdict == "allow" {
		if len(closed) == 0 || len(closed) > 8 || !errors.Is(closedErr, errStub) {
			t.Errorf("dialled %v, %v; want it dialled", closed, closedErr)
		}
		return
	}
	refused, isRefused := errors.AsType[*egress.RefusedError](closedErr)
	_, isText := errors.AsType[*egress.URLError](closedErr)
	if len(closed) != 0 || isText != (r.verdict == "text") || isRefused == isText {
		t.Errorf("dialled %v, %v; want verdict %s", closed, closedErr, r.verdict)
	}
	opens := r.verdict == "default" || r.verdict == "private-name"
	if opens != errors.Is(openedErr, errStub) || opens != (len(opened) > 0) {
		t.Errorf("with everything opened: dialled %v, %v; want verdict %s", opened, openedErr, r.verdict)
	}
	if isRefused && refused.Class == "" {
		t.Errorf("%v has no class", refused)
	}
	if final, ok := errors.AsType[*egress.RefusedError](openedErr); r.verdict == "always" && (!ok || !final.Always || final.Setting != "") {
		t.Errorf("%+v is not refused for good", final)
	}
}
