package kube

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/egress"
)

// Client talks to one cluster. It is safe for concurrent use, and made of nothing but memory until its first call.
type Client struct {
	clusterID  int64
	generation int64
	base       *url.URL
	http       *http.Client
	transports []*http.Transport
	now        func() time.Time
	userAgent  string

	mu     sync.Mutex
	groups map[string]*groupClient

	silence time.Duration // after which a watch is taken for dead
	streams streamSet
}

func newClient(c Config, target Target, h *health, all *semaphore.Weighted) (*Client, error) {
	base, err := checkTarget(c.Guard, target.APIURL)
	if err != nil {
		return nil, err
	}
	roots, err := rootsOf(target.CAPEM)
	if err != nil {
		return nil, err
	}
	calls := transportFor(c.Guard, roots, callConns)
	streams := transportFor(c.Guard, roots, streamConns)
	streams.ResponseHeaderTimeout = 0 // the header of a log comes with its first line; see stream for the rest
	b := &bind{
		clusterID: target.Cluster, base: base, hostPort: egress.HostPort(base), token: target.Token, userAgent: c.UserAgent,
		calls: calls, streams: streams,
		budget: flowcontrol.NewTokenBucketRateLimiter(callRate, callBurst),
		health: h, memory: memory{all: all, share: semaphore.NewWeighted(maxShare)},
		log: c.Log, now: c.Now, fault: c.Fault,
	}
	return &Client{
		clusterID: target.Cluster, generation: target.Generation, base: base,
		http:       &http.Client{Transport: b, CheckRedirect: egress.NoRedirect},
		transports: []*http.Transport{calls, streams},
		now:        c.Now, userAgent: c.UserAgent, groups: map[string]*groupClient{}, silence: watchSilent,
	}, nil
}

// ClusterID is the id of the registration that the client was made for.
func (c *Client) ClusterID() int64 { return c.clusterID }

// Close ends the client's streams and drops its connections. Calls on their way come to their end.
func (c *Client) Close() {
	c.streams.close()
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
}

// checkTarget judges the stored URL again, since the operator's rules may have changed.
func checkTarget(guard *egress.Guard, raw string) (*url.URL, error) {
	base, err := guard.CheckURL(raw)
	if refused, ok := errors.AsType[*egress.RefusedError](err); ok {
		return nil, addressRefused(refused, err)
	}
	if err != nil {
		return nil, apperr.Of(apperr.ClusterAddressRefused).With(err)
	}
	return base, nil
}

func rootsOf(pem []byte) (*x509.CertPool, error) {
	if len(pem) == 0 {
		return nil, nil //nolint:nilnil // the system's roots, in the words of crypto/tls
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, apperr.Of(apperr.ClusterTLSUntrusted).WithMessage("The stored CA certificate cannot be read.")
	}
	return pool, nil
}

func transportFor(guard *egress.Guard, roots *x509.CertPool, conns int) *http.Transport {
	t := guard.Transport(egress.Options{
		TLS:             &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		HeaderTimeout:   callTimeout,
		MaxHeaderBytes:  maxHeader,
		MaxConnsPerHost: conns,
	})
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout}
	return t
}
