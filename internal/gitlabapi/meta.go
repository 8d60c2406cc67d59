package gitlabapi

import (
	"net/http"

	"github.com/roadstead/roadstead/internal/auth"
)

// compatible is the release of GitLab whose answers these are like. Clients compare it with the release that brought
// what they want to use.
const compatible = "18.0.0"

// metaEntity is what clients ask to learn whom they talk to.
type metaEntity struct {
	Version    string    `json:"version"`
	Revision   string    `json:"revision"`
	KAS        kasEntity `json:"kas"`
	Enterprise bool      `json:"enterprise"`
}

// kasEntity says that there is no server for agents.
type kasEntity struct {
	Enabled             bool    `json:"enabled"`
	ExternalURL         *string `json:"externalUrl"`
	ExternalK8SProxyURL *string `json:"externalK8sProxyUrl"`
	Version             *string `json:"version"`
}

func metaRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/version", Level: Instance, Ability: auth.ReadInstance, handle: (*Handler).showMeta},
		{Method: http.MethodGet, Pattern: "/metadata", Level: Instance, Ability: auth.ReadInstance, handle: (*Handler).showMeta},
	}
}

func (h *Handler) showMeta(*call) (answer, error) {
	return answer{http.StatusOK, metaEntity{Version: compatible, Revision: h.Version}}, nil
}
