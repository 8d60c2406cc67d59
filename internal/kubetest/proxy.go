package kubetest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Proxy carries the bytes between a client and a server, a stub or a devcluster, and breaks the connections where
// a test says so. It knows nothing of TLS and HTTP: what it cuts is what a network would.
type Proxy struct {
	URL string // https://127.0.0.1:port, in place of the server's

	ctx      context.Context //nolint:containedctx // of the test, in which the proxy lives
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
	left   int64 // bytes from the server that still pass; negative: all
	delay  time.Duration
	passed int64
}

// NewProxy starts a proxy in front of a server's URL. It ends with the test.
func NewProxy(t testing.TB, server string) *Proxy {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{
		URL: "https://" + listener.Addr().String(), ctx: t.Context(), target: u.Host, listener: listener,
		conns: map[net.Conn]struct{}{}, left: -1,
	}
	p.running.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Cut lets n more bytes of the server pass, then resets every connection and refuses new ones until Heal. What the
// clients send passes, so that with 0 the server does what it is asked and nobody hears of it.
func (p *Proxy) Cut(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.passed = n, 0
}

// Delay makes each piece from the server wait for so long.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// Heal lets everything pass again. Connections that were reset stay so.
func (p *Proxy) Heal() { p.Cut(-1) }

// Passed is how many bytes of the server passed since the last Cut or Heal.
func (p *Proxy) Passed() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passed
}

func (p *Proxy) close() {
	p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.reset()
	p.running.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.carry(client) })
	}
}

func (p *Proxy) carry(client net.Conn) {
	defer client.Close()
	if !p.keep(client) {
		return
	}
	defer p.forget(client)
	server, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(p.ctx, "tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	var sending sync.WaitGroup
	sending.Go(func() {
		_, _ = io.Copy(server, client)
		server.Close()
	})
	p.deliver(client, server)
	client.Close()
	sending.Wait()
}

// deliver hands the server's bytes to the client, as many as may pass.
func (p *Proxy) deliver(client, server net.Conn) {
	piece := make([]byte, 16<<10)
	for {
		n, err := server.Read(piece)
		pass, delay, cut := p.take(n)
		<-time.After(delay)
		if _, failed := client.Write(piece[:pass]); failed != nil || err != nil {
			return
		}
		if cut {
			p.reset()
			return
		}
	}
}

// take reports how many of n bytes pass, and whether the connections end after them.
func (p *Proxy) take(n int) (pass int, delay time.Duration, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left >= 0 {
		cut = int64(n) > p.left
		n = int(min(int64(n), p.left))
		p.left -= int64(n)
	}
	p.passed += int64(n)
	return n, p.delay, cut
}

// keep takes a connection on, unless connections are being refused.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.left == 0 {
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *Proxy) forget(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// reset ends the connections without a goodbye.
func (p *Proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
}

// Recorder is a listener that answers nothing and counts who comes.
type Recorder struct {
	Addr string // host:port

	mu    sync.Mutex
	conns int
	bytes int64
}

// NewRecorder starts a recorder on an address of loopback. It ends with the test.
func NewRecorder(t testing.TB, host string) *Recorder {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	r := &Recorder{Addr: listener.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				r.record(c)
			}
		}
	})
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	return r
}

func (r *Recorder) record(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	n, _ := io.Copy(io.Discard, c)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns++
	r.bytes += n
}

// Seen is how many connections came, and how many bytes over them.
func (r *Recorder) Seen() (conns int, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conns, r.bytes
}
