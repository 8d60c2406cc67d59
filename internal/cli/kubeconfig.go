package cli

import (
	"context"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
)

func (r *run) kubeconfig() *cobra.Command {
	var at place
	lifetime := time.Hour
	c := r.remote("kubeconfig", "Print a short-lived kubeconfig for the namespace of an environment", cobra.NoArgs,
		func(ctx context.Context, c *call, _ []string) error {
			wanted := api.NewKubeconfig{LifetimeSeconds: int64(lifetime / time.Second)}
			made, err := request[api.Kubeconfig](ctx, c.client, http.MethodPost, at.path("kubeconfig"), wanted)
			if err != nil {
				return err
			}
			if c.out.format != formatTable {
				return c.out.show(made, nil)
			}
			return c.out.text(made.Kubeconfig)
		})
	c.Long = "Prints a kubeconfig that works in one namespace until its token ends:\n\n" +
		"  roadstead kubeconfig --project acme/shop --environment production > shop.kubeconfig\n" +
		"  kubectl --kubeconfig shop.kubeconfig get pods"
	at.flags(c)
	c.Flags().DurationVar(&lifetime, "lifetime", lifetime, "how long the token lives, from 10m to 24h")
	return c
}
