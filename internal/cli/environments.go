package cli

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/tenant"
)

func (r *run) environments() *cobra.Command {
	return group("environment", "Environments, the stages of a project",
		r.environmentCreate(), r.environmentList(), r.environmentEdit(),
		r.environmentDo("stop", "Take an environment out of use: it gets no new credentials", http.MethodPost, "/stop"),
		r.environmentDo("start", "Take a stopped environment into use again", http.MethodPost, "/start"),
		r.environmentDo("delete", "Delete a stopped environment without namespaces", http.MethodDelete, ""))
}

func (r *run) environmentCreate() *cobra.Command {
	var project, tier string
	var wanted api.NewEnvironment
	c := r.remote("create NAME", "Make an environment", cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		wanted.Name, wanted.Tier = args[0], tenant.Tier(tier)
		made, err := request[api.Environment](ctx, c.client, http.MethodPost, path("projects", project, "environments"), wanted)
		if err != nil {
			return err
		}
		return c.out.show(made, func(t *table) { environmentRows(t, made) })
	})
	projectFlag(c, &project)
	c.Flags().StringVar(&tier, "tier", "", "production, staging, testing, development or other; guessed from the name if not given")
	c.Flags().StringVar(&wanted.ExternalURL, "external-url", "", "where what runs there answers")
	return c
}

func (r *run) environmentList() *cobra.Command {
	var project, state string
	c := r.remote("list", "List a project's environments", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		found, err := all[api.Environment](ctx, c.client, path("projects", project, "environments")+"?"+query("state", state))
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) { environmentRows(t, found.Items...) })
	})
	projectFlag(c, &project)
	c.Flags().StringVar(&state, "state", "", "only available or stopped ones")
	return c
}

func (r *run) environmentEdit() *cobra.Command {
	var project, tier, address string
	var given func(string) bool
	c := r.remote("edit NAME", "Change an environment's tier or address", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			var wanted api.EditEnvironment
			if given("tier") {
				wanted.Tier = new(tenant.Tier(tier))
			}
			if given("external-url") {
				wanted.ExternalURL = &address
			}
			at := path("projects", project, "environments", args[0])
			edited, err := request[api.Environment](ctx, c.client, http.MethodPatch, at, wanted)
			if err != nil {
				return err
			}
			return c.out.show(edited, func(t *table) { environmentRows(t, edited) })
		})
	given = c.Flags().Changed
	projectFlag(c, &project)
	c.Flags().StringVar(&tier, "tier", "", "production, staging, testing, development or other")
	c.Flags().StringVar(&address, "external-url", "", "where what runs there answers")
	c.MarkFlagsOneRequired("tier", "external-url")
	return c
}

// environmentDo makes a command that does one thing to an environment.
func (r *run) environmentDo(verb, short, method, below string) *cobra.Command {
	var project string
	c := r.remote(verb+" NAME", short, cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		at := path("projects", project, "environments", args[0]) + below
		changed, err := request[api.Environment](ctx, c.client, method, at, nil)
		if err != nil {
			return err
		}
		return c.out.show(changed, func(t *table) { environmentRows(t, changed) })
	})
	projectFlag(c, &project)
	return c
}

func environmentRows(t *table, environments ...api.Environment) {
	t.row("ID", "NAME", "TIER", "STATE", "ADDRESS", "AGE")
	for _, e := range environments {
		t.row(e.ID, e.Name, e.Tier, e.State, e.ExternalURL, age(e.CreatedAt))
	}
}

func projectFlag(c *cobra.Command, project *string) {
	c.Flags().StringVar(project, "project", "", "id or full path of the project")
	_ = c.MarkFlagRequired("project")
}
