package cli

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
)

func (r *run) clusters() *cobra.Command {
	return group("cluster", "Kubernetes clusters: attach them, see whether they answer",
		r.clusterAdd(), r.clusterEdit(), r.clusterManifest(), r.clusterList(), r.clusterShow(), r.clusterCheck(),
		r.clusterIdentity(), r.clusterSave(), r.clusterExplain(), r.clusterInventory(), r.clusterGrant(), r.clusterRevoke(),
		r.clusterGrants(), r.clusterRemove())
}

func (r *run) clusterManifest() *cobra.Command {
	features := []string{"namespaces", "applications", "live"}
	c := r.remote("manifest", "Print the manifest that gives Roadstead an account in a cluster", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			text, err := c.client.text(ctx, http.MethodGet, "/clusters/manifest?features="+strings.Join(features, ","), nil)
			if err != nil {
				return err
			}
			return c.out.manifest(text)
		})
	c.Long = "Prints the service account, its rights for the chosen features, and its token Secret. A cluster\n" +
		"administrator applies it:\n\n  roadstead cluster manifest --features namespaces,live | kubectl apply -f -"
	c.Flags().StringSliceVar(&features, "features", features, "what the cluster shall be used for")
	return c
}

func (r *run) clusterList() *cobra.Command {
	var at home
	c := r.remote("list", "List clusters", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		if at != (home{}) {
			return c.clusterPlaced(ctx, at)
		}
		found, err := all[api.Cluster](ctx, c.client, "/clusters")
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) {
			t.row("ID", "NAME", "LEVEL", "SCOPE", "VERSION", "CONNECTION", "ADDRESS")
			for _, one := range found.Items {
				t.row(one.ID, one.Name, one.Level, one.EnvironmentScope, one.Connection.Version, connection(one), one.APIURL)
			}
		})
	})
	c.Long = "Lists the clusters that you may look into or, with --group or --project, all that one of these could be served\n" +
		"by, the nearest first, and whether each is its own, inherited or granted."
	c.Flags().StringVar(&at.group, "group", "", "those of this group")
	c.Flags().StringVar(&at.project, "project", "", "those of this project")
	c.MarkFlagsMutuallyExclusive("group", "project")
	return c
}

func (r *run) clusterSave() *cobra.Command {
	return r.remote("save CLUSTER", "Attach a draft", cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		saved, err := request[api.Cluster](ctx, c.client, http.MethodPost, path("clusters", args[0], "save"), nil)
		if err != nil {
			return err
		}
		return c.out.show(saved, func(t *table) { card(t, saved) })
	})
}

func (r *run) clusterShow() *cobra.Command {
	return r.remote("show CLUSTER", "Show a cluster and the report card of its last check", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			found, err := get[api.Cluster](ctx, c.client, path("clusters", args[0]))
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) { card(t, found) })
		})
}

func (r *run) clusterCheck() *cobra.Command {
	noWait := false
	c := r.remote("check CLUSTER", "Check a cluster's connection and rights now", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			before, err := get[api.Cluster](ctx, c.client, path("clusters", args[0]))
			if err != nil {
				return err
			}
			asked, err := request[api.Cluster](ctx, c.client, http.MethodPost, clusterPath(before)+"/check", nil)
			if err != nil {
				return err
			}
			if noWait {
				return c.out.show(asked, func(t *table) { card(t, asked) })
			}
			return c.checked(ctx, before)
		})
	noWaitFlag(c, &noWait)
	return c
}

func (r *run) clusterRemove() *cobra.Command {
	noWait, cleanup, forget, apps, admin := false, false, false, false, false
	c := r.remote("remove CLUSTER", "End a cluster's registration", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			found, err := get[api.Cluster](ctx, c.client, path("clusters", args[0]))
			if err != nil {
				return err
			}
			how := url.Values{"mode": {"leave"}, "applications": {strconv.FormatBool(apps)}, "admin": {strconv.FormatBool(admin)}}
			switch {
			case cleanup:
				how.Set("mode", "clean_up")
			case forget:
				how.Set("mode", "forget")
			}
			removing, err := request[api.Cluster](ctx, c.client, http.MethodDelete, clusterPath(found)+"?"+how.Encode(), nil)
			if err != nil {
				return err
			}
			if !noWait {
				if err := c.gone(ctx, clusterPath(found), removing.Topic); err != nil {
					return err
				}
			}
			return c.out.show(removing, func(t *table) { t.line("Cluster " + removing.Name + " is removed.") })
		})
	c.Flags().BoolVar(&cleanup, "cleanup", false, "first take out of the cluster what Roadstead made there: namespaces, and its own identity")
	c.Flags().BoolVar(&forget, "forget", false, "end the registration now, and clean up if the cluster answers within 30 days")
	c.Flags().BoolVar(&apps, "applications", false, "when cleaning up, uninstall applications, too")
	c.Flags().BoolVar(&admin, "admin", false, "consent to all rights in the cluster for those uninstalls that need them")
	c.MarkFlagsMutuallyExclusive("cleanup", "forget")
	noWaitFlag(c, &noWait)
	return c
}

// clusterPath names a cluster by its id, which stays when another one takes its name.
func clusterPath(c api.Cluster) string { return path("clusters", strconv.FormatInt(c.ID, 10)) }

func noWaitFlag(c *cobra.Command, noWait *bool) {
	c.Flags().BoolVar(noWait, "no-wait", false, "return as soon as the server took the request")
}

func connection(c api.Cluster) string {
	if c.Connection.Error != nil {
		return string(c.Connection.State) + " (" + string(c.Connection.Error.Code) + ")"
	}
	return stateAge(string(c.Connection.State), c.Connection.AsOf)
}
