package gitlabapi

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Authenticator says whom a token belongs to.
type Authenticator interface {
	// AuthenticateToken returns an apperr unauthenticated error for a token that nobody holds.
	AuthenticateToken(ctx context.Context, token string) (auth.Identity, error)
}

// Access decides who may do what.
type Access interface {
	// Check returns an apperr error: not_found for what the caller may not see, forbidden for what he may not do.
	Check(ctx context.Context, who auth.Identity, ability auth.Ability, where auth.Subject) error
	Role(ctx context.Context, who auth.Identity, where auth.Subject) (tenant.Role, error)
}

// Handler serves the API from the domains. Every field is needed.
type Handler struct {
	// Version of the program, told as the revision.
	Version string
	// Address is how people and programs reach us: scheme and host.
	Address      string
	Auth         Authenticator
	Access       Access
	Groups       Groups
	Projects     Projects
	Members      Members
	Environments Environments
	Users        Users
	Tokens       Tokens
	Clusters     Clusters
	Namespaces   Namespaces
	Limits       Limits
	Log          *slog.Logger
	// Now is the clock.
	Now func() time.Time

	once  sync.Once
	table []Route
}

// routes is the table of routes, made once.
func (h *Handler) routes() []Route {
	h.once.Do(func() { h.table = Routes() })
	return h.table
}

// call is one request on its way.
type call struct {
	request *http.Request
	route   Route
	path    map[string]string
	params  values
	who     auth.Identity
	// where is what the request is about, found and allowed.
	where subject
	// base is how the addresses in answers begin.
	base string
	head http.Header
	// groups and users are those that were looked up for the answer.
	groups map[int64]tenant.Group
	users  map[int64]auth.User
}

func (c *call) ctx() context.Context { return c.request.Context() }

// answer is what a handler has to say: a status and a value, nil for an empty body.
type answer struct {
	status int
	body   any
}

// ServeHTTP implements [http.Handler] for every path that [Owns] names. It never redirects.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{request: r, base: strings.TrimSuffix(h.Address, "/"), head: w.Header()}
	c.head.Set("Cache-Control", "no-store")
	c.head.Set("X-Content-Type-Options", "nosniff")
	ctx := r.Context()
	said, err := h.serve(ctx, c)
	if err != nil {
		refusal := h.failureOf(ctx, err)
		maps.Copy(c.head, refusal.header)
		said = answer{refusal.status, refusal.body}
	}
	h.write(ctx, w, said)
}

func (h *Handler) write(ctx context.Context, w http.ResponseWriter, said answer) {
	if said.body == nil {
		w.WriteHeader(said.status)
		return
	}
	raw, err := encode(said.body)
	if err != nil {
		h.Log.ErrorContext(ctx, "encode an answer", slog.String("error", err.Error()))
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(said.status)
	_, _ = w.Write(raw) // fails only when the reader is gone
}

// serve finds out in this order: what is asked for, who asks, what about, whether he may, and with which parameters.
func (h *Handler) serve(ctx context.Context, c *call) (answer, error) {
	if err := c.find(h.routes()); err != nil {
		return answer{}, err
	}
	ctx, err := h.identify(ctx, c)
	if err != nil {
		return answer{}, err
	}
	if err := h.slow(ctx, c); err != nil {
		return answer{}, err
	}
	raw, err := readGiven(c.request)
	if err != nil {
		return answer{}, err
	}
	for name, value := range c.path {
		raw[name] = value
	}
	if err := h.admit(ctx, c, raw); err != nil {
		return answer{}, err
	}
	if c.params, err = read(c.route.params, raw); err != nil {
		return answer{}, err
	}
	return c.route.handle(h, c)
}

// address is that of the request, as the caller wrote it.
func (c *call) address() *url.URL {
	address := *c.request.URL
	if base, err := url.Parse(c.base); err == nil {
		address.Scheme, address.Host = base.Scheme, base.Host
	}
	return &address
}
