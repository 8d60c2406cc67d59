package web

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/provision"
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

// Handler serves the pages. Its fields are its dependencies; all are needed.
type Handler struct {
	Auth         *auth.Service
	Tenant       *tenant.Service
	Clusters     *cluster.Service
	Namespaces   *namespace.Service
	Applications *application.Service
	Provisions   *provision.Service
	Bootstraps   Bootstraps
	Manifests    Manifests
	Values       Values
	Mirror       Mirror
	Bus          *event.Bus
	Log          *slog.Logger
	// Secure says that people come over TLS, so the cookie may demand it.
	Secure bool
	Now    func() time.Time

	pages pages
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
	mux.Handle("POST /sign-out", h.private(h.signOut))
	mux.Handle("GET /{$}", http.RedirectHandler("/clusters", http.StatusSeeOther))
	mux.Handle("GET /clusters", h.private(h.clusters))
	mux.Handle("GET /clusters/new", h.private(h.addCluster))
	mux.Handle("GET /clusters/{cluster}", h.private(h.cluster))
	mux.Handle("POST /clusters/{cluster}/check", h.private(h.checkCluster))
	mux.Handle("POST /clusters/{cluster}/edit", h.private(h.editCluster))
	mux.Handle("GET /clusters/{cluster}/identity", h.private(h.identity))
	mux.Handle("POST /clusters/{cluster}/identity", h.private(h.changeIdentity))
	mux.Handle("POST /clusters/{cluster}/applications/{name}/install", h.private(h.install))
	mux.Handle("POST /clusters/{cluster}/applications/{name}/uninstall", h.private(h.uninstall))
	mux.Handle("GET /operations/{operation}", h.private(h.operation))
	mux.Handle("GET /operations/{operation}/log", h.private(h.operationLog))
	mux.Handle("GET /projects", h.private(h.projects))
	mux.Handle("GET /projects/{project}", h.private(h.project))
	mux.Handle("POST /projects/{project}/namespace", h.private(h.ensureNamespace))
	mux.Handle("GET /live", h.private(h.live))
	h.mountEKS(mux)
	return nil
}

// mountEKS adds the pages of clusters on Amazon EKS.
func (h *Handler) mountEKS(mux *http.ServeMux) {
	mux.Handle("GET /eks", h.private(h.eks))
	mux.Handle("GET /eks/bootstrap.yaml", h.private(h.bootstrap))
	mux.Handle("GET /eks/roles/new", h.private(h.newRole))
	mux.Handle("POST /eks/roles/new", h.private(h.addRole))
	mux.Handle("GET /eks/roles/{role}", h.private(h.role))
	mux.Handle("POST /eks/roles/{role}", h.private(h.registerRole))
	mux.Handle("POST /eks/roles/{role}/verify", h.private(h.verifyRole))
	mux.Handle("POST /eks/roles/{role}/remove", h.private(h.removeRole))
	mux.Handle("GET /eks/new", h.private(h.wizard))
	mux.Handle("POST /eks/new", h.private(h.order))
	mux.Handle("GET /eks/clusters/{run}", h.private(h.run))
	mux.Handle("POST /eks/clusters/{run}/cancel", h.private(h.changeRun(h.Provisions.Cancel)))
	mux.Handle("POST /eks/clusters/{run}/retry", h.private(h.changeRun(h.Provisions.Retry)))
	mux.Handle("POST /eks/clusters/{run}/upgrade", h.private(h.upgradeRun))
	mux.Handle("GET /eks/clusters/{run}/delete", h.private(h.demolition))
	mux.Handle("POST /eks/clusters/{run}/delete", h.private(h.deleteRun))
	mux.Handle("POST /eks/clusters/{run}/forget", h.private(h.forgetRun))
}

// page is a handler that returns its error instead of showing it.
type page func(w http.ResponseWriter, r *http.Request) error

// public serves a page to anybody.
func (h *Handler) public(p page) http.Handler {
	origin := http.NewCrossOriginProtection()
	return origin.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		harden(w.Header(), h.Secure)
		if err := p(w, r); err != nil {
			h.fail(w, r, err)
		}
	}))
}

// private serves a page to people who signed in, and sends others to do so.
func (h *Handler) private(p page) http.Handler {
	return h.public(func(w http.ResponseWriter, r *http.Request) error {
		identity, ok := h.identify(r)
		if !ok {
			toSignIn(w, r)
			return nil
		}
		ctx := audit.WithActor(r.Context(), audit.Actor{
			Kind: audit.Session, Name: identity.Name, IP: audit.ActorFrom(r.Context()).IP,
		})
		return p(w, r.WithContext(auth.WithIdentity(ctx, identity)))
	})
}
