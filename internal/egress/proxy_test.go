package egress_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/egress"
)

// proxyServer is a CONNECT proxy that leads every tunnel to one server and records what it is asked.
type proxyServer struct {
	*httptest.Server
	to     string // where tunnels end
	answer string // instead of a tunnel; may be empty

	mu    sync.Mutex
	asked []string // "address authorization"
	seen  strings.Builder
}

func newProxy(t *testing.T, to, answer string, start func(*httptest.Server)) *proxyServer {
	t.Helper()
	p := &proxyServer{to: to, answer: answer}
	p.Server = httptest.NewUnstartedServer(p)
	start(p.Server)
	t.Cleanup(p.Close)
	return p
}

// ServeHTTP opens a tunnel and notes every byte that the client sends through it.
func (p *proxyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, strings.TrimSpace(r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization")))
	p.mu.Unlock()
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer client.Close()
	if p.answer != "" {
		fmt.Fprint(client, p.answer)
		return
	}
	far, err := net.Dial("tcp", p.to)
	if err != nil {
		panic(err)
	}
	defer far.Close()
	fmt.Fprint(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(client, far) }()
	_, _ = io.Copy(far, io.TeeReader(client, p))
}

// Write notes what goes through.
func (p *proxyServer) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.Write(b)
}

func (p *proxyServer) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func mustProxy(t *testing.T, text string) *egress.Proxy {
	t.Helper()
	p, err := egress.ParseProxy(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestProxyIsAskedForJudgedAddresses goes through proxies to a server that a name leads to. The proxies listen on
// loopback, which the guard refuses: their address is the operator's word.
//
//nolint:paralleltest // it sets the environment, whose proxies must have no say
func TestProxyIsAskedForJudgedAddresses(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	far := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello "+r.Host+r.Header.Get("Proxy-Authorization"))
	}))
	defer far.Close()
	pool := x509.NewCertPool()
	pool.AddCert(far.Certificate())
	for name, secured := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			start := (*httptest.Server).Start
			if secured {
				start = (*httptest.Server).StartTLS
			}
			proxy := newProxy(t, far.Listener.Addr().String(), "", start)
			chosen := mustProxy(t, strings.Replace(proxy.URL, "://", "://us:se%20cret@", 1)).WithTLS(&tls.Config{RootCAs: pool})
			resolver := &stubResolver{answers: []string{"8.8.8.8", "9.9.9.9"}}
			g := egress.NewGuard(egress.Config{Proxy: chosen, Resolver: resolver})
			client := g.Client(egress.Options{TLS: &tls.Config{RootCAs: pool}}, 0)
			t.Cleanup(client.CloseIdleConnections)

			resp, err := client.Get("https://example.com:6443/marker")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "hello example.com:6443" {
				t.Errorf("the far end answers %q, %v", body, err)
			}
			if diff := cmp.Diff([]string{"CONNECT 8.8.8.8:6443 Basic dXM6c2UgY3JldA=="}, proxy.requests()); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(proxy.seen.String(), "marker") || resolver.asked != 1 {
				t.Errorf("the proxy reads along, or the name was resolved %d times", resolver.asked)
			}
		})
	}
}

// TestProxyIsNeverAskedForWhatIsRefused holds the guard against every row with a proxy in front: the rows that are
// refused reach nobody, and the rest only as addresses that may be dialled.
func TestProxyIsNeverAskedForWhatIsRefused(t *testing.T) {
	t.Parallel()
	for _, allow := range []string{"", everything} {
		asked := 0
		for _, r := range corpus(t) {
			asks := &proxyRecorder{}
			g := egress.NewGuard(egress.Config{
				Allow: mustRules(t, allow), Resolver: &stubResolver{answers: r.answers}, Dialer: asks,
				Proxy: mustProxy(t, "http://127.0.0.1:3128"),
			})
			u, err := g.CheckURL(r.url)
			if err == nil {
				_, err = g.DialContext(t.Context(), "tcp", egress.HostPort(u))
			}
			asked += len(asks.targets)
			direct, directErr := try(r, allow, nil)
			if diff := cmp.Diff(direct, asks.targets); diff != "" || (err == nil) != (directErr == nil) {
				t.Errorf("%q %v, allow %q: %v; dialled without a proxy, asked of the proxy:\n%s", r.url, r.answers, allow, err, diff)
			}
			for _, target := range asks.targets {
				if ap, err := netip.ParseAddrPort(target); err != nil || !g.Decide(ap.Addr(), ap.Port()).Allowed {
					t.Errorf("%q %v: the proxy is asked for %q", r.url, r.answers, target)
				}
			}
		}
		t.Logf("allow %q: a proxy is asked for %d addresses", allow, asked)
	}
}

