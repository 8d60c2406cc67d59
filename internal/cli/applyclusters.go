package cli

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/cluster"
)

// cluster compares one cluster. Its credential cannot be compared: it never leaves the server.
func (p *planner) cluster(c orgCluster) {
	level, owner := c.level()
	what := "cluster " + c.Name + " of " + strings.TrimSpace(string(level)+" "+owner)
	token := ""
	if c.TokenEnv != "" {
		token = p.env(c.TokenEnv)
	}
	there, ok := p.there.cluster(c)
	if !ok {
		p.attach(c, what, token)
		return
	}
	at := path("clusters", itoa(there.ID))
	moved := c.movedTo(there)
	switch {
	case len(moved) > 0 && token == "":
		p.changes = append(p.changes, change{
			Sign: signNeeded, What: what, Fields: moved, Hint: "a new address or CA takes the token again: " + c.tokenHint("edit "+c.Name),
		})
	case len(moved) > 0:
		p.add(signChange, what, moved, apiRequest{method: http.MethodPatch, path: at, body: api.EditCluster{
			APIURL: c.APIURL, CA: c.CA, Token: token,
		}})
	}
	if fields := p.settingsOf(c, there); len(fields) > 0 {
		p.add(signChange, what, fields, apiRequest{method: http.MethodPatch, path: at, body: api.EditCluster{
			EnvironmentScope: c.EnvironmentScope, Enabled: c.Enabled, ClusterSettings: c.settings(),
		}})
	}
	p.grants(c, what, at, p.there.grants[there.ID])
}

func (p *planner) attach(c orgCluster, what, token string) {
	if token == "" || c.APIURL == nil {
		p.changes = append(p.changes, change{Sign: signNeeded, What: what, Hint: c.tokenHint("add " + c.Name)})
		return
	}
	level, _ := c.level()
	wanted := api.NewCluster{
		Name: c.Name, Level: level, Group: c.Group, Project: c.Project, APIURL: *c.APIURL, Token: token, Enabled: c.Enabled,
		ClusterSettings: c.settings(),
	}
	if c.CA != nil {
		wanted.CA = *c.CA
	}
	if c.EnvironmentScope != nil {
		wanted.EnvironmentScope = *c.EnvironmentScope
	}
	p.add(signAdd, what, nil, apiRequest{method: http.MethodPost, path: "/clusters", body: wanted})
	for _, group := range c.Grants {
		p.changes = append(p.changes, change{
			Sign: signNeeded, What: fmt.Sprintf("grant of %s to group %s", what, group),
			Hint: "apply the file again, once the cluster is attached",
		})
	}
}

// tokenHint says how a credential gets to the server.
func (c orgCluster) tokenHint(command string) string {
	if c.TokenEnv != "" {
		return "set " + c.TokenEnv + ", or use `roadstead cluster " + command + "`"
	}
	return "use `roadstead cluster " + command + "`, or name a variable with its token in token_env"
}

func (c orgCluster) settings() api.ClusterSettings {
	return api.ClusterSettings{
		Domain: c.Domain, Managed: c.Managed, NamespacePerEnvironment: c.NamespacePerEnvironment,
		ManagementProject: c.ManagementProject, Namespace: c.Namespace,
	}
}

// movedTo is what differs about the platform, which takes the token again.
func (c orgCluster) movedTo(there api.Cluster) []field {
	fields := differ(nil, "api_url", there.APIURL, c.APIURL)
	if c.CA != nil && strings.TrimSpace(*c.CA) != strings.TrimSpace(there.CA) {
		fields = append(fields, field{"ca", "the one that is there", "the one of the file"})
	}
	return fields
}

func (p *planner) settingsOf(c orgCluster, there api.Cluster) []field {
	fields := differ(nil, "environment_scope", there.EnvironmentScope, c.EnvironmentScope)
	fields = differ(fields, "enabled", there.Enabled, c.Enabled)
	fields = differ(fields, "domain", there.Domain, c.Domain)
	fields = differ(fields, "managed", there.Managed, c.Managed)
	fields = differ(fields, "namespace_per_environment", there.NamespacePerEnvironment, c.NamespacePerEnvironment)
	fields = differ(fields, "namespace", there.Namespace, c.Namespace)
	return differ(fields, "management_project", p.there.projectPath(there.ManagementProjectID), c.ManagementProject)
}

func (p *planner) grants(c orgCluster, what, at string, there []string) {
	if c.Grants == nil {
		return
	}
	for _, group := range c.Grants {
		if !slices.ContainsFunc(there, func(t string) bool { return key(t) == key(group) }) {
			p.add(signAdd, fmt.Sprintf("grant of %s to group %s", what, group), nil,
				apiRequest{method: http.MethodPost, path: at + "/grants", body: api.NewGrant{Group: group}})
		}
	}
	for _, group := range there {
		if p.prune && !slices.ContainsFunc(c.Grants, func(t string) bool { return key(t) == key(group) }) {
			p.add(signRemove, fmt.Sprintf("grant of %s to group %s", what, group), nil,
				apiRequest{method: http.MethodDelete, path: at + path("grants", group)})
		}
	}
}

// pruneClusters removes clusters of the file's groups and projects that it does not name. What stands in them is left.
func (p *planner) pruneClusters() {
	if p.file.Clusters == nil {
		return
	}
	for _, there := range p.there.clusters {
		owner := p.there.ownerPath(there)
		named := slices.ContainsFunc(p.file.Clusters, func(c orgCluster) bool {
			level, of := c.level()
			return c.Name == there.Name && level == there.Level && key(of) == key(owner)
		})
		if named || there.Level == cluster.Instance || !p.inFile(owner) || there.State != cluster.Attached {
			continue
		}
		p.add(signRemove, fmt.Sprintf("cluster %s of %s %s", there.Name, there.Level, owner), nil, apiRequest{
			method: http.MethodDelete, path: path("clusters", itoa(there.ID)), gone: path("clusters", itoa(there.ID)),
			topic: "cluster/" + itoa(there.ID),
		})
	}
}
