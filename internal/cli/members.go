package cli

import (
	"context"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
)

func (r *run) members() *cobra.Command {
	return group("member", "Members of groups and projects, and their roles",
		r.memberList(), r.memberAdd(), r.memberEdit(), r.memberRemove())
}

// home is the group or project that a command is about.
type home struct{ group, project string }

func (h *home) flags(c *cobra.Command) {
	c.Flags().StringVar(&h.group, "group", "", "id or full path of the group")
	c.Flags().StringVar(&h.project, "project", "", "id or full path of the project")
	c.MarkFlagsOneRequired("group", "project")
	c.MarkFlagsMutuallyExclusive("group", "project")
}

// path is where it is, with what is below it.
func (h *home) path(below ...string) string {
	if h.group != "" {
		return path(append([]string{"groups", h.group}, below...)...)
	}
	return path(append([]string{"projects", h.project}, below...)...)
}

func (r *run) memberList() *cobra.Command {
	var at home
	inherited := false
	c := r.remote("list", "List the members of a group or project", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		asked := ""
		if inherited {
			asked = "true"
		}
		found, err := all[api.Member](ctx, c.client, at.path("members")+"?"+query("inherited", asked))
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) { memberRows(t, found.Items...) })
	})
	at.flags(c)
	c.Flags().BoolVar(&inherited, "inherited", false, "with members of the groups above")
	return c
}

func (r *run) memberAdd() *cobra.Command {
	var at home
	var role string
	var days int
	c := r.remote("add USER", "Make a user a member", cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		wanted := api.NewMember{User: args[0], Role: role, ExpiresAt: inDays(days)}
		added, err := request[api.Member](ctx, c.client, http.MethodPost, at.path("members"), wanted)
		if err != nil {
			return err
		}
		return c.out.show(added, func(t *table) { memberRows(t, added) })
	})
	at.flags(c)
	roleFlag(c, &role)
	_ = c.MarkFlagRequired("role")
	c.Flags().IntVar(&days, "days", 0, "for how many days; for good if not given")
	return c
}

func (r *run) memberEdit() *cobra.Command {
	var at home
	var role string
	var days int
	var given func(string) bool
	c := r.remote("edit USER", "Change a member's role or the end of the membership", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted := api.EditMember{Role: role}
			if given("days") {
				wanted.ExpiresAt = new(inDays(days))
			}
			edited, err := request[api.Member](ctx, c.client, http.MethodPatch, at.path("members", args[0]), wanted)
			if err != nil {
				return err
			}
			return c.out.show(edited, func(t *table) { memberRows(t, edited) })
		})
	given = c.Flags().Changed
	at.flags(c)
	roleFlag(c, &role)
	c.Flags().IntVar(&days, "days", 0, "for how many days from now; 0 for good")
	c.MarkFlagsOneRequired("role", "days")
	return c
}

func (r *run) memberRemove() *cobra.Command {
	var at home
	c := r.remote("remove USER", "End a membership", cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		return c.end(ctx, at.path("members", args[0]), args[0]+" is no longer a member.")
	})
	at.flags(c)
	return c
}

// end takes something away, and says that it is done.
func (c *call) end(ctx context.Context, path, done string) error {
	if _, err := c.client.text(ctx, http.MethodDelete, path, nil); err != nil {
		return err
	}
	return c.out.show(struct {
		Done string `json:"done"`
	}{done}, func(t *table) { t.line(done) })
}

func memberRows(t *table, members ...api.Member) {
	t.row("USER", "NAME", "ROLE", "OF", "EXPIRES")
	for _, m := range members {
		t.row(m.Username, m.Name, m.Role, m.Path, date(m.ExpiresAt))
	}
}

func roleFlag(c *cobra.Command, role *string) {
	c.Flags().StringVar(role, "role", "", "guest, reporter, developer, maintainer or owner")
}

// inDays is the time so many days from now; zero for none.
func inDays(days int) time.Time {
	if days == 0 {
		return time.Time{}
	}
	return time.Now().UTC().AddDate(0, 0, days).Truncate(time.Second)
}

// date is a day for people; empty for never.
func date(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.DateOnly)
}
