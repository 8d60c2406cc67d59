package gitlabapi

import (
	"strings"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
)

// platformField is the object that holds how a cluster is reached.
const platformField = "platform_kubernetes_attributes"

// addParams are the predecessor's, in its order.
func addParams() []param {
	return []param{
		{name: "name", required: true},
		{name: "enabled", kind: boolean, fallback: true},
		{name: "domain"},
		{name: "environment_scope", fallback: "*"},
		{name: "namespace_per_environment", kind: boolean, fallback: true},
		{name: "management_project_id", kind: integer},
		{name: "managed", kind: boolean, fallback: true},
		{name: platformField, kind: object, required: true, fields: []param{
			{name: "api_url", required: true, filled: true},
			{name: "token", required: true},
			{name: "ca_cert"},
			{name: "namespace"},
			{
				name: "authorization_type", fallback: string(cluster.RBAC),
				values: []string{string(cluster.UnknownAuthorization), string(cluster.RBAC), string(cluster.ABAC)},
			},
		}},
	}
}

// editParams are the predecessor's, in its order, but for namespace_per_environment, which stays as it is when it is not
// sent: no client sends it, and what was set by other means shall not be reset by every change.
func editParams() []param {
	return []param{
		{name: "cluster_id", kind: integer, required: true},
		{name: "name"},
		{name: "domain"},
		{name: "environment_scope"},
		{name: "namespace_per_environment", kind: boolean},
		{name: "management_project_id", kind: integer},
		{name: "enabled", kind: boolean},
		{name: "managed", kind: boolean},
		{name: platformField, kind: object, fields: []param{
			{name: "api_url"}, {name: "token"}, {name: "ca_cert"}, {name: "namespace"},
		}},
	}
}

// attachRequest is the cluster that was asked for.
func attachRequest(c *call) cluster.AttachRequest {
	given, platform := c.params, valueOf[values](c.params, platformField)
	return cluster.AttachRequest{
		Name: given.text("name"), Level: c.clusterLevel(), GroupID: c.where.group.ID, ProjectID: c.where.project.ID,
		EnvironmentScope: given.text("environment_scope"), Domain: given.text("domain"),
		Enabled: sent[bool](given, "enabled"), Managed: sent[bool](given, "managed"),
		NamespacePerEnvironment: sent[bool](given, "namespace_per_environment"),
		ManagementProjectID:     given.integer("management_project_id"),
		AuthorizationType:       cluster.Authorization(platform.text("authorization_type")),
		APIURL:                  platform.text("api_url"), CAPEM: platform.text("ca_cert"),
		Namespace: platform.text("namespace"), Token: pasted(platform.text("token")),
	}
}

// editRequest is the change that was asked for. An empty token is none.
func editRequest(c *call) cluster.EditRequest {
	given, platform := c.params, valueOf[values](c.params, platformField)
	return cluster.EditRequest{
		Name: sent[string](given, "name"), Domain: sent[string](given, "domain"),
		EnvironmentScope:        sent[string](given, "environment_scope"),
		NamespacePerEnvironment: sent[bool](given, "namespace_per_environment"),
		ManagementProjectID:     sent[int64](given, "management_project_id"),
		Enabled:                 sent[bool](given, "enabled"), Managed: sent[bool](given, "managed"),
		APIURL: sent[string](platform, "api_url"), CAPEM: sent[string](platform, "ca_cert"),
		Namespace: sent[string](platform, "namespace"), Token: pasted(platform.text("token")),
	}
}

// pasted takes a token without the white space around it, as the predecessor does.
func pasted(token string) secret.Value { return secret.NewValue([]byte(strings.TrimSpace(token))) }

func (c *call) clusterLevel() cluster.Level { return cluster.Level(c.route.Level) }
