package egress_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/egress"
)

// use is one way in which the product comes by a URL and calls it.
type use struct {
	name string
	// strict says that every row refused for its spelling is a URLError here.
	strict bool
	call   func(g *egress.Guard, raw string) error
}

func uses() []use {
	return []use{
		{"cluster API", true, func(g *egress.Guard, raw string) error { return get(g, raw, "/version") }},
		{"OIDC issuer", true, func(g *egress.Guard, raw string) error { return get(g, raw, "/.well-known/openid-configuration") }},
		{"webhook", true, post},
		{"chart repository", false, chart},
		{"chart repository, http", false, func(g *egress.Guard, raw string) error { return chart(g, respelled(raw, "http")) }},
		{"chart repository, oci", false, func(g *egress.Guard, raw string) error { return chart(g, respelled(raw, "oci")) }},
		{"redirect target", false, redirect},
	}
}

func respelled(raw, scheme string) string { return strings.Replace(raw, "https://", scheme+"://", 1) }

func get(g *egress.Guard, raw, path string) error {
	u, err := g.CheckURL(raw)
	if err != nil {
		return err
	}
	return drop(g.Client(egress.Options{}, 0).Get(u.String() + path))
}

func post(g *egress.Guard, raw string) error {
	u, err := g.CheckURL(raw)
	if err != nil {
		return err
	}
	return drop(g.Client(egress.Options{}, 0).Post(u.String(), "application/json", strings.NewReader("{}")))
}

// chart fetches the index, over https when the repository is one of images.
func chart(g *egress.Guard, raw string) error {
	u, err := g.CheckURL(raw, "https", "http", "oci")
	if err != nil {
		return err
	}
	if u.Scheme == "oci" {
		u.Scheme = "https"
	}
	return drop(g.Client(egress.Options{}, 0).Get(u.String() + "/index.yaml"))
}

const trusted = "https://charts.example.com/index.yaml"

// redirect is led to the URL by a server that may be called, as a client of charts follows such an answer.
func redirect(g *egress.Guard, raw string) error {
	client := &http.Client{
		Transport:     &redirector{to: raw, next: g.Transport(egress.Options{})},
		CheckRedirect: func(req *http.Request, _ []*http.Request) error { return g.CheckHop(req.URL, "https", "http") },
	}
	return drop(client.Get(trusted))
}

func drop(resp *http.Response, err error) error {
	if err == nil {
		resp.Body.Close()
	}
	return err
}

// redirector answers the first request with a redirect, and what stays on that server with an empty page.
type redirector struct {
	to    string
	asked bool
	next  http.RoundTripper
}

func (r *redirector) RoundTrip(req *http.Request) (*http.Response, error) {
	resp := &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: req,
	}
	if !r.asked {
		r.asked = true
		resp.StatusCode = http.StatusTemporaryRedirect
		resp.Header.Set("Location", r.to)
		return resp, nil
	}
	if start, err := url.Parse(trusted); err != nil || req.URL.Host == start.Host {
		return resp, err
	}
	return r.next.RoundTrip(req)
}

// TestEveryUseIsBehindTheGuard calls every row in every way the product calls something, through the guard's own
// transport, with nothing opened and with everything opened.
func TestEveryUseIsBehindTheGuard(t *testing.T) {
	t.Parallel()
	rows := corpus(t)
	for _, use := range uses() {
		t.Run(use.name, func(t *testing.T) {
			t.Parallel()
			refused := 0
			for _, r := range rows {
				for _, allow := range []string{"", everything} {
					refused += checkUse(t, use, r, allow)
				}
			}
			t.Logf("%d calls, %d of them refused", 2*len(rows), refused)
		})
	}
}

// checkUse returns 1 if the call was refused.
func checkUse(t *testing.T, use use, r row, allow string) int {
	t.Helper()
	dialer := &stubDialer{}
	g := egress.NewGuard(egress.Config{
		Allow: mustRules(t, allow), Resolver: &stubResolver{answers: r.answers}, Dialer: dialer,
	})
	err := use.call(g, r.url)
	for _, d := range dialer.dials {
		if ap := netip.MustParseAddrPort(d); !g.Decide(ap.Addr(), ap.Port()).Allowed {
			t.Errorf("%q %v, allow %q: %s was dialled", r.url, r.answers, allow, d)
		}
	}
	stays := r.verdict == "always" || r.verdict == "dead" || (r.verdict != "allow" && r.verdict != "text" && allow == "")
	if stays && len(dialer.dials) > 0 {
		t.Errorf("%q %v, allow %q: dialled %v, want verdict %s", r.url, r.answers, allow, dialer.dials, r.verdict)
	}
	if _, ok := errors.AsType[*egress.URLError](err); use.strict && ok != (r.verdict == "text") {
		t.Errorf("%q, allow %q: %v, want verdict %s", r.url, allow, err, r.verdict)
	}
	if r.verdict == "allow" && allow == "" && !strings.HasSuffix(use.name, ", http") && !errors.Is(err, errStub) {
		t.Errorf("%q %v: %v, want it dialled", r.url, r.answers, err)
	}
	if errors.Is(err, errStub) || err == nil {
		return 0
	}
	return 1
}

// TestDiallingDoesNotTrustTheTextCheck dials every refused row without one.
func TestDiallingDoesNotTrustTheTextCheck(t *testing.T) {
	t.Parallel()
	for _, r := range corpus(t) {
		u, err := url.Parse(r.url)
		if err != nil || r.verdict == "allow" || r.verdict == "text" && r.class == "path" {
			continue
		}
		dialer := &stubDialer{}
		g := egress.NewGuard(egress.Config{Resolver: &stubResolver{answers: r.answers}, Dialer: dialer})
		port := u.Port()
		if port == "" {
			port = "443"
		}
		_, _ = g.DialContext(context.Background(), "tcp", u.Hostname()+":"+port)
		_, _ = g.DialContext(context.Background(), "tcp", "["+u.Hostname()+"]:"+port)
		for _, d := range dialer.dials {
			if ap := netip.MustParseAddrPort(d); !g.Decide(ap.Addr(), ap.Port()).Allowed {
				t.Errorf("%q %v: %s was dialled", r.url, r.answers, d)
			}
		}
	}
}