// proxyRecorder is a proxy that opens no tunnel.
type proxyRecorder struct{ targets []string }

func (p *proxyRecorder) DialContext(_ context.Context, _, address string) (net.Conn, error) {
	if address != "127.0.0.1:3128" {
		return nil, fmt.Errorf("%s was dialled past the proxy", address)
	}
	ours, theirs := net.Pipe()
	asked := make(chan string)
	go func() {
		defer theirs.Close()
		request, err := http.ReadRequest(bufio.NewReader(theirs))
		if err != nil {
			asked <- err.Error()
			return
		}
		asked <- request.RequestURI
		fmt.Fprint(theirs, "HTTP/1.1 503 no tunnel\r\nContent-Length: 0\r\n\r\n")
	}()
	return &recordedConn{Conn: ours, asked: asked, note: func(target string) { p.targets = append(p.targets, target) }}, nil
}

// recordedConn notes what was asked as soon as the answer is read.
type recordedConn struct {
	net.Conn

	once  sync.Once
	asked chan string
	note  func(string)
}

func (c *recordedConn) Read(b []byte) (int, error) {
	c.once.Do(func() { c.note(<-c.asked) })
	return c.Conn.Read(b)
}

func TestProxyThatOpensNoTunnel(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer string
		status int // 0: another error
	}{
		"refuses":               {"HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\ngo on", 403},
		"wants a password":      {"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n\r\n", 407},
		"redirects":             {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n", 302},
		"speaks not HTTP":       {"SSH-2.0-OpenSSH\r\n", 0},
		"hangs up":              {" ", 0},
		"sends ahead":           {"HTTP/1.1 200 OK\r\n\r\nsomething", 0},
		"header without an end": {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := newProxy(t, "", tc.answer, (*httptest.Server).Start)
			g := egress.NewGuard(egress.Config{Proxy: mustProxy(t, proxy.URL)})
			conn, err := g.DialContext(t.Context(), "tcp", "8.8.8.8:443")
			if conn != nil || err == nil {
				t.Fatalf("conn = %v, err = %v", conn, err)
			}
			refused, ok := errors.AsType[*egress.ProxyError](err)
			if ok != (tc.status != 0) || ok && !errors.Is(err, syscall.ECONNREFUSED) || ok && refused.Status != tc.status {
				t.Errorf("err = %v, want status %d", err, tc.status)
			}
		})
	}
}

// TestCertificateOfTheProxyIsChecked has a proxy that nobody vouches for; its fault is not the far end's.
func TestCertificateOfTheProxyIsChecked(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t, "", "", (*httptest.Server).StartTLS)
	proxy.Config.ErrorLog = log.New(io.Discard, "", 0)
	g := egress.NewGuard(egress.Config{Proxy: mustProxy(t, proxy.URL)})
	_, err := g.DialContext(t.Context(), "tcp", "8.8.8.8:443")
	refused, ok := errors.AsType[*egress.ProxyError](err)
	_, theirs := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok || refused.Status != 0 || theirs || len(proxy.requests()) != 0 {
		t.Errorf("err = %v, asked %v", err, proxy.requests())
	}
}

// TestSilentProxyEndsWithTheContext asks a proxy that accepts and says nothing.
func TestSilentProxyEndsWithTheContext(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		cancel()
		_, _ = io.Copy(io.Discard, conn)
	}()
	g := egress.NewGuard(egress.Config{Proxy: mustProxy(t, "http://"+l.Addr().String())})
	if conn, err := g.DialContext(ctx, "tcp", "8.8.8.8:443"); conn != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("conn = %v, err = %v", conn, err)
	}
}

func TestParseProxy(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"":                           true,
		"http://proxy.corp:3128":     true,
		"https://u:p@10.1.2.3/":      true,
		"http://[fd00::1]:3128":      true,
		"proxy.corp:3128":            false,
		"socks5://127.0.0.1:1080":    false,
		"http://:3128":               false,
		"http://proxy/path":          false,
		"http://proxy?x=secret":      false,
		"http://u:secret@proxy:port": false,
	} {
		p, err := egress.ParseProxy(text)
		if (err == nil) != ok || (p == nil) != (text == "" || !ok) {
			t.Errorf("ParseProxy(%q) = %v, %v", text, p, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%v repeats a secret", err)
		}
	}
}
