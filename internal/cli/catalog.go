package cli

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/application"
)

func (r *run) catalog() *cobra.Command {
	return group("catalog", "The catalog: what can be installed on clusters",
		r.catalogList(), r.catalogShow(), r.catalogSet(), r.catalogRemove())
}

func (r *run) catalogList() *cobra.Command {
	return r.remote("list", "List the catalog", cobra.NoArgs, func(ctx context.Context, c *call, _ []string) error {
		return c.catalog(ctx)
	})
}

func (c *call) catalog(ctx context.Context) error {
	found, err := get[api.Items[api.CatalogEntry]](ctx, c.client, "/catalog")
	if err != nil {
		return err
	}
	return c.out.show(found, func(t *table) {
		t.row("NAME", "VERSION", "RIGHTS", "NAMESPACE", "VERIFIED", "ORIGIN", "DESCRIPTION")
		for _, e := range found.Items {
			t.row(e.Name, e.Version, e.Rights.Level, e.Namespace, e.Verified, e.Origin, e.Description)
		}
	})
}

func (r *run) catalogShow() *cobra.Command {
	return r.remote("show NAME", "Show an entry of the catalog", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			e, err := get[api.CatalogEntry](ctx, c.client, path("catalog", args[0]))
			if err != nil {
				return err
			}
			return c.showEntry(e)
		})
}

func (c *call) showEntry(e api.CatalogEntry) error {
	return c.out.show(e, func(t *table) {
		t.row("entry", e.Name+"  "+e.Title)
		t.row("description", e.Description)
		t.row("origin", e.Origin)
		t.row("chart", e.Repository+" "+e.Chart+" "+e.Version)
		t.row("namespace", e.Namespace+"  "+e.PodSecurity)
		t.row("rights", e.Rights.Level)
		t.row("verified", e.Verified)
	})
}

func (r *run) catalogSet() *cobra.Command {
	file := ""
	c := r.remote("set", "Store an entry of the catalog on the server", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			text, err := readFile(file, c.in)
			if err != nil {
				return err
			}
			wanted, err := application.ParseEntry(text)
			if err != nil {
				return err
			}
			stored, err := request[api.CatalogEntry](ctx, c.client, http.MethodPut, path("catalog", wanted.Name), yamlText(text))
			if err != nil {
				return err
			}
			return c.showEntry(stored)
		})
	c.Long = "Stores an entry in the catalog format. It can be installed at once, and hides a built-in entry or one of the\n" +
		"server's folder of the same name. What is installed stays as it is until it is upgraded."
	c.Flags().StringVarP(&file, "file", "f", "", "the entry, - for the standard input")
	_ = c.MarkFlagRequired("file") // the flag is there
	return c
}

func (r *run) catalogRemove() *cobra.Command {
	return r.remote("remove NAME", "Remove a stored entry, and uncover what it hides", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			return c.end(ctx, path("catalog", args[0]), "The stored entry "+args[0]+" is removed.")
		})
}
