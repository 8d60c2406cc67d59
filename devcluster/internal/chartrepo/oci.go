package chartrepo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// The media types of a chart in a registry, fixed by the OCI image
// specification and by Helm.
const (
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.cncf.helm.config.v1+json"
	typeLayer    = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
)

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int    `json:"size"`
}

type manifest struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType"`
	Config        descriptor        `json:"config"`
	Layers        []descriptor      `json:"layers"`
	Annotations   map[string]string `json:"annotations"`
}

// repository is one chart in the registry.
type repository struct {
	tags      []string
	manifests map[string][]byte // by tag and by digest
	blobs     map[string][]byte // by digest
}

// registry answers the reading half of the OCI distribution specification for
// repositories charts/<name>.
type registry map[string]*repository

func newRegistry(archives []Archive) (registry, error) {
	r := registry{}
	for _, a := range archives {
		repo := r[a.Metadata.Name]
		if repo == nil {
			repo = &repository{manifests: map[string][]byte{}, blobs: map[string][]byte{}}
			r[a.Metadata.Name] = repo
		}
		if err := repo.add(a); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *repository) add(a Archive) error {
	config, err := json.Marshal(a.Metadata)
	if err != nil {
		return fmt.Errorf("encode the metadata of chart %s: %w", a.Metadata.Name, err)
	}
	data, err := json.Marshal(manifest{
		SchemaVersion: 2, MediaType: typeManifest,
		Config: describe(typeConfig, config), Layers: []descriptor{describe(typeLayer, a.Data)},
		Annotations: map[string]string{
			"org.opencontainers.image.title":       a.Metadata.Name,
			"org.opencontainers.image.version":     a.Metadata.Version,
			"org.opencontainers.image.description": a.Metadata.Description,
		},
	})
	if err != nil {
		return fmt.Errorf("encode the manifest of chart %s: %w", a.Metadata.Name, err)
	}
	tag := strings.ReplaceAll(a.Metadata.Version, "+", "_") // as Helm does, + being no character of tags
	r.tags = append(r.tags, tag)
	r.manifests[tag], r.manifests[digest(data)] = data, data
	r.blobs[digest(config)], r.blobs[digest(a.Data)] = config, a.Data
	return nil
}

func describe(mediaType string, data []byte) descriptor {
	return descriptor{MediaType: mediaType, Digest: digest(data), Size: len(data)}
}

// routes adds the registry to a mux. GET patterns answer HEAD too.
func (r registry) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /v2/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		w.WriteHeader(http.StatusOK)
	})
	mux.HandleFunc("GET /v2/charts/{name}/tags/list", func(w http.ResponseWriter, req *http.Request) {
		name := req.PathValue("name")
		repo := r[name]
		if repo == nil {
			refuse(w, "NAME_UNKNOWN")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"name": "charts/" + name, "tags": repo.tags})
	})
	mux.HandleFunc("GET /v2/charts/{name}/manifests/{reference}", func(w http.ResponseWriter, req *http.Request) {
		repo := r[req.PathValue("name")]
		if repo == nil || repo.manifests[req.PathValue("reference")] == nil {
			refuse(w, "MANIFEST_UNKNOWN")
			return
		}
		serve(w, req, typeManifest, repo.manifests[req.PathValue("reference")])
	})
	mux.HandleFunc("GET /v2/charts/{name}/blobs/{digest}", func(w http.ResponseWriter, req *http.Request) {
		repo := r[req.PathValue("name")]
		if repo == nil || repo.blobs[req.PathValue("digest")] == nil {
			refuse(w, "BLOB_UNKNOWN")
			return
		}
		serve(w, req, "application/octet-stream", repo.blobs[req.PathValue("digest")])
	})
}

func serve(w http.ResponseWriter, req *http.Request, mediaType string, data []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Docker-Content-Digest", digest(data))
	http.ServeContent(w, req, "", packaged(), bytes.NewReader(data))
}

// refuse answers 404 with an error code of the distribution specification.
func refuse(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	_, _ = fmt.Fprintf(w, `{"errors":[{"code":%q,"message":"not found"}]}`, code)
}
