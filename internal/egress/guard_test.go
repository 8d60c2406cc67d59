package egress_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"code.dny.dev/ssrf"
	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/egress"
)

func TestRefusalNamesTheSettingThatOpensIt(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		addr string
		port uint16
		want egress.Decision
	}{
		"private":     {"10.1.2.3", 6443, egress.Decision{Class: "private", Setting: "ROADSTEAD_EGRESS_ALLOW=10.1.2.3/32:6443"}},
		"private v6":  {"fd00::1", 443, egress.Decision{Class: "private", Setting: "ROADSTEAD_EGRESS_ALLOW=[fd00::1/128]:443"}},
		"mapped":      {"::ffff:10.1.2.3", 443, egress.Decision{Class: "private", Setting: "ROADSTEAD_EGRESS_ALLOW=10.1.2.3/32:443"}},
		"port":        {"8.8.8.8", 22, egress.Decision{Class: "port", Setting: "ROADSTEAD_EGRESS_ALLOW=8.8.8.8/32:22"}},
		"always":      {"169.254.169.254", 443, egress.Decision{Always: true, Class: "link-local"}},
		"zone":        {"2606:4700::1%eth0", 443, egress.Decision{Always: true, Class: "invalid"}},
		"own network": {"8.8.4.4", 443, egress.Decision{Class: "own network", Setting: "ROADSTEAD_EGRESS_ALLOW=8.8.4.4/32:443"}},
		"allowed":     {"8.8.8.8", 443, egress.Decision{Allowed: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			closed := egress.Config{Refuse: []netip.Prefix{netip.MustParsePrefix("8.8.4.0/24")}}
			got := egress.NewGuard(closed).Decide(netip.MustParseAddr(tc.addr), tc.port)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Fatal(diff)
			}
			if got.Setting == "" {
				return
			}
			rules, err := egress.ParseRules(strings.TrimPrefix(got.Setting, egress.Setting+"="))
			if err != nil {
				t.Fatal(err)
			}
			closed.Allow = rules
			again := egress.NewGuard(closed).Decide(netip.MustParseAddr(tc.addr), tc.port)
			if !again.Allowed || !again.ByRule {
				t.Errorf("the named setting does not open it: %+v", again)
			}
		})
	}
}

// TestSecondOpinion compares the address list with one that is generated from the IANA registries.
func TestSecondOpinion(t *testing.T) {
	t.Parallel()
	g := egress.NewGuard(egress.Config{})
	other := ssrf.New(ssrf.WithPorts(443))
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		addr := randomAddr(rnd)
		network := "tcp4"
		if addr.Is6() {
			network = "tcp6"
		}
		if g.Decide(addr, 443).Allowed && other.Safe(network, netip.AddrPortFrom(addr, 443).String(), nil) != nil {
			t.Fatalf("%s is allowed here and refused by the second opinion", addr)
		}
	}
}

// randomAddr prefers the neighbourhood of special ranges.
func randomAddr(rnd *rand.Rand) netip.Addr {
	if rnd.IntN(2) == 0 {
		var b [4]byte
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return netip.AddrFrom4(b)
	}
	var b [16]byte
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	heads := [][]byte{{0x20, 0x01}, {0x20, 0x01, 0x0d, 0xb8}, {0x3f, 0xff}, {0x20, 0x02}, {0x26, 0x20}, {0x00, 0x64, 0xff, 0x9b}, {}}
	copy(b[:], heads[rnd.IntN(len(heads))])
	return netip.AddrFrom16(b)
}

func TestNameIsResolvedOnceAndOnlyJudgedAddressesAreDialled(t *testing.T) {
	t.Parallel()
	answers := make([]string, 0, 100)
	for i := range 100 {
		answers = append(answers, netip.AddrFrom4([4]byte{8, 8, 8, byte(i)}).String())
	}
	resolver, dialer := &stubResolver{answers: answers}, &stubDialer{}
	g := egress.NewGuard(egress.Config{Resolver: resolver, Dialer: dialer})
	_, err := g.DialContext(t.Context(), "tcp", "api.example.com:6443")
	if !errors.Is(err, errStub) || resolver.asked != 1 {
		t.Fatalf("err = %v, asked %d times", err, resolver.asked)
	}
	want := []string{"8.8.8.0:6443", "8.8.8.1:6443", "8.8.8.2:6443", "8.8.8.3:6443", "8.8.8.4:6443", "8.8.8.5:6443", "8.8.8.6:6443", "8.8.8.7:6443"}
	if diff := cmp.Diff(want, dialer.dials); diff != "" {
		t.Error(diff)
	}
}

// hangingResolver answers when its caller gives up.
type hangingResolver struct{}

func (hangingResolver) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestSilentResolverIsGivenFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := egress.NewGuard(egress.Config{Resolver: hangingResolver{}, Dialer: &stubDialer{}})
		start := time.Now()
		_, err := g.DialContext(t.Context(), "tcp", "api.example.com:443")
		refused, ok := errors.AsType[*egress.RefusedError](err)
		if !ok || refused.Class != egress.ClassUnresolvable || time.Since(start) != 5*time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

func mustRules(t testing.TB, list string) []egress.Rule {
	t.Helper()
	rules, err := egress.ParseRules(list)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestParseRules(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"empty":          {"", ""},
		"one":            {"10.0.0.0/8:443", "10.0.0.0/8:443"},
		"many, spaced":   {" 10.0.0.0/8:443 ,, 192.168.7.1/32:* ", "10.0.0.0/8:443,192.168.7.1/32:*"},
		"v6":             {"fd00::/8:6443", "[fd00::/8]:6443"},
		"v6 in brackets": {"[fd00::/8]:6443", "[fd00::/8]:6443"},
		"no port":        {"10.0.0.0/8", "error"},
		"v6 no port":     {"fd00::/8", "error"},
		"no bits":        {"10.0.0.1:443", "error"},
		"host bits":      {"10.1.2.3/8:443", "error"},
		"port 0":         {"10.0.0.0/8:0", "error"},
		"port large":     {"10.0.0.0/8:65536", "error"},
		"port range":     {"10.0.0.0/8:1-2", "error"},
		"name":           {"example.com/32:443", "error"},
		"zone":           {"[fe80::%eth0/64]:443", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, err := egress.ParseRules(tc.in)
			got := "error"
			if err == nil {
				words := make([]string, len(rules))
				for i, r := range rules {
					words[i] = r.String()
				}
				got = strings.Join(words, ",")
			}
			if got != tc.want {
				t.Errorf("ParseRules(%q) = %s (%v), want %s", tc.in, got, err, tc.want)
			}
		})
	}
}
