package cli

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/auth"
)

func (r *run) users() *cobra.Command {
	return group("user", "Users: people, and services with tokens of their own",
		r.userShow(), r.userList(), r.userCreate(),
		r.userEdit("block", "Keep a user out; his tokens and sessions end for good", api.EditUser{State: auth.Blocked}),
		r.userEdit("unblock", "Let a user in again", api.EditUser{State: auth.Active}),
		r.userEdit("promote", "Make a user an administrator of the instance", api.EditUser{Admin: new(true)}),
		r.userEdit("demote", "Make an administrator an ordinary user", api.EditUser{Admin: new(false)}),
		r.userLink(), r.userUnlink())
}

func (r *run) userList() *cobra.Command {
	var search, kind string
	c := r.remote("list", "List users", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		found, err := all[api.User](ctx, c.client, "/users?"+query("search", search, "kind", kind))
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) { userRows(t, found.Items...) })
	})
	c.Flags().StringVar(&search, "search", "", "the beginning of a username or name; for administrators also of an e-mail")
	c.Flags().StringVar(&kind, "kind", "", "person, bot or service")
	return c
}

func (r *run) userCreate() *cobra.Command {
	var wanted api.NewUser
	service := false
	c := r.remote("create USERNAME", "Make a person or a service user", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted.Username, wanted.Kind = args[0], auth.Person
			if service {
				wanted.Kind = auth.ServiceUser
			}
			made, err := request[api.User](ctx, c.client, http.MethodPost, "/users", wanted)
			if err != nil {
				return err
			}
			return c.out.show(made, func(t *table) { userRows(t, made) })
		})
	c.Flags().StringVar(&wanted.Name, "name", "", "name for people; the username if not given")
	c.Flags().StringVar(&wanted.Email, "email", "", "e-mail address")
	c.Flags().BoolVar(&service, "service", false, "for an automation, which calls with tokens")
	return c
}

// userEdit makes a command that changes one thing about a user.
func (r *run) userEdit(verb, short string, wanted api.EditUser) *cobra.Command {
	return r.remote(verb+" USER", short, cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		edited, err := request[api.User](ctx, c.client, http.MethodPatch, path("users", args[0]), wanted)
		if err != nil {
			return err
		}
		return c.out.show(edited, func(t *table) { userRows(t, edited) })
	})
}

func userRows(t *table, users ...api.User) {
	t.row("ID", "USERNAME", "NAME", "KIND", "STATE", "ADMIN", "SIGNED IN")
	for _, u := range users {
		admin := ""
		if u.Admin {
			admin = "yes"
		}
		t.row(u.ID, u.Username, u.Name, u.Kind, u.State, admin, age(u.SignedInAt))
	}
}

func (r *run) sessions() *cobra.Command {
	list := r.remote("list", "List your open sessions", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		found, err := get[api.Items[api.Session]](ctx, c.client, "/user/sessions")
		if err != nil {
			return err
		}
		return c.out.show(found, func(t *table) {
			t.row("ID", "FROM", "AGE", "SEEN")
			for _, s := range found.Items {
				t.row(s.ID, s.IP, age(s.CreatedAt), age(s.SeenAt))
			}
		})
	})
	end := r.remote("close ID", "End one of your sessions", cobra.ExactArgs(1), func(ctx context.Context, c *call, args []string) error {
		return c.end(ctx, path("user", "sessions", args[0]), "Session "+args[0]+" is closed.")
	})
	return group("session", "Your sign-ins in browsers", list, end)
}
