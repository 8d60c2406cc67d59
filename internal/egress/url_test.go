package egress_test

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/egress"
)

func TestCheckURLReturnsTheCanonicalForm(t *testing.T) {
	t.Parallel()
	g := egress.NewGuard(egress.Config{})
	for in, want := range map[string]string{
		"https://API.Example.com":                   "https://api.example.com",
		"HTTPS://api.example.com:6443/":             "https://api.example.com:6443",
		"https://r.example.com/k8s/Clusters/c-1///": "error",
		"https://r.example.com/k8s/Clusters/c-1/":   "https://r.example.com/k8s/Clusters/c-1",
		"https://[2606:4700:0:0::1]:6443":           "https://[2606:4700:0:0::1]:6443",
	} {
		u, err := g.CheckURL(in)
		got := "error"
		if err == nil {
			got = u.String()
		}
		if got != want {
			t.Errorf("CheckURL(%q) = %s (%v), want %s", in, got, err, want)
		}
	}
}

func TestCheckURLTakesTheSchemesItIsGiven(t *testing.T) {
	t.Parallel()
	g := egress.NewGuard(egress.Config{Allow: mustRules(t, "8.8.8.8/32:80")})
	if _, err := g.CheckURL("http://8.8.8.8/charts", "https", "http"); err != nil {
		t.Errorf("plain http on an opened port: %v", err)
	}
	if _, err := g.CheckURL("oci://8.8.8.8/charts", "https", "oci"); err != nil {
		t.Errorf("oci: %v", err)
	}
	if _, err := g.CheckURL("http://8.8.8.8/charts"); err == nil {
		t.Error("plain http passes where https is wanted")
	}
}

func TestCheckHopJudgesRedirectTargets(t *testing.T) {
	t.Parallel()
	g := egress.NewGuard(egress.Config{})
	for target, ok := range map[string]bool{
		"https://objects.example.com/a%20b?X-Sig=1&d=%2F": true,
		"https://169.254.169.254/latest?x=1":              false,
		"https://user@objects.example.com/":               false,
		"http://objects.example.com/":                     false,
		"https://127.0.0.1./":                             false,
		"mailto:a@example.com":                            false,
	} {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.CheckHop(u); (err == nil) != ok {
			t.Errorf("CheckHop(%q) = %v", target, err)
		}
	}
	// Every refused row of the corpus is refused as a redirect target too.
	for _, r := range readCorpus(t, "urls.txt") {
		if r.verdict != "always" && r.verdict != "default" {
			continue
		}
		u, err := url.Parse(r.url)
		if err != nil {
			t.Fatal(err)
		}
		if _, refused := errors.AsType[*egress.RefusedError](g.CheckHop(u)); !refused {
			t.Errorf("%s passes as a redirect target", r.url)
		}
	}
}

// rfc3986 is the second reader of what CheckURL accepts: the expression of RFC 3986, appendix B.
var rfc3986 = regexp.MustCompile(`^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?`)

func FuzzCheckURL(f *testing.F) {
	for _, r := range readCorpus(f, "urls.txt") {
		f.Add(r.url)
	}
	g := egress.NewGuard(egress.Config{Allow: mustRules(f, everything)})
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := g.CheckURL(raw, "https", "http")
		if err != nil {
			return
		}
		again, err := g.CheckURL(u.String(), "https", "http")
		if err != nil || again.String() != u.String() {
			t.Fatalf("%q becomes %q, which becomes %v, %v", raw, u, again, err)
		}
		std, err := url.Parse(raw)
		if err != nil {
			t.Fatalf("%q is accepted here and refused by net/url: %v", raw, err)
		}
		m := rfc3986.FindStringSubmatch(raw)
		if !strings.EqualFold(std.Host, u.Host) || !strings.EqualFold(m[4], u.Host) || std.User != nil {
			t.Fatalf("%q has host %q here, %q in net/url, %q in RFC 3986", raw, u.Host, std.Host, m[4])
		}
	})
}

func FuzzDial(f *testing.F) {
	f.Add("api.example.com:443", []byte{10, 0, 0, 1})
	f.Add("[::1]:443", []byte{8, 8, 8, 8})
	f.Add("0x7f.1:443", []byte{127, 0, 0, 1})
	f.Fuzz(func(t *testing.T, address string, answer []byte) {
		var answers []string
		if a, ok := netip.AddrFromSlice(answer); ok {
			answers = []string{a.String()}
		}
		dialer := &stubDialer{}
		g := egress.NewGuard(egress.Config{Resolver: &stubResolver{answers: answers}, Dialer: dialer})
		_, _ = g.DialContext(context.Background(), "tcp", address)
		for _, d := range dialer.dials {
			ap, err := netip.ParseAddrPort(d)
			if err != nil || !g.Decide(ap.Addr(), ap.Port()).Allowed {
				t.Fatalf("%q with answer %v was dialled as %q", address, answers, d)
			}
		}
	})
}
