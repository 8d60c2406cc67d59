package egress_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/internal/egress"
)

// hangingDialer connects to nothing until its time is up.
type hangingDialer struct{ dials int }

func (d *hangingDialer) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	d.dials++
	<-ctx.Done()
	return nil, ctx.Err()
}

func hundred() []string {
	answers := make([]string, 100)
	for i := range answers {
		answers[i] = netip.AddrFrom4([4]byte{8, 8, 8, byte(i)}).String()
	}
	return answers
}

// TestNamesThatFailOrLie measures what one call costs, by a clock of its own, whatever the name servers do and with
// addresses that swallow every packet.
func TestNamesThatFailOrLie(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answers []string // nil: none before the caller gives up
		dials   int
		least   time.Duration
		most    time.Duration
		refused bool
	}{
		"time-out":                       {nil, 0, 5 * time.Second, 5 * time.Second, true},
		"no such name":                   {[]string{"nxdomain"}, 0, 0, 0, true},
		"no answer":                      {[]string{}, 0, 0, 0, true},
		"one answer":                     {[]string{"8.8.8.8"}, 1, 10 * time.Second, 10 * time.Second, false},
		"a hundred answers":              {hundred(), 8, 10 * time.Second, 10 * time.Second, false},
		"a hundred, the last is private": {append(hundred(), "10.0.0.1"), 0, 0, 0, true},
		"a hundred, one is metadata":     {append(hundred(), "169.254.169.254"), 0, 0, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				dialer := &hangingDialer{}
				config := egress.Config{Dialer: dialer, Resolver: hangingResolver{}}
				if tc.answers != nil {
					config.Resolver = &stubResolver{answers: tc.answers}
				}
				start := time.Now()
				_, err := egress.NewGuard(config).DialContext(t.Context(), "tcp", "api.example.com:443")
				took := time.Since(start)
				_, refused := errors.AsType[*egress.RefusedError](err)
				t.Logf("%d answers, %d dials, %s: %v", len(tc.answers), dialer.dials, took, refused)
				if err == nil || refused != tc.refused || took < tc.least || took > tc.most {
					t.Errorf("after %s: %v", took, err)
				}
				if dialer.dials > tc.dials || tc.dials > 0 && dialer.dials == 0 {
					t.Errorf("%d dials, want at most %d", dialer.dials, tc.dials)
				}
			})
		})
	}
}

// flapping answers each question by chance: with an error, with public addresses, or with one that is refused among
// them. It remembers what it said last.
type flapping struct {
	rnd  *rand.Rand
	said []string
}

func (f *flapping) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	words := []string{"nxdomain", "servfail", "timeout", "8.8.8.8", "9.9.9.9", "10.0.0.1", "127.0.0.1", "169.254.169.254", "fd00::1"}
	f.said = []string{words[f.rnd.IntN(len(words))]}
	for range f.rnd.IntN(12) {
		f.said = append(f.said, words[3+f.rnd.IntN(len(words)-3)])
	}
	return (&stubResolver{answers: f.said}).LookupNetIP(ctx, network, host)
}

// TestNameThatFlapsAndRebinds calls one name thousands of times, whose answers change between public, failing and
// refused: each call stands on one answer, and on all of it.
func TestNameThatFlapsAndRebinds(t *testing.T) {
	t.Parallel()
	const calls = 5000
	resolver := &flapping{rnd: rand.New(rand.NewPCG(21, 21))}
	ended := map[string]int{}
	for range calls {
		dialer := &stubDialer{}
		g := egress.NewGuard(egress.Config{Resolver: resolver, Dialer: dialer})
		_, err := g.DialContext(t.Context(), "tcp", "flap.example.com:443")
		public := !slices.ContainsFunc(resolver.said, func(a string) bool { return a != "8.8.8.8" && a != "9.9.9.9" })
		ended[fmt.Sprintf("dialled: %v", len(dialer.dials) > 0)]++
		if public != errors.Is(err, errStub) || public != (len(dialer.dials) > 0) || len(dialer.dials) > 8 {
			t.Fatalf("answers %v: dialled %v, %v", resolver.said, dialer.dials, err)
		}
		for _, d := range dialer.dials {
			if !slices.Contains(resolver.said, strings.TrimSuffix(d, ":443")) {
				t.Fatalf("%s was dialled, which is not of %v", d, resolver.said)
			}
		}
	}
	t.Logf("of %d calls, %v", calls, ended)
}
