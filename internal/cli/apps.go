package cli

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
)

func (r *run) apps() *cobra.Command {
	return group("app", "Cluster applications: shared software, installed by one-off pods",
		r.appList(), r.appInstall(), r.appStatus(), r.appLogs(), r.appUninstall(), r.appManifest())
}

func clusterFlag(c *cobra.Command, cluster *string) {
	c.Flags().StringVar(cluster, "cluster", "", "name or id of the cluster")
	c.MarkFlagsOneRequired("cluster")
}

func (r *run) appList() *cobra.Command {
	cluster := ""
	c := r.remote("list", "List the catalog, or the applications of a cluster", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			if cluster == "" {
				return c.catalog(ctx)
			}
			found, err := get[api.Items[api.Application]](ctx, c.client, path("clusters", cluster, "applications"))
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) {
				t.row("NAME", "STATE", "VERSION", "AVAILABLE", "NAMESPACE", "REASON")
				for _, a := range found.Items {
					t.row(a.Name, a.State, a.Version, a.Available, a.Namespace, code(a.Error))
				}
			})
		})
	c.Flags().StringVar(&cluster, "cluster", "", "name or id of a cluster")
	return c
}

func (r *run) appInstall() *cobra.Command {
	var wanted api.InstallApplication
	cluster, values, noWait := "", "", false
	c := r.remote("install NAME", "Install an application, or upgrade it where it is installed", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			if values != "" {
				text, err := readFile(values, c.in)
				if err != nil {
					return err
				}
				wanted.Values = string(text)
			}
			return c.operate(ctx, path("clusters", cluster, "applications", args[0], "install"), wanted, noWait)
		})
	clusterFlag(c, &cluster)
	c.Flags().StringVar(&values, "values", "", "YAML file over the default values, - for the standard input (default: those given last)")
	c.Flags().StringVar(&wanted.Version, "version", "", "chart version (default: that of the catalog)")
	adminFlag(c, &wanted.Admin)
	noWaitFlag(c, &noWait)
	return c
}

func (r *run) appUninstall() *cobra.Command {
	var wanted api.UninstallApplication
	cluster, noWait := "", false
	c := r.remote("uninstall NAME", "Uninstall an application", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			return c.operate(ctx, path("clusters", cluster, "applications", args[0], "uninstall"), wanted, noWait)
		})
	clusterFlag(c, &cluster)
	adminFlag(c, &wanted.Admin)
	noWaitFlag(c, &noWait)
	return c
}

func adminFlag(c *cobra.Command, admin *bool) {
	c.Flags().BoolVar(admin, "admin", false, "agree to all rights in the cluster for this one operation")
}

// operate starts an operation and shows it to its end.
func (c *call) operate(ctx context.Context, path string, wanted any, noWait bool) error {
	op, err := request[api.Operation](ctx, c.client, http.MethodPost, path, wanted)
	if err != nil {
		return err
	}
	if !noWait {
		if op, err = c.finished(ctx, op); err != nil {
			return err
		}
	}
	if err := c.out.show(op, func(t *table) { operationCard(t, op) }); err != nil {
		return err
	}
	return failedOperation(op)
}

func (r *run) appStatus() *cobra.Command {
	cluster := ""
	c := r.remote("status NAME", "Show an application and its latest operation", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			app, err := get[api.Application](ctx, c.client, path("clusters", cluster, "applications", args[0]))
			if err != nil {
				return err
			}
			status := appStatus{Application: app}
			if app.OperationID != 0 {
				op, err := get[api.Operation](ctx, c.client, operationPath(app.OperationID))
				if err != nil {
					return err
				}
				status.Operation = &op
			}
			return c.out.show(status, status.card)
		})
	clusterFlag(c, &cluster)
	return c
}

// appStatus is an application with its latest operation.
type appStatus struct {
	api.Application
	Operation *api.Operation `json:"operation,omitempty"`
}

func (s appStatus) card(t *table) {
	t.row("application", s.Name+"  "+s.Title)
	t.row("state", stateAge(string(s.State), s.AsOf))
	t.row("version", s.Version)
	t.row("available", s.Available)
	t.row("namespace", s.Namespace)
	if s.Operation != nil {
		t.line("")
		operationCard(t, *s.Operation)
	}
}

func (r *run) appManifest() *cobra.Command {
	on := ""
	c := r.remote("manifest NAME", "Print the manifest that grants what an application needs", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			at := path("catalog", args[0], "manifest") + "?cluster=" + url.QueryEscape(on)
			text, err := c.client.text(ctx, http.MethodGet, at, nil)
			if err != nil {
				return err
			}
			return c.out.manifest(text)
		})
	c.Flags().StringVar(&on, "cluster", "", "whose account shall get the rights (default: that of cluster manifest)")
	return c
}

func operationPath(id int64) string { return path("operations", strconv.FormatInt(id, 10)) }

func code(r *api.Reason) string {
	if r == nil {
		return ""
	}
	return string(r.Code)
}
