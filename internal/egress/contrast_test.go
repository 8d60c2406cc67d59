package egress_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/egress"
)

// TestContrastWithAPlainClient counts what a client of net/http would have dialled, behind the text check that
// programs usually have. It shows that the corpus has teeth, and that no row to be allowed is one of them.
func TestContrastWithAPlainClient(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		c     bool // resolves as the C library does
		check func(raw string) bool
		call  func(client *http.Client, raw string) error
	}{
		{"usual text check, Go resolver", false, usualCheck, plainGet},
		{"usual text check, C resolver", true, usualCheck, plainGet},
		{"no check, C resolver", true, anything, plainGet},
		{"redirect to it from a trusted server, C resolver", true, anything, plainRedirect},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			classes, n := map[string]int{}, 0
			for _, r := range corpus(t) {
				if !tc.check(r.url) || !plainDialsForbidden(r, tc.c, tc.call) {
					continue
				}
				n++
				classes[r.class]++
				if r.verdict == "allow" {
					t.Errorf("%q %v leads to a refused address, but is to be allowed", r.url, r.answers)
				}
			}
			t.Logf("%d rows lead a plain client to a refused address: %v", n, classes)
			if n == 0 {
				t.Error("the corpus holds nothing against a plain client")
			}
		})
	}
}

// plainDialsForbidden reports whether an address is dialled that is refused on the best of ports.
func plainDialsForbidden(r row, c bool, call func(*http.Client, string) error) bool {
	system := &plainSystem{answers: r.answers, c: c}
	transport := &http.Transport{DialContext: system.dial}
	_ = call(&http.Client{Transport: transport}, r.url)
	return forbidden(egress.NewGuard(egress.Config{}), system.dialled)
}

func anything(string) bool { return true }

// usualCheck is what programs do that think of private addresses.
func usualCheck(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.Hostname() == "localhost" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip == nil || !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast()
}

func plainGet(client *http.Client, raw string) error { return drop(client.Get(raw)) }

func plainRedirect(client *http.Client, raw string) error {
	client.Transport = &redirector{to: raw, next: client.Transport}
	return drop(client.Get(trusted))
}

// plainSystem resolves and dials as a system does, without doing it.
type plainSystem struct {
	answers []string
	c       bool
	dialled []netip.Addr
}

func (s *plainSystem) dial(_ context.Context, _, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if addr, ok := s.literal(host); ok {
		s.dialled = append(s.dialled, addr)
		return nil, errStub
	}
	for _, a := range nth(s.answers, 1) {
		if addr, err := netip.ParseAddr(a); err == nil {
			s.dialled = append(s.dialled, addr)
		}
	}
	return nil, errStub
}

// literal is the address of a host that no name server is asked about.
func (s *plainSystem) literal(host string) (netip.Addr, bool) {
	if strings.EqualFold(host, "localhost") {
		return netip.MustParseAddr("127.0.0.1"), true
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr, true
	}
	if !s.c || strings.Contains(host, "_") {
		return netip.Addr{}, false
	}
	return inetAton(host)
}

// inetAton reads an address as the C library does: one to four numbers, decimal, octal or hexadecimal, of which
// the last one fills what is left.
func inetAton(host string) (netip.Addr, bool) {
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 0, 32)
		left := 8
		if i == len(parts)-1 {
			left = 8 * (4 - i)
		}
		if err != nil || n>>left != 0 {
			return netip.Addr{}, false
		}
		value = value<<left | n
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)}), true
}
