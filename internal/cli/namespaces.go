package cli

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/namespace"
)

// place is an environment of a project, as flags name it.
type place struct {
	project     string
	environment string
}

func (p *place) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.project, "project", "", "full path or id of the project")
	c.Flags().StringVar(&p.environment, "environment", "", "name of the environment")
	c.MarkFlagsRequiredTogether("project", "environment")
	c.MarkFlagsOneRequired("project")
}

// path names something of the environment.
func (p *place) path(noun string) string {
	return path("projects", p.project, "environments", p.environment, noun)
}

func (r *run) namespaces() *cobra.Command {
	return group("namespace", "The restricted namespaces of projects' environments",
		r.namespaceEnsure(), r.namespaceShow(), r.namespaceList(), r.namespaceRemove())
}

func (r *run) namespaceEnsure() *cobra.Command {
	var at place
	noWait, profile := false, ""
	c := r.remote("ensure", "Make the namespace of an environment, or mend it", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			wanted := api.EnsureNamespace{Profile: namespace.Profile(profile)}
			ensured, err := request[api.Namespace](ctx, c.client, http.MethodPut, at.path("namespace"), wanted)
			if err != nil {
				return err
			}
			if !noWait {
				if ensured, err = c.settled(ctx, at, ensured); err != nil {
					return err
				}
			}
			if err := c.out.show(ensured, func(t *table) { namespaceCard(t, ensured) }); err != nil {
				return err
			}
			if ensured.State == namespace.Failed {
				return failed(ensured.Error)
			}
			return nil
		})
	at.flags(c)
	c.Flags().StringVar(&profile, "profile", "",
		"restricted, baseline or gitlab (default: what it has, or restricted when it is new)")
	noWaitFlag(c, &noWait)
	return c
}

// settled waits until the namespace is ready or failed, and shows its objects as they come to stand.
func (c *call) settled(ctx context.Context, at place, n api.Namespace) (api.Namespace, error) {
	c.progress.done("request", "namespace "+n.Name)
	err := watch(ctx, c.client, at.path("namespace"), []string{n.Topic}, func(now api.Namespace) (bool, error) {
		n = now
		c.progress.run("provision", waitingFor(now))
		for _, o := range now.Objects {
			switch {
			case o.Applied:
				c.progress.done(o.Kind+" "+o.Name, "")
			case o.Error != nil && now.State == namespace.Failed:
				c.progress.fail(o.Kind+" "+o.Name, o.Error.Title)
			}
		}
		return now.State == namespace.Ready || now.State == namespace.Failed, nil
	})
	c.progress.stop()
	return n, err
}

func waitingFor(n api.Namespace) string {
	if n.Error != nil {
		return n.Error.Title
	}
	return "waiting for the cluster"
}

func (r *run) namespaceShow() *cobra.Command {
	var at place
	c := r.remote("show", "Show the namespace of an environment", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			found, err := get[api.Namespace](ctx, c.client, at.path("namespace"))
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) { namespaceCard(t, found) })
		})
	at.flags(c)
	return c
}

func (r *run) namespaceList() *cobra.Command {
	project := ""
	c := r.remote("list", "List the namespaces of a project", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			found, err := get[api.Items[api.Namespace]](ctx, c.client, path("projects", project, "namespaces"))
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) {
				t.row("ID", "ENVIRONMENT", "NAMESPACE", "CLUSTER", "PROFILE", "STATE")
				for _, n := range found.Items {
					t.row(n.ID, n.Environment, n.Name, n.ClusterID, n.Profile, stateAge(string(n.State), n.AsOf))
				}
			})
		})
	c.Flags().StringVar(&project, "project", "", "full path or id of the project")
	c.MarkFlagsOneRequired("project")
	return c
}

func (r *run) namespaceRemove() *cobra.Command {
	var at place
	noWait := false
	c := r.remote("remove", "Take the namespace of an environment, with all that is in it, out of its cluster", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			removing, err := request[api.Namespace](ctx, c.client, http.MethodDelete, at.path("namespace"), nil)
			if err != nil {
				return err
			}
			if !noWait {
				if err := c.gone(ctx, at.path("namespace"), removing.Topic); err != nil {
					return err
				}
			}
			return c.out.show(removing, func(t *table) { t.line("Namespace " + removing.Name + " is removed.") })
		})
	at.flags(c)
	noWaitFlag(c, &noWait)
	return c
}

func namespaceCard(t *table, n api.Namespace) {
	t.row("namespace", n.Name)
	t.row("environment", n.Environment)
	t.row("cluster", n.ClusterID)
	t.row("service account", n.ServiceAccount)
	t.row("profile", n.Profile)
	t.row("state", stateAge(string(n.State), n.AsOf))
	if n.Error != nil {
		t.row("reason", n.Error.Title+" ("+string(n.Error.Code)+")")
	}
	t.line("")
	for _, o := range n.Objects {
		switch {
		case o.Error != nil:
			t.row("✗ "+o.Kind, o.Name, o.Error.Title+" ("+string(o.Error.Code)+")")
		case o.Applied:
			t.row("✓ "+o.Kind, o.Name, "stands")
		default:
			t.row("- "+o.Kind, o.Name, "waits")
		}
	}
}
