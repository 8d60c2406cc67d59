package api

import (
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/event"
)

// prefix is the path that everything here lives under.
const prefix = "/api/v1"

// Handler serves the API from the domains. Every field is needed. The requests' contexts must end when the server
// stops, since streams and waiting requests last until then.
type Handler struct {
	// Version of the program, told in the OpenAPI document.
	Version      string
	Auth         Authenticator
	Access       Access
	Users        Users
	Settings     Instance
	Limits       Limits
	Tenants      Tenants
	Clusters     Clusters
	Namespaces   Namespaces
	Applications Applications
	Mirror       Mirror
	Values       Values
	Manifests    Manifests
	Provisions   Provisions
	Audit        Record
	Bootstraps   Bootstraps
	Idempotency  Idempotency
	Bus          *event.Bus
	Log          *slog.Logger

	waiters quota
	streams quota
}

// Mount adds the API to mux. Call it once.
func (h *Handler) Mount(mux *http.ServeMux) {
	r := h.routes(mux)
	document := r.document()
	mux.HandleFunc("GET "+prefix+"/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(document)
	})
	mux.HandleFunc(prefix+"/", func(w http.ResponseWriter, req *http.Request) {
		h.problem(req.Context(), apperr.Of(apperr.NotFound)).write(w)
	})
}

// Routes lists the operations of the API.
func (h *Handler) Routes() []Route { return *h.routes(http.NewServeMux()).made }

// Document returns the OpenAPI document of the API as JSON.
func (h *Handler) Document() []byte {
	return h.routes(http.NewServeMux()).document()
}

func (h *Handler) routes(mux *http.ServeMux) router {
	r := router{humago.New(mux, h.config()), h, new([]Route)}
	r.api.UseMiddleware(h.harden)
	h.mountGroups(r)
	h.mountProjects(r)
	h.mountEnvironments(r)
	h.mountMembers(r)
	h.mountUsers(r)
	h.mountTokens(r)
	h.mountSessions(r)
	h.mountSettings(r)
	h.mountClusters(r)
	h.mountSearch(r)
	h.mountNamespaces(r)
	h.mountCatalog(r)
	h.mountApplications(r)
	h.mountOperations(r)
	h.mountLive(r)
	h.mountEvents(r)
	h.mountAWSRoles(r)
	h.mountAWSClusters(r)
	h.mountAudit(r)
	return r
}

func (h *Handler) config() huma.Config {
	config := huma.DefaultConfig("Roadstead", h.Version)
	config.Info.Description = "Attach Kubernetes clusters, give projects namespaces in them, install applications, see what runs."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer":       {Type: "http", Scheme: "bearer"},
		"privateToken": {Type: "apiKey", In: "header", Name: privateToken},
	}
	config.Security = []map[string][]string{{"bearer": {}}, {"privateToken": {}}}
	// We serve the document ourselves, ready-made, and no page that loads scripts from elsewhere.
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.RejectUnknownQueryParameters = true
	config.Transformers = []huma.Transformer{h.replaceErrorModel}
	return config
}

// harden sets the headers that no answer should be without.
func (h *Handler) harden(c huma.Context, next func(huma.Context)) {
	c.SetHeader("Cache-Control", "no-store")
	c.SetHeader("X-Content-Type-Options", "nosniff")
	next(c)
}
