package cli

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/auth"
)

func (r *run) userLink() *cobra.Command {
	var wanted api.NewLink
	c := r.remote("link USER", "Let a user in by an identity at the sign-in provider", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			made, err := request[api.Link](ctx, c.client, http.MethodPost, path("users", args[0], "identities"), wanted)
			if err != nil {
				return err
			}
			return c.out.show(made, func(t *table) { linkRows(t, made) })
		})
	linkFlags(c, &wanted)
	return c
}

func (r *run) userUnlink() *cobra.Command {
	var known api.NewLink
	c := r.remote("unlink USER", "Take an identity from a user; the sessions that came by it end", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			at := path("users", args[0], "identities") + "?" + query("issuer", known.Issuer, "subject", known.Subject)
			return c.end(ctx, at, "User "+args[0]+" does not come in by that identity any more.")
		})
	linkFlags(c, &known)
	return c
}

func linkFlags(c *cobra.Command, l *api.NewLink) {
	c.Flags().StringVar(&l.Subject, "subject", "", "the claim sub at the provider, to the letter")
	c.Flags().StringVar(&l.Issuer, "issuer", "", "the provider; that of the server if not given")
	_ = c.MarkFlagRequired("subject")
}

// shownUser is a user with what he signs in by, where his reader may know that.
type shownUser struct {
	api.User

	TokenID    int64        `json:"token_id,omitempty"`
	Scopes     []auth.Scope `json:"scopes,omitempty"`
	Identities []api.Link   `json:"identities,omitempty"`
}

func (r *run) userShow() *cobra.Command {
	return r.remote("show [USER]", "Show a user, yourself if none is named", cobra.MaximumNArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			at := "/user"
			if len(args) > 0 {
				at = path("users", args[0])
			}
			shown, err := get[shownUser](ctx, c.client, at)
			if err != nil {
				return err
			}
			if shown.State != "" { // told to administrators and the user himself
				links, err := get[api.Items[api.Link]](ctx, c.client, path("users", shown.Username, "identities"))
				if err != nil {
					return err
				}
				shown.Identities = links.Items
			}
			return c.out.show(shown, func(t *table) {
				userRows(t, shown.User)
				if len(shown.Identities) > 0 {
					t.line("")
					linkRows(t, shown.Identities...)
				}
			})
		})
}

func linkRows(t *table, links ...api.Link) {
	t.row("ISSUER", "SUBJECT", "AGE")
	for _, l := range links {
		t.row(l.Issuer, l.Subject, age(l.CreatedAt))
	}
}
