package cli

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/cluster"
)

// clusterPlaced shows the clusters of a group or project, with inherited ones.
func (c *call) clusterPlaced(ctx context.Context, at home) error {
	found, err := all[api.PlacedCluster](ctx, c.client, at.path("clusters"))
	if err != nil {
		return err
	}
	return c.out.show(found, func(t *table) {
		t.row("ID", "NAME", "LEVEL", "SCOPE", "STATE", "COMES")
		for _, one := range found.Items {
			t.row(one.ID, one.Name, one.Level, one.EnvironmentScope, standing(one), origin(one))
		}
	})
}

func standing(c api.PlacedCluster) string {
	if !c.Enabled {
		return "disabled"
	}
	return string(c.State)
}

// origin says how a cluster comes to where it is listed.
func origin(c api.PlacedCluster) string {
	switch {
	case c.Granted:
		return "granted"
	case c.Inherited:
		return "inherited"
	}
	return "own"
}

func (r *run) clusterExplain() *cobra.Command {
	var project, environment string
	c := r.remote("explain", "Say which cluster serves an environment, and why no other does", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			at := path("projects", project, "environments", environment, "cluster")
			found, err := get[api.Explanation](ctx, c.client, at)
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) {
				t.row("", "ID", "NAME", "LEVEL", "SCOPE", "WHY")
				for _, v := range found.Verdicts {
					sign := "-"
					if v.Reason == cluster.Serves {
						sign = "✓"
					}
					t.row(sign, v.ID, v.Name, v.Level, v.EnvironmentScope, fate(v.Reason))
				}
				if found.ClusterID == 0 {
					t.line("No cluster serves " + environment + ".")
				}
			})
		})
	c.Long = "Lists every cluster that a project could be served by, in the order of precedence: those that it manages, its\n" +
		"own, those of its groups from the nearest upwards, those of the instance; within a level, the most exact\n" +
		"environment scope. The environment need not exist yet."
	projectFlag(c, &project)
	c.Flags().StringVar(&environment, "environment", "", "name of the environment")
	_ = c.MarkFlagRequired("environment")
	return c
}

// fate is a reason in a few words.
func fate(r cluster.Reason) string {
	switch r {
	case cluster.Serves:
		return "serves it"
	case cluster.IsDraft:
		return "is a draft that was not saved"
	case cluster.IsRemoving:
		return "is being removed"
	case cluster.IsDisabled:
		return "is disabled"
	case cluster.ScopeMismatch:
		return "its scope does not match"
	case cluster.NearerLevel:
		return "a nearer level has a cluster that matches"
	case cluster.LessExact:
		return "another scope at its level is more exact"
	case cluster.EqualScope:
		return "one as exact at its level goes first"
	}
	return string(r)
}

func (r *run) clusterInventory() *cobra.Command {
	return r.remote("inventory CLUSTER", "Show what stands in a cluster because of Roadstead", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			found, err := get[api.Items[api.Item]](ctx, c.client, path("clusters", args[0], "inventory"))
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) {
				t.row("KIND", "NAME", "VERSION", "WHEN CLEANING UP")
				for _, i := range found.Items {
					t.row(i.Kind, i.Name, i.Version, i.Fate)
				}
			})
		})
}

func (r *run) clusterGrants() *cobra.Command {
	return r.remote("grants CLUSTER", "List the groups that a cluster is granted to", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			found, err := get[api.Items[api.Grant]](ctx, c.client, path("clusters", args[0], "grants"))
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) { grantRows(t, found.Items...) })
		})
}

func (r *run) clusterGrant() *cobra.Command {
	var to string
	c := r.remote("grant CLUSTER", "Let a cluster serve the projects of a group", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			at := path("clusters", args[0], "grants")
			granted, err := request[api.Grant](ctx, c.client, http.MethodPost, at, api.NewGrant{Group: to})
			if err != nil {
				return err
			}
			return c.out.show(granted, func(t *table) { grantRows(t, granted) })
		})
	c.Flags().StringVar(&to, "group", "", "id or full path of the group")
	_ = c.MarkFlagRequired("group")
	return c
}

func (r *run) clusterRevoke() *cobra.Command {
	var from, remains string
	c := r.remote("revoke CLUSTER", "End a grant of a cluster", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			at := path("clusters", args[0], "grants", from) + "?" + query("remains", remains)
			return c.end(ctx, at, "The cluster is no longer granted to "+from+"."+remaining(remains))
		})
	c.Flags().StringVar(&from, "group", "", "id or full path of the group")
	c.Flags().StringVar(&remains, "namespaces", "", "what becomes of the group's namespaces there: leave or clean_up")
	_ = c.MarkFlagRequired("group")
	return c
}

// remaining says what becomes of the namespaces that a grant leaves behind.
func remaining(remains string) string {
	switch cluster.Remains(remains) {
	case cluster.Leave:
		return " The namespaces of its projects stay there as they are."
	case cluster.CleanUp:
		return " The namespaces of its projects there are being removed."
	case cluster.Refuse: // there were none
	}
	return ""
}

func grantRows(t *table, grants ...api.Grant) {
	t.row("GROUP", "PATH", "AGE")
	for _, g := range grants {
		t.row(g.GroupID, g.Group, age(g.CreatedAt))
	}
}
