package storetest_test

import (
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

// PostgreSQL takes no NUL and nothing that is not UTF-8. Whoever sends such a
// text made a mistake, or there is no such thing; the server has not failed.
func TestTextsThatAreNone(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			page := tenant.Page{Limit: 10}
			for what, ask := range map[string]func(text string) error{
				"a username": func(text string) error { _, err := w.Auth().UserByName(ctx, text); return err },
				"a search for users": func(text string) error {
					_, err := w.Auth().Users(ctx, auth.UserQuery{Kind: auth.Person, Search: text, Limit: 10}, true)
					return err
				},
				"a group":   func(text string) error { _, err := w.tenants.Group(ctx, text); return err },
				"a project": func(text string) error { _, err := w.tenants.Project(ctx, "acme/"+text); return err },
				"a search for projects": func(text string) error {
					_, err := w.tenants.Projects(ctx, tenant.Viewer{All: true}, tenant.ProjectQuery{Search: text, Page: page})
					return err
				},
				"an environment": func(text string) error { _, err := w.tenants.Environment(ctx, w.project.ID, text); return err },
				"a cluster":      func(text string) error { _, err := w.Clusters().ClustersByName(ctx, text); return err },
				"a new token": func(text string) error {
					return w.Auth().Atomically(ctx, func(tx auth.Tx) error {
						_, err := tx.InsertToken(ctx, auth.Token{Kind: auth.Personal, UserID: auth.AdministratorID, Name: text}, []byte(text))
						return err
					})
				},
			} {
				for _, text := range []string{"a\x00b", "a\xffb"} {
					switch code := apperr.CodeOf(ask(text)); code {
					case "", apperr.NotFound, apperr.ValidationFailed:
					default:
						t.Errorf("%s called %q: %s", what, text, code)
					}
				}
			}
		})
	}
}
