package cli

import (
	"context"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
)

func (r *run) groups() *cobra.Command {
	var name string
	create := r.remote("create PATH", "Create a group", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			made, err := request[api.Group](ctx, c.client, http.MethodPost, "/groups", api.NewPath{Path: args[0], Name: name})
			if err != nil {
				return err
			}
			return c.out.show(made, func(t *table) { groupRows(t, made) })
		})
	create.Flags().StringVar(&name, "name", "", "name for people; the last part of the path if not given")
	list := r.remote("list", "List groups", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		found, err := all[api.Group](ctx, c.client, "/groups")
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) { groupRows(t, found.Items...) })
	})
	return group("group", "Groups, which hold projects and other groups", create, list)
}

func groupRows(t *table, groups ...api.Group) {
	t.row("ID", "PATH", "NAME", "AGE")
	for _, g := range groups {
		t.row(g.ID, g.Path, g.Name, age(g.CreatedAt))
	}
}

func (r *run) projects() *cobra.Command {
	var name string
	create := r.remote("create PATH", "Create a project in its group", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			made, err := request[api.Project](ctx, c.client, http.MethodPost, "/projects", api.NewPath{Path: args[0], Name: name})
			if err != nil {
				return err
			}
			return c.out.show(made, func(t *table) { projectRows(t, made) })
		})
	create.Flags().StringVar(&name, "name", "", "name for people; the last part of the path if not given")
	list := r.remote("list", "List projects", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		found, err := all[api.Project](ctx, c.client, "/projects")
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) { projectRows(t, found.Items...) })
	})
	return group("project", "Projects, whose environments get namespaces", create, list, r.projectRemove())
}

func (r *run) projectRemove() *cobra.Command {
	noWait := false
	c := r.remote("remove PROJECT", "Take a project's namespaces out of their clusters, then forget it", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			at := path("projects", args[0])
			removing, err := request[api.Project](ctx, c.client, http.MethodDelete, at, nil)
			if err != nil {
				return err
			}
			if !noWait {
				if err := c.gone(ctx, at, "project/"+strconv.FormatInt(removing.ID, 10), "removed"); err != nil {
					return err
				}
			}
			return c.out.show(removing, func(t *table) { t.line("Project " + removing.Path + " is removed.") })
		})
	noWaitFlag(c, &noWait)
	return c
}

func projectRows(t *table, projects ...api.Project) {
	t.row("ID", "PATH", "NAME", "AGE")
	for _, p := range projects {
		t.row(p.ID, p.Path, p.Name, age(p.CreatedAt))
	}
}
