package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
)

// maxEntryBody bounds what is read of an entry, in bytes: somewhat more than an
// entry may have, so that one which is too large is told so.
const maxEntryBody = 2 << 20

// CatalogEntry is one application that can be installed.
type CatalogEntry struct {
	Name           string             `json:"name"`
	Title          string             `json:"title"`
	Description    string             `json:"description"`
	Repository     string             `json:"repository" doc:"Where the chart comes from"`
	Chart          string             `json:"chart"`
	Version        string             `json:"version" doc:"The chart version that is installed unless another is asked for"`
	Namespace      string             `json:"namespace" doc:"Where the release lives"`
	PodSecurity    string             `json:"pod_security" doc:"The Pod Security level of that namespace"`
	Rights         application.Rights `json:"rights" doc:"What its install pod needs"`
	Values         string             `json:"values" doc:"The default values, as YAML"`
	Provides       []string           `json:"provides,omitempty" doc:"What the release gives to the namespaces of projects"`
	TimeoutSeconds int64              `json:"timeout_seconds"`
	Verified       bool               `json:"verified" doc:"Somebody ran this entry against the real chart"`
	//nolint:lll // a tag cannot be wrapped
	Origin application.Origin `json:"origin" enum:"built_in,file,stored" doc:"Where the entry comes from: the program, the operator's folder, or an administrator"`
}

// EntryInput names an entry of the catalog.
type EntryInput struct {
	Name string `path:"name" maxLength:"40" doc:"Of the catalog entry"`
}

type storeEntryInput struct {
	EntryInput
	RawBody []byte `contentType:"application/yaml"`
}

type rightsInput struct {
	Name    string `path:"name" doc:"Of the catalog entry"`
	Cluster string `query:"cluster" doc:"Whose account shall get the rights, by id or name; that of the printed manifest if absent"`
}

func (h *Handler) mountCatalog(r router) {
	route(r, "GET /catalog", "list-catalog", "List what can be installed",
		h.needsInstance(auth.ReadInstance), h.listCatalog)
	route(r, "GET /catalog/{name}", "show-catalog-entry", "Show an entry of the catalog",
		h.needsInstance(auth.ReadInstance), h.showEntry)
	route(r, "PUT /catalog/{name}", "store-catalog-entry",
		"Store an entry of the catalog, over a built-in one or one of the operator's folder if there is such",
		h.needsInstance(auth.ManageInstance), h.storeEntry, yamlOrJSON)
	route(r, "DELETE /catalog/{name}", "remove-catalog-entry", "Remove a stored entry, and uncover what is below it",
		h.needsInstance(auth.ManageInstance), h.removeEntry, answers(http.StatusNoContent))
	route(r, "GET /catalog/{name}/manifest", "show-rights-manifest",
		"Show the manifest by which a cluster administrator grants what an application needs",
		decided("whoever has read_cluster on the cluster, if one is named", h.mayShowRights), h.showRights)
}

// yamlOrJSON describes a body that is a catalog entry in either.
func yamlOrJSON(op *huma.Operation) {
	op.MaxBodyBytes = maxEntryBody
	op.SkipValidateBody = true // the catalog has a parser of its own
	op.RequestBody = &huma.RequestBody{
		Description: "The entry in the catalog format, of 1 MiB at most",
		Required:    true,
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}},
		},
	}
}

// mayShowRights asks about the cluster whose account the manifest would name.
func (h *Handler) mayShowRights(ctx context.Context, in *rightsInput) error {
	if in.Cluster == "" {
		return nil
	}
	one, err := h.clusterNamed(ctx, in.Cluster)
	if err != nil {
		return err
	}
	return h.checkFound(ctx, auth.ReadCluster, clusterSubject(one))
}

func (h *Handler) listCatalog(ctx context.Context, _ *struct{}) (*list[CatalogEntry], error) {
	all, err := h.Applications.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	return newList(all, viewEntry), nil
}

func (h *Handler) showEntry(ctx context.Context, in *EntryInput) (*body[CatalogEntry], error) {
	e, err := h.Applications.Entry(ctx, in.Name)
	return &body[CatalogEntry]{viewEntry(e)}, err
}

func (h *Handler) storeEntry(ctx context.Context, in *storeEntryInput) (*body[CatalogEntry], error) {
	e, err := h.Applications.StoreEntry(ctx, in.Name, in.RawBody)
	return &body[CatalogEntry]{viewEntry(e)}, err
}

func (h *Handler) removeEntry(ctx context.Context, in *EntryInput) (*struct{}, error) {
	return nil, h.Applications.RemoveEntry(ctx, in.Name)
}

func (h *Handler) showRights(ctx context.Context, in *rightsInput) (*textOutput, error) {
	home := cluster.Account
	if in.Cluster != "" {
		one, err := h.clusterNamed(ctx, in.Cluster)
		if err != nil {
			return nil, err
		}
		i, err := h.Clusters.Identity(ctx, one.ID)
		if err != nil {
			return nil, err
		}
		if i.InUse() {
			home = h.Clusters.IdentitySpec(one.ID, nil).Namespace
		}
	}
	text, err := h.Applications.RightsManifest(ctx, in.Name, home)
	return &textOutput{"application/yaml", []byte(text)}, err
}

func viewEntry(e application.Entry) CatalogEntry {
	return CatalogEntry{
		Name: e.Name, Title: e.Title, Description: e.Description, Repository: e.Chart.Repository, Chart: e.Chart.Name,
		Version: e.Chart.Version, Namespace: e.Namespace, PodSecurity: e.PodSecurity, Rights: e.Rights, Values: e.Values,
		TimeoutSeconds: int64(e.Timeout / time.Second), Verified: e.Verified, Provides: e.Provides, Origin: e.Origin,
	}
}
