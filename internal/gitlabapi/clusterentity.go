package gitlabapi

import (
	"strings"

	"github.com/roadstead/roadstead/internal/cluster"
)

// clusterEntity is a cluster. created_at and platform_kubernetes are never null: clients read them without a look. The
// token is not in it, ever.
type clusterEntity struct {
	ID                      int64            `json:"id"`
	Name                    string           `json:"name"`
	CreatedAt               moment           `json:"created_at"`
	Domain                  *string          `json:"domain"`
	Enabled                 bool             `json:"enabled"`
	Managed                 bool             `json:"managed"`
	ProviderType            cluster.Provider `json:"provider_type"`
	PlatformType            string           `json:"platform_type"`
	EnvironmentScope        string           `json:"environment_scope"`
	ClusterType             string           `json:"cluster_type"`
	NamespacePerEnvironment bool             `json:"namespace_per_environment"`
	User                    *userEntity      `json:"user"`
	Platform                platformEntity   `json:"platform_kubernetes"`
	ProviderGCP             *struct{}        `json:"provider_gcp"`
	ManagementProject       *projectIdentity `json:"management_project"`
}

type platformEntity struct {
	APIURL            string                `json:"api_url"`
	Namespace         *string               `json:"namespace"`
	AuthorizationType cluster.Authorization `json:"authorization_type"`
	CACert            *string               `json:"ca_cert"`
}

// clusterProject is a cluster of a project, shown alone.
type clusterProject struct {
	clusterEntity

	Project projectBasics `json:"project"`
}

// clusterGroup is a cluster of a group, shown alone.
type clusterGroup struct {
	clusterEntity

	Group groupBasics `json:"group"`
}

// cluster turns a cluster into what a list shows of it.
func (h *Handler) cluster(c *call, from cluster.Cluster) (clusterEntity, error) {
	shown := clusterEntity{
		ID: from.ID, Name: from.Name, CreatedAt: moment(from.CreatedAt), Domain: textOrNull(from.Domain),
		Enabled: from.Enabled, Managed: from.Managed, ProviderType: from.Provider, PlatformType: "kubernetes",
		EnvironmentScope: from.EnvironmentScope, ClusterType: string(from.Level) + "_type",
		NamespacePerEnvironment: from.NamespacePerEnvironment,
		Platform: platformEntity{
			APIURL: from.Platform.APIURL, Namespace: textOrNull(from.Platform.Namespace),
			AuthorizationType: from.AuthorizationType, CACert: textOrNull(strings.TrimSpace(from.Platform.CAPEM)),
		},
	}
	var err error
	if shown.User, err = h.creator(c, from.CreatedBy); err != nil {
		return clusterEntity{}, err
	}
	shown.ManagementProject, err = h.managementProject(c, from.ManagementProjectID)
	return shown, err
}

// alone turns a cluster into what is shown of it outside of a list: with what it belongs to.
func (h *Handler) alone(c *call, from cluster.Cluster) (any, error) {
	shown, err := h.cluster(c, from)
	switch {
	case err != nil || c.route.Level == Instance:
		return shown, err
	case c.route.Level == Group:
		return clusterGroup{shown, c.groupBasics(c.where.group)}, nil
	}
	project, err := h.project(c, c.where.project)
	return clusterProject{shown, project}, err
}
