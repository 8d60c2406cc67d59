package cli

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/auth"
)

func (r *run) tokens() *cobra.Command {
	return group("token", "Access tokens: your own, and those of groups, projects and services",
		r.tokenList(), r.tokenCreate(), r.tokenRotate(), r.tokenRevoke())
}

func (r *run) tokenList() *cobra.Command {
	var in, project, user string
	c := r.remote("list", "List access tokens, your own if nothing else is named", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			found, err := all[api.Token](ctx, c.client, "/tokens?"+query("group", in, "project", project, "user", user))
			if err != nil {
				return err
			}
			return c.out.show(found, func(t *table) { tokenRows(t, found.Items...) })
		})
	c.Flags().StringVar(&in, "group", "", "those of this group")
	c.Flags().StringVar(&project, "project", "", "those of this project")
	c.Flags().StringVar(&user, "user", "", "those of this user")
	c.MarkFlagsMutuallyExclusive("group", "project", "user")
	return c
}

func (r *run) tokenCreate() *cobra.Command {
	var wanted api.NewToken
	var scopes []string
	var days int
	c := r.remote("create NAME", "Make an access token, which is shown once", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted.Name, wanted.ExpiresAt = args[0], inDays(days)
			for _, scope := range scopes {
				wanted.Scopes = append(wanted.Scopes, auth.Scope(scope))
			}
			return c.fresh(ctx, "/tokens", wanted)
		})
	c.Long = "Makes a token of your own or, with --group, --project or --user, one of a group, a project or a service user.\n" +
		"Administrators make the first token of a person who has no other way to sign in, who then makes one of his own.\n" +
		"It is printed alone on the standard output, so that it can go straight into a file or a secret store."
	f := c.Flags()
	f.StringSliceVar(&scopes, "scopes", []string{"api"}, "api, or read_api to read only")
	f.IntVar(&days, "days", 0, "for how many days, if not for as many as the settings say")
	f.StringVar(&wanted.Group, "group", "", "for this group, as a bot")
	f.StringVar(&wanted.Project, "project", "", "for this project, as a bot")
	f.StringVar(&wanted.User, "user", "", "for this service user, or this person")
	roleFlag(c, &wanted.Role)
	c.MarkFlagsMutuallyExclusive("group", "project", "user")
	return c
}

func (r *run) tokenRotate() *cobra.Command {
	var days int
	c := r.remote("rotate ID", "Give an access token a new secret; the old one ends", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			return c.fresh(ctx, path("tokens", args[0], "rotate"), api.RotateToken{ExpiresAt: inDays(days)})
		})
	c.Flags().IntVar(&days, "days", 0, "for how many days, if not for as many as the settings say")
	return c
}

func (r *run) tokenRevoke() *cobra.Command {
	return r.remote("revoke ID", "Revoke an access token, and those that it made", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			return c.end(ctx, path("tokens", args[0]), "Token "+args[0]+" is revoked.")
		})
}

// fresh shows a token that was made just now: people and pipes get the secret alone.
func (c *call) fresh(ctx context.Context, path string, wanted any) error {
	made, err := request[api.FreshToken](ctx, c.client, http.MethodPost, path, wanted)
	if err != nil {
		return err
	}
	c.progress.done("token", fmt.Sprintf("%d, until %s", made.ID, date(made.ExpiresAt)))
	if c.out.format == formatTable {
		return c.out.text(made.Secret + "\n")
	}
	return c.out.show(made, nil)
}

func tokenRows(t *table, tokens ...api.Token) {
	t.row("ID", "NAME", "KIND", "SCOPES", "ROLE", "EXPIRES", "LAST USED")
	for _, token := range tokens {
		t.row(token.ID, token.Name, token.Kind, token.Scopes, token.Role, date(token.ExpiresAt), age(token.LastUsedAt))
	}
}
