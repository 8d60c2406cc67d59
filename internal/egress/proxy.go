package egress

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ProxySetting is the name of the operator's setting that sends connections through a proxy.
const ProxySetting = "ROADSTEAD_EGRESS_PROXY"

// maxProxyAnswer is how much of a proxy's answer is read, in bytes.
const maxProxyAnswer = 64 << 10

// Proxy is an HTTP proxy of the operator's choice that opens tunnels (CONNECT). Its own address is the operator's
// word and is not judged. It is asked for addresses that were judged and never for names, so it cannot be led
// elsewhere, and it sees no more of a connection than a router does: TLS is spoken with the far end.
type Proxy struct {
	address string
	name    string // of its certificate; empty when it is spoken to in the clear
	auth    string // value of Proxy-Authorization; may be empty
	roots   *tls.Config
}

// ProxyError says that the proxy did not open a tunnel. To callers that do not care it is a connection that was
// refused.
type ProxyError struct {
	Status int    // of its answer; 0 when there was none
	Reason string // for the log
}

// Error gives the reason.
func (e *ProxyError) Error() string { return "the egress proxy does not connect: " + e.Reason }

// Unwrap makes it a refused connection.
func (e *ProxyError) Unwrap() error { return syscall.ECONNREFUSED }

// ParseProxy reads http://[user:password@]host[:port] or the same with https. The text is nil for no proxy. An error
// never repeats the text, which may hold a password.
func ParseProxy(text string) (*Proxy, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no proxy is the usual case
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("reading " + ProxySetting + ": it must read http://host:port or https://host:port")
	}
	p := &Proxy{address: HostPort(u)}
	switch u.Scheme {
	case "http":
	case "https":
		p.name = u.Hostname()
	default:
		return nil, errors.New("reading " + ProxySetting + ": its scheme must be http or https")
	}
	if u.User != nil {
		password, _ := u.User.Password()
		p.auth = "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
	}
	return p, nil
}

// WithTLS returns a copy that checks the proxy's certificate by other settings than the system's.
func (p *Proxy) WithTLS(c *tls.Config) *Proxy {
	other := *p
	other.roots = c
	return &other
}

// tunnel is a Dialer that connects through the proxy.
type tunnel struct {
	proxy *Proxy
	judge func(address string) error
	next  Dialer
}

// DialContext asks the proxy for an address, which is judged once more before it is asked for.
func (t tunnel) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if err := t.judge(address); err != nil {
		return nil, err
	}
	conn, err := t.next.DialContext(ctx, network, t.proxy.address)
	if err != nil {
		return nil, fmt.Errorf("connecting to the egress proxy: %w", err)
	}
	ended := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	open, err := t.proxy.open(ctx, conn, address)
	if !ended() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, errors.Join(err, ctx.Err())
	}
	return open, nil
}

// open turns a connection to the proxy into one to the address.
func (p *Proxy) open(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	if p.name != "" {
		c := tlsConfig(p.roots)
		c.ServerName, c.NextProtos = p.name, nil
		secured := tls.Client(conn, c)
		if err := secured.HandshakeContext(ctx); err != nil {
			// Not wrapped: a certificate of the proxy must not be taken for one of the far end.
			return nil, &ProxyError{Reason: err.Error()}
		}
		conn = secured
	}
	ask := &http.Request{
		Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address,
		Header: http.Header{"User-Agent": {""}}, // none: the proxy has no use for it
	}
	if p.auth != "" {
		ask.Header.Set("Proxy-Authorization", p.auth)
	}
	if err := ask.Write(conn); err != nil {
		return nil, fmt.Errorf("asking the egress proxy: %w", err)
	}
	answer := bufio.NewReader(io.LimitReader(conn, maxProxyAnswer))
	resp, err := http.ReadResponse(answer, ask) //nolint:bodyclose // its body is the tunnel, or ends with the connection
	if err != nil {
		return nil, fmt.Errorf("reading the egress proxy's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, &ProxyError{Status: resp.StatusCode, Reason: "it answers " + strconv.Itoa(resp.StatusCode)}
	}
	// The far end speaks when it is spoken to, so nothing of it can have been read along.
	if answer.Buffered() > 0 {
		return nil, errors.New("reading the egress proxy's answer: something follows it")
	}
	return conn, nil
}
