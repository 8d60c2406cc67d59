package egress_test

import (
	"bufio"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/egress"
)

// FuzzCheckHop judges redirect targets as they come: a Location is resolved against where it was sent from. What is
// accepted is dialled as the host that a reader of the request line would see, and only if that may be dialled.
func FuzzCheckHop(f *testing.F) {
	for _, r := range readCorpus(f, "urls.txt") {
		f.Add(r.url)
	}
	f.Add("//169.254.169.254/latest")
	f.Add("/index.yaml?x=%2F")
	f.Add("? ")
	base, err := url.Parse(trusted)
	if err != nil {
		f.Fatal(err)
	}
	g := egress.NewGuard(egress.Config{})
	f.Fuzz(func(t *testing.T, location string) {
		target, err := base.Parse(location)
		if err != nil || g.CheckHop(target, "https", "http") != nil {
			return
		}
		if target.User != nil || target.Scheme != "https" && target.Scheme != "http" {
			t.Fatalf("%q is accepted as %+v", location, target)
		}
		if addr, err := netip.ParseAddr(target.Hostname()); err == nil && !g.Decide(addr, portOf(target)).Allowed {
			t.Fatalf("%q is accepted and leads to %s", location, addr)
		}
		var sent strings.Builder
		if err := (&http.Request{Method: http.MethodGet, URL: target, Host: target.Host}).Write(&sent); err != nil {
			t.Fatalf("%q is accepted and cannot be sent: %v", location, err)
		}
		read, err := http.ReadRequest(bufio.NewReader(strings.NewReader(sent.String())))
		if err != nil || read.Host != target.Host || strings.Count(sent.String(), "\r\n\r\n") != 1 {
			t.Fatalf("%q is sent as %q, which is read as %+v, %v", location, sent.String(), read, err)
		}
	})
}

func portOf(u *url.URL) uint16 {
	return netip.MustParseAddrPort("0.0.0.0:" + egress.HostPort(u)[strings.LastIndexByte(egress.HostPort(u), ':')+1:]).Port()
}

// FuzzParseRules reads lists of rules: what is read says the same when it is written, and opens exactly its networks.
func FuzzParseRules(f *testing.F) {
	for _, list := range []string{everything, "10.0.0.0/8:443, [fd00::/8]:6443,, 192.168.7.1/32:*", "10.1.2.3/8:0", "::ffff:10.0.0.0/104:1"} {
		f.Add(list, []byte{10, 1, 2, 3}, uint16(443))
	}
	f.Fuzz(func(t *testing.T, list string, raw []byte, port uint16) {
		rules, err := egress.ParseRules(list)
		if err != nil {
			return
		}
		words := make([]string, len(rules))
		for i, r := range rules {
			words[i] = r.String()
		}
		again, err := egress.ParseRules(strings.Join(words, ","))
		if err != nil || len(again) != len(rules) {
			t.Fatalf("%q becomes %q, which is %v, %v", list, words, again, err)
		}
		for i := range rules {
			if rules[i] != again[i] {
				t.Fatalf("%q becomes %q, which is %v", list, words, again)
			}
		}
		addr, ok := netip.AddrFromSlice(raw)
		if !ok {
			return
		}
		d := egress.NewGuard(egress.Config{Allow: rules}).Decide(addr, port)
		named := false
		for _, r := range rules {
			named = named || r.Prefix.Contains(addr.Unmap()) && (r.Port == 0 || r.Port == port)
		}
		if d.ByRule && !named || named && !d.Allowed && !d.Always {
			t.Fatalf("%q: %s port %d is %+v", list, addr, port, d)
		}
	})
}

// FuzzParseProxy reads proxies, whose text never turns up in an error.
func FuzzParseProxy(f *testing.F) {
	f.Add("http://u:p@proxy:3128")
	f.Add("https://[::1]:1/")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := egress.ParseProxy(text)
		if (p == nil) != (err != nil || text == "") {
			t.Fatalf("ParseProxy(%q) = %v, %v", text, p, err)
		}
		if err != nil && len(text) > 12 && strings.Contains(err.Error(), text) {
			t.Fatalf("%v repeats %q", err, text)
		}
	})
}
