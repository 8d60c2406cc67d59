package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// clusters imports the clusters that are registered exactly at a place.
func (r *importRun) clusters(ctx context.Context, there, here, name string) error {
	wanted, seen, err := r.from.clusters(ctx, there)
	switch {
	case err != nil:
		return fmt.Errorf("list clusters of %s: %w", clean(name), err)
	case !seen:
		r.report.add(importSkip, "clusters", name, "GitLab does not show them to this token, or has them switched off")
		return nil
	case len(wanted) == 0:
		return nil
	}
	present, err := listOf[sourceCluster](ctx, r.to, here+"/clusters", nil)
	if err != nil && (!isStatus(err, http.StatusNotFound) || !r.report.DryRun) {
		return fmt.Errorf("list clusters of %s: %w", clean(name), err)
	}
	byScope := make(map[string]sourceCluster, len(present))
	for _, c := range present {
		byScope[c.EnvironmentScope] = c
	}
	for _, c := range wanted {
		if err := r.cluster(ctx, c, byScope, here, name); err != nil {
			return err
		}
	}
	return nil
}

// cluster imports one cluster. A place has one for each environment scope, so that is what it is known by.
func (r *importRun) cluster(ctx context.Context, c sourceCluster, byScope map[string]sourceCluster, here, name string) error {
	label := fmt.Sprintf("%s: %s (%s)", name, c.Name, c.EnvironmentScope)
	if is, taken := byScope[c.EnvironmentScope]; taken {
		note := ""
		if is.Name != c.Name || is.Platform.APIURL != c.Platform.APIURL {
			note = "another cluster has this scope here; left as it is"
		}
		r.report.add(importExists, "cluster", label, note)
		return nil
	}
	token, ok := r.tokens[c.ID]
	if !ok {
		r.report.add(importSkip, "cluster", label, "its token is needed")
		r.report.MissingTokens = append(r.report.MissingTokens, missingToken{c.ID, clean(c.Name), clean(name), clean(c.Platform.APIURL)})
		return nil
	}
	add := here + "/clusters/user"
	if here == "/admin" {
		add = here + "/clusters/add"
	}
	_, err := r.create(ctx, "cluster", label, add, func(ctx context.Context) (map[string]any, error) {
		manager, err := r.manager(ctx, c)
		return c.fields(token, manager), err
	})
	return err
}

// manager is the id here of the management project; 0 when there is none, or when it is not here.
func (r *importRun) manager(ctx context.Context, c sourceCluster) (int64, error) {
	if c.ManagementProject == nil {
		return 0, nil
	}
	var found sourceProject
	err := r.to.read(ctx, "/projects/"+url.PathEscape(c.ManagementProject.Path), &found)
	if isStatus(err, http.StatusNotFound) {
		err = nil
	}
	return found.ID, err
}

// fields are what makes the cluster again.
func (c sourceCluster) fields(token string, manager int64) map[string]any {
	platform := map[string]any{
		"api_url": c.Platform.APIURL, "token": token, "ca_cert": c.Platform.CACert, "namespace": c.Platform.Namespace,
		"authorization_type": orText(c.Platform.AuthorizationType, "rbac"),
	}
	fields := map[string]any{
		"name": c.Name, "domain": c.Domain, "environment_scope": orText(c.EnvironmentScope, "*"), "enabled": c.Enabled,
		"managed": c.Managed, "namespace_per_environment": c.NamespacePerEnvironment, "platform_kubernetes_attributes": platform,
	}
	if manager != 0 {
		fields["management_project_id"] = manager
	}
	return fields
}

func orText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
