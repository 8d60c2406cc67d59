package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
)

func (r *run) search() *cobra.Command {
	return r.remote("search TEXT", "Search groups, projects and clusters that you see", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			found, err := get[api.Found](ctx, c.client, "/search?"+query("q", args[0]))
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) {
				t.row("KIND", "ID", "NAME")
				for _, g := range found.Groups {
					t.row("group", g.ID, g.Path)
				}
				for _, p := range found.Projects {
					t.row("project", p.ID, p.Path)
				}
				for _, one := range found.Clusters {
					t.row("cluster", one.ID, one.Name)
				}
			})
		})
}
