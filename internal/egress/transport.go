package egress

import (
	"crypto/tls"
	"net/http"
	"time"
)

// Options are the limits of one transport. The zero value is right for most uses.
type Options struct {
	TLS             *tls.Config   // roots and the like; the version is raised to 1.2, checks cannot be turned off
	HeaderTimeout   time.Duration // from the request's end to the answer's header; 0: 10 s
	MaxHeaderBytes  int64         // of an answer; 0: 64 KiB
	MaxConnsPerHost int           // 0: 8
}

// Transport makes an HTTP transport behind the guard: no proxy from the environment, no compression that we did
// not ask for, bounded connections, headers and handshakes. Close its idle connections when it is dropped.
func (g *Guard) Transport(o Options) *http.Transport {
	return &http.Transport{
		Proxy:                  nil, // a proxy that resolves and dials in our place; the operator's is behind DialContext
		DialContext:            g.DialContext,
		TLSClientConfig:        tlsConfig(o.TLS),
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // a body's limit counts what is on the wire
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  orDefault(o.HeaderTimeout, 10*time.Second),
		MaxResponseHeaderBytes: orDefault(o.MaxHeaderBytes, 64<<10),
		MaxConnsPerHost:        orDefault(o.MaxConnsPerHost, 8),
		IdleConnTimeout:        60 * time.Second,
	}
}

// Client makes an HTTP client behind the guard that follows no redirect: a caller that gets one sees the 3xx.
// The timeout covers a whole call with its body; 0 means 30 s.
func (g *Guard) Client(o Options, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport:     g.Transport(o),
		CheckRedirect: NoRedirect,
		Timeout:       orDefault(timeout, 30*time.Second),
	}
}

// NoRedirect is the CheckRedirect of a client that hands every redirect back instead of following it.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func tlsConfig(base *tls.Config) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if base != nil {
		c = base.Clone()
	}
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	c.InsecureSkipVerify = false
	return c
}

func orDefault[T int | int64 | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}
