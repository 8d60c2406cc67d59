package auth_test

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	tests := map[auth.Class]struct {
		burst    int
		interval time.Duration
	}{
		auth.SignIns: {5, 12 * time.Second},
		auth.Reports: {30, 2 * time.Second},
		auth.Mints:   {30, 2 * time.Second},
		auth.Writes:  {600, time.Second},
	}
	for class, want := range tests {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			clock := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			limits := auth.NewLimits(func() time.Time { return clock })
			allow := func(key string) error { return limits.Allow(t.Context(), class, key) }
			for i := range want.burst {
				if err := allow("me"); err != nil {
					t.Fatalf("request %d: %v", i+1, err)
				}
			}
			for range 3 { // what is refused does not count
				err := allow("me")
				wantCode(t, err, apperr.RateLimited)
				if after, _ := apperr.AfterOf(err); after != want.interval {
					t.Errorf("come back after %v, want %v", after, want.interval)
				}
			}
			check(t, allow("somebody else"))
			clock = clock.Add(want.interval)
			check(t, allow("me"))
			wantCode(t, allow("me"), apperr.RateLimited)
			clock = clock.Add(time.Duration(want.burst) * want.interval)
			for range want.burst {
				check(t, allow("me"))
			}
			wantCode(t, allow("me"), apperr.RateLimited)
		})
	}
}

// An attacker with many addresses neither fills the memory nor gets rid of the limit of somebody who keeps coming.
func TestLimitsAreBounded(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	limits := auth.NewLimits(func() time.Time { return clock })
	for i := range 250_000 {
		if i%50_000 == 0 {
			check(t, limits.Allow(t.Context(), auth.SignIns, "constant"))
		}
		check(t, limits.Allow(t.Context(), auth.SignIns, strconv.Itoa(i)))
	}
	wantCode(t, limits.Allow(t.Context(), auth.SignIns, "constant"), apperr.RateLimited)
	if got := auth.Callers(limits); got != 100_000 {
		t.Errorf("%d callers are remembered, want 100,000", got)
	}
}

func TestAddressKey(t *testing.T) {
	t.Parallel()
	same := [][2]string{
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9"},
		{"::ffff:192.0.2.1", "192.0.2.1"},
		{"fe80::1%eth0", "fe80::2%eth1"},
	}
	for _, pair := range same {
		a, b := auth.AddressKey(netip.MustParseAddr(pair[0])), auth.AddressKey(netip.MustParseAddr(pair[1]))
		if a != b {
			t.Errorf("%s and %s are told apart: %s, %s", pair[0], pair[1], a, b)
		}
	}
	for _, pair := range [][2]string{{"2001:db8:1:2::1", "2001:db8:1:3::1"}, {"192.0.2.1", "192.0.2.2"}} {
		a, b := auth.AddressKey(netip.MustParseAddr(pair[0])), auth.AddressKey(netip.MustParseAddr(pair[1]))
		if a == b {
			t.Errorf("%s and %s count as one", pair[0], pair[1])
		}
	}
}
