package cli

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
)

func (r *run) groups() *cobra.Command {
	return group("group", "Groups, which hold projects and other groups",
		r.groupCreate(), r.groupList(), r.groupShow(), r.groupEdit(), r.groupDelete())
}

func (r *run) groupCreate() *cobra.Command {
	var wanted api.NewPath
	c := r.remote("create PATH", "Create a group", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted.Path = args[0]
			made, err := request[api.Group](ctx, c.client, http.MethodPost, "/groups", wanted)
			if err != nil {
				return err
			}
			return c.out.show(made, func(t *table) { groupRows(t, made) })
		})
	newPathFlags(c, &wanted)
	return c
}

func (r *run) groupList() *cobra.Command {
	var search, parent string
	c := r.remote("list", "List the groups that you see", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		found, err := all[api.Group](ctx, c.client, "/groups?"+query("search", search, "parent", parent))
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) { groupRows(t, found.Items...) })
	})
	c.Flags().StringVar(&search, "search", "", "a part of the name or path")
	c.Flags().StringVar(&parent, "parent", "", "only the groups in this one")
	return c
}

func (r *run) groupShow() *cobra.Command {
	return r.remote("show GROUP", "Show a group", cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		found, err := get[api.Group](ctx, c.client, path("groups", args[0]))
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) {
			t.row("group", found.Path)
			t.row("id", found.ID)
			t.row("name", found.Name)
			t.row("description", found.Description)
			t.row("age", age(found.CreatedAt))
		})
	})
}

func (r *run) groupEdit() *cobra.Command {
	return r.editPath("edit GROUP", "Rename or describe a group; what is in it moves along", "groups",
		func(ctx context.Context, c *call, at string, wanted api.EditPath) error {
			edited, err := request[api.Group](ctx, c.client, http.MethodPatch, at, wanted)
			if err != nil {
				return err
			}
			return c.out.show(edited, func(t *table) { groupRows(t, edited) })
		})
}

func (r *run) groupDelete() *cobra.Command {
	return r.remote("delete GROUP", "Delete an empty group", cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		gone, err := request[api.Group](ctx, c.client, http.MethodDelete, path("groups", args[0]), nil)
		if err != nil {
			return err
		}
		return c.out.show(gone, func(t *table) { t.line("Group " + gone.Path + " is deleted.") })
	})
}

func groupRows(t *table, groups ...api.Group) {
	t.row("ID", "PATH", "NAME", "AGE")
	for _, g := range groups {
		t.row(g.ID, g.Path, g.Name, age(g.CreatedAt))
	}
}

func (r *run) projects() *cobra.Command {
	return group("project", "Projects, whose environments get namespaces",
		r.projectCreate(), r.projectList(), r.projectShow(), r.projectEdit(), r.projectRemove())
}

func (r *run) projectCreate() *cobra.Command {
	var wanted api.NewPath
	c := r.remote("create PATH", "Create a project in its group", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted.Path = args[0]
			made, err := request[api.Project](ctx, c.client, http.MethodPost, "/projects", wanted)
			if err != nil {
				return err
			}
			return c.out.show(made, func(t *table) { projectRows(t, made) })
		})
	newPathFlags(c, &wanted)
	return c
}

func (r *run) projectList() *cobra.Command {
	var search, in string
	c := r.remote("list", "List the projects that you see", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		found, err := all[api.Project](ctx, c.client, "/projects?"+query("search", search, "group", in))
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) { projectRows(t, found.Items...) })
	})
	c.Flags().StringVar(&search, "search", "", "a part of the name or path")
	c.Flags().StringVar(&in, "group", "", "only the projects in this group")
	return c
}

func (r *run) projectShow() *cobra.Command {
	return r.remote("show PROJECT", "Show a project", cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		found, err := get[api.Project](ctx, c.client, path("projects", args[0]))
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) {
			t.row("project", found.Path)
			t.row("id", found.ID)
			t.row("name", found.Name)
			t.row("description", found.Description)
			t.row("age", age(found.CreatedAt))
		})
	})
}

func (r *run) projectEdit() *cobra.Command {
	return r.editPath("edit PROJECT", "Rename or describe a project; its namespaces keep their names", "projects",
		func(ctx context.Context, c *call, at string, wanted api.EditPath) error {
			edited, err := request[api.Project](ctx, c.client, http.MethodPatch, at, wanted)
			if err != nil {
				return err
			}
			return c.out.show(edited, func(t *table) { projectRows(t, edited) })
		})
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
				if err := c.gone(ctx, at, "project/"+strconv.FormatInt(removing.ID, 10)); err != nil {
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

func newPathFlags(c *cobra.Command, wanted *api.NewPath) {
	c.Flags().StringVar(&wanted.Name, "name", "", "name for people; the last part of the path if not given")
	c.Flags().StringVar(&wanted.Description, "description", "", "what it is for")
}

// editPath makes a command that changes what the given flags name of a group or project.
func (r *run) editPath(
	use, short, kind string, do func(ctx context.Context, c *call, at string, wanted api.EditPath) error,
) *cobra.Command {
	var slug, name, description string
	var given func(string) bool
	c := r.remote(use, short, cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		var wanted api.EditPath
		for flag, set := range map[string]func(){
			"path":        func() { wanted.Path = &slug },
			"name":        func() { wanted.Name = &name },
			"description": func() { wanted.Description = &description },
		} {
			if given(flag) {
				set()
			}
		}
		return do(ctx, c, path(kind, args[0]), wanted)
	})
	given = c.Flags().Changed
	c.Flags().StringVar(&slug, "path", "", "new last part of the path")
	c.Flags().StringVar(&name, "name", "", "new name for people")
	c.Flags().StringVar(&description, "description", "", "what it is for")
	c.MarkFlagsOneRequired("path", "name", "description")
	return c
}

// query makes the query of a path from names and values; what is empty is left out.
func query(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values.Encode()
}
