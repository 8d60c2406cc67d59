package app

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/roadstead/roadstead/internal/audit"
)

func TestWhereARequestCameFrom(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := map[string]struct {
		peer      string
		forwarded []string
		trusted   []netip.Prefix
		want      string
	}{
		"a direct call":                         {peer: "203.0.113.7:5000", want: "203.0.113.7"},
		"nobody is trusted":                     {peer: "10.1.1.1:5000", forwarded: []string{"198.51.100.1"}, want: "10.1.1.1"},
		"a stranger claims to forward":          {peer: "203.0.113.7:5000", forwarded: []string{"198.51.100.1"}, trusted: proxies, want: "203.0.113.7"},
		"one proxy":                             {peer: "10.1.1.1:5000", forwarded: []string{"198.51.100.1"}, trusted: proxies, want: "198.51.100.1"},
		"two proxies":                           {peer: "10.1.1.1:5000", forwarded: []string{"198.51.100.1, 10.2.2.2"}, trusted: proxies, want: "198.51.100.1"},
		"the client made up who called it":      {peer: "10.1.1.1:5000", forwarded: []string{"192.0.2.66, 198.51.100.1"}, trusted: proxies, want: "198.51.100.1"},
		"the client made up a trusted proxy":    {peer: "10.1.1.1:5000", forwarded: []string{"192.0.2.66, 10.9.9.9, 198.51.100.1"}, trusted: proxies, want: "198.51.100.1"},
		"the client sent a header of its own":   {peer: "10.1.1.1:5000", forwarded: []string{"192.0.2.66", "198.51.100.1"}, trusted: proxies, want: "198.51.100.1"},
		"a proxy is the client":                 {peer: "10.1.1.1:5000", trusted: proxies, want: "10.1.1.1"},
		"a proxy calls through another":         {peer: "10.1.1.1:5000", forwarded: []string{"10.3.3.3"}, trusted: proxies, want: "10.3.3.3"},
		"the header is no address":              {peer: "10.1.1.1:5000", forwarded: []string{"unknown"}, trusted: proxies, want: "10.1.1.1"},
		"what is no address stands before one":  {peer: "10.1.1.1:5000", forwarded: []string{"unknown, 198.51.100.1"}, trusted: proxies, want: "198.51.100.1"},
		"a proxy that tells the port":           {peer: "10.1.1.1:5000", forwarded: []string{"198.51.100.1:443"}, trusted: proxies, want: "198.51.100.1"},
		"version 6":                             {peer: "[fd00::1]:5000", forwarded: []string{"2001:db8::7"}, trusted: proxies, want: "2001:db8::7"},
		"version 4 in version 6":                {peer: "[::ffff:10.1.1.1]:5000", forwarded: []string{"::ffff:198.51.100.1"}, trusted: proxies, want: "198.51.100.1"},
		"a zone is not what makes two of a one": {peer: "[fe80::1%eth0]:5000", want: "fe80::1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = test.peer
			for _, value := range test.forwarded {
				r.Header.Add("X-Forwarded-For", value)
			}
			var got audit.Actor
			addressed(test.trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got = audit.ActorFrom(r.Context())
			})).ServeHTTP(httptest.NewRecorder(), r)
			if got.IP.String() != test.want || got.Kind != audit.Anonymous {
				t.Errorf("%s at %s, want anonymous at %s", got.Kind, got.IP, test.want)
			}
		})
	}
}
