package app

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/config"
)

// TestGuardClosesOurOwnDoors tries the settings of a demo, of a server on all
// addresses, and of a database elsewhere.
func TestGuardClosesOurOwnDoors(t *testing.T) {
	t.Parallel()
	all := []string{"0.0.0.0/0:*", "[::/0]:*"}
	for name, tc := range map[string]struct {
		listen, database, target, want string
		allow                          []string
	}{
		"the demo's cluster":                   {"127.0.0.1:8080", "", "127.0.0.1:6443", "opened", []string{"127.0.0.1/32:6443"}},
		"the demo's own port":                  {"127.0.0.1:8080", "", "127.0.0.1:8080", "own service", all},
		"another loopback is not ours":         {"127.0.0.1:8080", "", "127.0.0.2:8080", "opened", all},
		"on all addresses, loopback":           {":8080", "", "127.3.2.1:8080", "own service", all},
		"on all addresses, spelt out":          {"0.0.0.0:8080", "", "[::1]:8080", "own service", all},
		"on all addresses, in IPv6":            {"[::]:8080", "", "127.0.0.1:8080", "own service", all},
		"on all addresses, other port":         {":8080", "", "127.0.0.1:6443", "opened", all},
		"by name":                              {"localhost:8080", "", "127.0.0.1:8080", "own service", all},
		"a port to be chosen":                  {"127.0.0.1:0", "", "127.0.0.1:8080", "opened", all},
		"the database":                         {"127.0.0.1:8080", "postgres://u:p@8.8.8.8/x", "8.8.8.8:5432", "own service", all},
		"the database's port by parameter":     {"127.0.0.1:8080", "postgres://u@8.8.8.8/x?port=6000", "8.8.8.8:6000", "own service", all},
		"the database's host, public web port": {"127.0.0.1:8080", "postgres://u@8.8.8.8:6000/x", "8.8.8.8:443", "own network", nil},
		"the database's host, opened port":     {"127.0.0.1:8080", "postgres://u@8.8.8.8:6000/x", "8.8.8.8:443", "opened", all},
		"several hosts by parameter":           {"127.0.0.1:8080", "postgres:///x?host=8.8.4.4,127.0.0.9", "127.0.0.9:5432", "own service", all},
		"a socket":                             {"127.0.0.1:8080", "postgres:///x?host=/run/postgresql", "127.0.0.1:5432", "opened", all},
		"the operator's network":               {"127.0.0.1:8080", "", "9.9.9.9:443", "own network", nil},
		"the operator's network, opened":       {"127.0.0.1:8080", "", "9.9.9.9:443", "opened", []string{"9.9.9.9/32:443"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			guard, err := newGuard(t.Context(), config.Config{
				Listen: tc.listen, DatabaseURL: config.Redacted(tc.database), EgressAllow: tc.allow,
				EgressRefuse: []netip.Prefix{netip.MustParsePrefix("9.9.9.0/24")},
			})
			if err != nil {
				t.Fatal(err)
			}
			target := netip.MustParseAddrPort(tc.target)
			d := guard.Decide(target.Addr(), target.Port())
			got := d.Class
			if d.ByRule {
				got = "opened"
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%+v:\n%s", d, diff)
			}
		})
	}
}

func TestGuardKnowsTheAddressesOfThisMachine(t *testing.T) {
	t.Parallel()
	local, err := localNetworks()
	if err != nil {
		t.Fatal(err)
	}
	guard, err := newGuard(t.Context(), config.Config{Listen: ":8080", EgressAllow: []string{"0.0.0.0/0:*", "[::/0]:*"}})
	if err != nil {
		t.Fatal(err)
	}
	closed, err := newGuard(t.Context(), config.Config{Listen: "127.0.0.1:8080"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range local {
		if d := guard.Decide(p.Addr(), 8080); d.Allowed {
			t.Errorf("our own port on %s is open: %+v", p, d)
		}
		if d := closed.Decide(p.Addr(), 443); d.Allowed {
			t.Errorf("%s of this machine is open: %+v", p, d)
		}
	}
	t.Logf("%d addresses and networks of this machine", len(local))
}

func TestGuardRefusesSettingsItCannotRead(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]config.Config{
		"rule":     {Listen: ":1", EgressAllow: []string{"10.0.0.0/8"}},
		"proxy":    {Listen: ":1", EgressProxy: "socks5://u:secret@proxy"},
		"listen":   {Listen: "nowhere"},
		"database": {Listen: ":1", DatabaseURL: "postgres://u:secret@h:port/x"},
	} {
		if guard, err := newGuard(t.Context(), cfg); guard != nil || err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, %v", name, guard, err)
		}
	}
}
