package egress_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/roadstead/roadstead/internal/egress"
)

// TestCorpusWithTheGoResolver has every name of the corpus resolved by Go from a name server on loopback.
func TestCorpusWithTheGoResolver(t *testing.T) {
	t.Parallel()
	stub := newDNSStub(t, "127.0.0.1:0")
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", stub.conn.LocalAddr().String())
	}}
	resolveCorpus(t, stub, resolver)
	if n := misread(t, stub, resolver); n != 0 {
		t.Errorf("the Go resolver reads %d spellings of numbers as addresses", n)
	}
}

// resolveCorpus holds the guard against every row, with a resolver that asks the stub.
func resolveCorpus(t *testing.T, stub *dnsStub, resolver egress.Resolver) {
	t.Helper()
	rows, held := corpus(t), 0
	for _, r := range rows {
		if slices.Contains(r.answers, "timeout") || strings.HasSuffix(r.url, ".onion") {
			continue // TestSilentResolverIsGivenFiveSeconds has a clock of its own; Go asks nobody about onions
		}
		held++
		stub.set(r.answers)
		closed, closedErr := try(r, "", resolver)
		stub.set(r.answers)
		opened, openedErr := try(r, everything, resolver)
		checkRow(t, r, closed, closedErr, opened, openedErr)
		if t.Failed() {
			t.Fatalf("%q %v is the row", r.url, r.answers)
		}
	}
	t.Logf("%d rows of %d", held, len(rows))
}

// misread gives the spellings of numbers to a resolver and to the guard's dialer as they are, without the check
// of their text. It counts those that the resolver alone takes for an address that is refused.
func misread(t *testing.T, stub *dnsStub, resolver egress.Resolver) (n int) {
	t.Helper()
	stub.set([]string{"nxdomain"})
	total := 0
	for _, r := range corpus(t) {
		if r.class != "number" {
			continue
		}
		total++
		host, _, _ := strings.Cut(strings.TrimPrefix(r.url, "https://"), ":")
		dialer := &stubDialer{}
		g := egress.NewGuard(egress.Config{Resolver: resolver, Dialer: dialer})
		if addrs, err := resolver.LookupNetIP(t.Context(), "ip", host); err == nil && forbidden(g, addrs) {
			n++
		}
		if _, err := g.DialContext(t.Context(), "tcp", net.JoinHostPort(host, "443")); err == nil || len(dialer.dials) > 0 {
			t.Errorf("%q was dialled as %v", host, dialer.dials)
		}
	}
	t.Logf("of %d spellings of numbers the resolver takes %d for a refused address; the guard dials none", total, n)
	return n
}

func forbidden(g *egress.Guard, addrs []netip.Addr) bool {
	return slices.ContainsFunc(addrs, func(a netip.Addr) bool { return !g.Decide(a.WithZone(""), 443).Allowed })
}

// isolatedVariable tells the test that it runs in namespaces of its own.
const isolatedVariable = "ROADSTEAD_EGRESS_ISOLATED"

// TestCorpusWithTheSystemResolver runs itself again where nothing can be dialled, in a network namespace without
// routes, with a name server on its loopback and the C library as resolver. A test program without cgo has only
// Go's, as the product has; then that is what is shown.
//
//nolint:paralleltest // inside, it changes what name server the process asks
func TestCorpusWithTheSystemResolver(t *testing.T) {
	if os.Getenv(isolatedVariable) == "" {
		runIsolated(t)
		return
	}
	isolate(t)
	stub := newDNSStub(t, "127.0.0.1:53")
	resolveCorpus(t, stub, net.DefaultResolver)
	switch n := misread(t, stub, net.DefaultResolver); {
	case withCgo && n < 20:
		t.Errorf("only %d spellings are misread: the C library is not what resolves", n)
	case !withCgo && n != 0:
		t.Errorf("a program without cgo reads %d spellings of numbers as addresses", n)
	}
}

func runIsolated(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	again := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	again.Env = append(os.Environ(), isolatedVariable+"=1", "GODEBUG=netdns=cgo", "LOCALDOMAIN=", "RES_OPTIONS=")
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		again.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		again.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := again.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	t.Logf("with cgo: %v\n%s", withCgo, out)
}

// isolate gives the process a loopback of its own, the name server on it, and makes sure that there is no way out.
func isolate(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("raising the loopback: %v: %s", err, out)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatalf("keeping mounts to ourselves: %v", err)
	}
	for file, text := range map[string]string{
		"/etc/resolv.conf":   "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
		"/etc/nsswitch.conf": "hosts: files dns\n",
		"/etc/hosts":         "127.0.0.1 localhost\n",
	} {
		if _, err := os.Stat(file); err != nil {
			continue
		}
		own := filepath.Join(t.TempDir(), filepath.Base(file))
		if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mount(own, file, "", syscall.MS_BIND, ""); err != nil {
			t.Fatalf("replacing %s: %v", file, err)
		}
		t.Cleanup(func() { _ = syscall.Unmount(file, 0) })
	}
	for _, address := range []string{"192.0.2.1:443", "169.254.169.254:80"} {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Fatalf("there is a route to %s", address)
		}
	}
}
