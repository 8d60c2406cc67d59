package web

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/workload"
)

//go:embed static
var static embed.FS

// Values reads polled values.
type Values interface {
	Read(ctx context.Context, clusterID int64, name string) (workload.Value, error)
	ReadMany(ctx context.Context, name string, clusterIDs []int64) (map[int64]workload.Value, error)
}

// Mirror reads live state from our own copy.
type Mirror interface {
	Pods(ctx context.Context, clusterID int64, namespace string, page workload.Page) ([]workload.Pod, workload.Status, error)
}

// Bootstraps prints what an account's administrator runs to let us in.
type Bootstraps interface {
	// Template is the CloudFormation template, Command what runs it for a role.
	Template() []byte
	Command(r provision.Role) string
	QuickCreate(r provision.Role) string
}

// Handler serves the pages. Its fields are its dependencies; all are needed but SingleSignOn.
type Handler struct {
	Auth *auth.Service
	// SingleSignOn lets people in by the organisation's provider; nil where there is none.
	SingleSignOn *auth.SingleSignOn
	Settings     *setting.Service
	Limits       *auth.Limits
	Access       *auth.Access
	Tenant       *tenant.Service
	Clusters     *cluster.Service
	Namespaces   *namespace.Service
	Applications *application.Service
	Provisions   *provision.Service
	Bootstraps   Bootstraps
	Manifests    Manifests
	Audit        Record
	Values       Values
	Mirror       Mirror
	Bus          *event.Bus
	Log          *slog.Logger
	// Secure says that people come over TLS, so the cookie may demand it.
	Secure bool
	Now    func() time.Time

	pages   pages
	streams streams
}

// Mount adds the pages to mux.
func (h *Handler) Mount(mux *http.ServeMux) error {
	var err error
	if h.pages, err = parsePages(h.Now); err != nil {
		return err
	}
	files, err := fs.Sub(static, "static")
	if err != nil {
		return fmt.Errorf("open the static files: %w", err)
	}
	mux.Handle("GET /static/", cached(http.StripPrefix("/static/", http.FileServerFS(files))))
	mux.Handle("GET /sign-in", h.public(h.signInPage))
	mux.Handle("POST /sign-in", h.public(h.signIn))
	mux.Handle("GET /sign-in/oidc", h.public(h.toProvider))
	mux.Handle("GET /sign-in/oidc/callback", h.public(h.fromProvider))
	mux.Handle("GET /sign-in/oidc/sign-out", h.public(h.leaveProvider))
	mux.Handle("GET /sign-in/oidc/signed-out", h.public(h.leftProvider))
	mux.Handle("POST /sign-in/oidc/logout", h.public(h.providerSignsOut))
	for _, r := range h.routes() {
		mux.Handle(r.pattern, h.private(h.permitted(r)))
	}
	return nil
}

// page is a handler that returns its error instead of showing it.
type page func(w http.ResponseWriter, r *http.Request) error

// public serves a page to anybody.
func (h *Handler) public(p page) http.Handler {
	origin := http.NewCrossOriginProtection()
	return origin.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		harden(w.Header(), h.Secure)
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := p(w, r); err != nil {
			h.fail(w, r, err)
		}
	}))
}

// private serves a page to people who signed in, and sends others to do so.
func (h *Handler) private(p page) http.Handler {
	return h.public(func(w http.ResponseWriter, r *http.Request) error {
		identity, err := h.identify(r)
		if apperr.CodeOf(err) == apperr.Unauthenticated {
			toSignIn(w, r)
			return nil
		}
		if err != nil {
			return err
		}
		ctx := auth.WithIdentity(r.Context(), identity)
		if r.Method == http.MethodPost {
			if err := h.Limits.Allow(ctx, auth.Writes, auth.UserKey(identity.UserID)); err != nil {
				return err
			}
		}
		return p(w, r.WithContext(ctx))
	})
}

// permitted serves a page to people who may have it. The others learn that they may not, or, where they may not even see
// what it is about, that there is nothing. What goes wrong is shown with the place around it.
func (h *Handler) permitted(p route) page {
	return func(w http.ResponseWriter, r *http.Request) error {
		at, err := h.enter(r, p.about, p.ability)
		r = r.WithContext(context.WithValue(r.Context(), placeKey{}, at))
		if err == nil {
			err = p.page(w, r)
		}
		if err != nil {
			h.fail(w, r, err)
		}
		return nil
	}
}
