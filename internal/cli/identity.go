package cli

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/cluster"
)

func (r *run) clusterIdentity() *cobra.Command {
	return group("identity", "How Roadstead signs in to a cluster: by what was pasted, or by an account of its own",
		r.identityStatus(), r.identityManifest(), r.identityAdopt(), r.identityRotate())
}

func (r *run) identityStatus() *cobra.Command {
	return r.remote("status CLUSTER", "Show how Roadstead signs in to a cluster", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			found, err := get[api.Identity](ctx, c.client, path("clusters", args[0], "identity"))
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) { identityCard(t, found) })
		})
}

func (r *run) identityManifest() *cobra.Command {
	features := []string{"namespaces", "applications", "live"}
	c := r.remote("manifest CLUSTER", "Print all that adopt makes in a cluster", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			at := path("clusters", args[0], "identity", "manifest") + "?features=" + strings.Join(features, ",")
			text, err := c.client.text(ctx, http.MethodGet, at, nil)
			if err != nil {
				return err
			}
			return c.out.manifest(text)
		})
	featuresFlag(c, &features)
	return c
}

func (r *run) identityAdopt() *cobra.Command {
	features, noWait := []string{"namespaces", "applications", "live"}, false
	c := r.remote("adopt CLUSTER", "Swap a pasted credential for an account of Roadstead's own", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted := api.AdoptIdentity{Action: "adopt", Features: features}
			return c.identity(ctx, args[0], wanted, noWait)
		})
	c.Long = "Makes a service account with the rights for the chosen features in a namespace of Roadstead's own, has its\n" +
		"token prove itself, and only then forgets the pasted credential, which must be allowed to make all this.\n" +
		"`roadstead cluster identity manifest` prints what is made."
	featuresFlag(c, &features)
	noWaitFlag(c, &noWait)
	return c
}

func (r *run) identityRotate() *cobra.Command {
	noWait := false
	c := r.remote("rotate CLUSTER", "Make a new token for Roadstead's own account now", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			return c.identity(ctx, args[0], api.AdoptIdentity{Action: "rotate"}, noWait)
		})
	noWaitFlag(c, &noWait)
	return c
}

// identity asks for a change of how we sign in, waits for its end and shows it.
func (c *call) identity(ctx context.Context, name string, wanted api.AdoptIdentity, noWait bool) error {
	found, err := get[api.Cluster](ctx, c.client, path("clusters", name))
	if err != nil {
		return err
	}
	at := clusterPath(found) + "/identity"
	now, err := request[api.Identity](ctx, c.client, http.MethodPost, at, wanted)
	if err == nil && !noWait {
		now, err = c.adopted(ctx, at, now)
	}
	if err != nil {
		return err
	}
	if err := c.out.show(now, func(t *table) { identityCard(t, now) }); err != nil {
		return err
	}
	if now.Error != nil && !noWait {
		return failed(now.Error)
	}
	return nil
}

// adopted waits until nothing about the identity is on its way, or it is in use and its next token does not come.
func (c *call) adopted(ctx context.Context, at string, i api.Identity) (api.Identity, error) {
	err := watch(ctx, c.client, at, []string{i.Topic}, func(now api.Identity) (bool, error) {
		i = now
		c.progress.run(string(now.State), "waiting for the cluster")
		return cluster.Identity{State: now.State}.Settled() || now.InUse && now.Error != nil, nil
	})
	c.progress.stop()
	if err == nil && i.Error == nil {
		c.progress.done("identity", "signed in as "+i.Account+" of namespace "+i.Namespace)
	}
	return i, err
}

func featuresFlag(c *cobra.Command, features *[]string) {
	c.Flags().StringSliceVar(features, "features", *features, "what the account gets the rights for")
}

func identityCard(t *table, i api.Identity) {
	if i.InUse {
		t.row("credential", "own identity")
		t.row("account", i.Account)
		t.row("namespace", i.Namespace)
		t.row("rights for", join(i.Features))
		t.row("since", i.Since.Format(time.RFC3339))
		t.row("token since", i.TokenSince.Format(time.RFC3339))
		t.row("next token", i.RotateAt.Format(time.RFC3339))
	} else {
		t.row("credential", "pasted")
	}
	t.row("state", i.State)
	if i.Error != nil {
		t.row("reason", reason(i.Error))
	}
}

func join(features []cluster.Feature) string {
	names := make([]string, len(features))
	for i, f := range features {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}
