package egress_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/egress"
)

// TestWhatIsOursIsRefused shows how an allow rule relates to what is refused because it is ours: it opens a network
// of the operator's, and a neighbour on the same host, and never where we listen ourselves.
func TestWhatIsOursIsRefused(t *testing.T) {
	t.Parallel()
	config := egress.Config{
		Refuse: []netip.Prefix{netip.MustParsePrefix("8.8.4.0/24"), netip.MustParsePrefix("::ffff:9.9.9.0/120"), netip.MustParsePrefix("2620:fe::5/48")},
		Own:    mustRules(t, "127.0.0.0/8:8080,[::1/128]:8080,8.8.8.8/32:5432,10.0.0.5/32:5432"),
	}
	for name, tc := range map[string]struct {
		addr, allow string
		port        uint16
		want        string
	}{
		"own listener":                        {"127.0.0.1", "", 8080, "own service"},
		"own listener, opened":                {"127.0.0.1", everything, 8080, "own service"},
		"own listener, opened exactly":        {"127.0.0.1", "127.0.0.1/32:8080", 8080, "own service"},
		"own listener, another loopback":      {"127.9.9.9", everything, 8080, "own service"},
		"own listener, mapped":                {"::ffff:127.0.0.1", everything, 8080, "own service"},
		"own listener, IPv6":                  {"::1", everything, 8080, "own service"},
		"beside the own listener":             {"127.0.0.1", "127.0.0.1/32:6443", 6443, "opened"},
		"beside the own listener, not opened": {"127.0.0.1", "127.0.0.1/32:6443", 6444, "loopback"},
		"database":                            {"8.8.8.8", everything, 5432, "own service"},
		"database in a private network":       {"10.0.0.5", "10.0.0.0/8:*", 5432, "own service"},
		"beside the database":                 {"10.0.0.5", "10.0.0.0/8:*", 6443, "opened"},
		"operator's network":                  {"8.8.4.4", "", 443, "own network"},
		"operator's network, opened":          {"8.8.4.4", "8.8.4.4/32:443", 443, "opened"},
		"operator's network, other port":      {"8.8.4.4", "8.8.4.4/32:443", 6443, "own network"},
		"operator's network, mapped":          {"9.9.9.9", "", 443, "own network"},
		"operator's network, host bits":       {"2620:fe::9", "", 443, "own network"},
		"outside of it":                       {"8.8.5.4", "", 443, "allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config
			config.Allow = mustRules(t, tc.allow)
			d := egress.NewGuard(config).Decide(netip.MustParseAddr(tc.addr), tc.port)
			got := d.Class
			switch {
			case d.ByRule:
				got = "opened"
			case d.Allowed:
				got = "allowed"
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%+v:\n%s", d, diff)
			}
			if d.Class == egress.ClassOwn && (!d.Always || d.Setting != "") {
				t.Errorf("%+v offers a way in", d)
			}
		})
	}
}
