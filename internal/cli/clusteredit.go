package cli

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
)

// editOptions are the flags of cluster edit. Those that are not given leave what they are about.
type editOptions struct {
	addOptions

	name    string
	enabled bool
	given   func(flag string) bool
}

func (r *run) clusterEdit() *cobra.Command {
	var o editOptions
	c := r.remote("edit CLUSTER", "Change a cluster's name, scope, address, CA or token", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted, err := o.edit(c.in)
			if err != nil {
				return err
			}
			before, err := get[api.Cluster](ctx, c.client, path("clusters", args[0]))
			if err != nil {
				return err
			}
			edited, err := request[api.Cluster](ctx, c.client, http.MethodPatch, clusterPath(before), wanted)
			if err != nil {
				return err
			}
			c.progress.done("edit", "cluster "+edited.Name)
			if o.noWait || wanted.Token == "" {
				return c.out.show(edited, func(t *table) { card(t, edited) })
			}
			edited.Connection = api.Connection{Topic: edited.Connection.Topic}
			return c.checked(ctx, edited)
		})
	c.Long = "Changes what the given flags name. A new address or CA takes the token again, so that nobody gets a stored\n" +
		"token by pointing a cluster at himself. A new token takes the place of the credential in use, an identity\n" +
		"of our own too."
	o.given = c.Flags().Changed
	o.flags(c)
	return c
}

func (o *editOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.name, "name", "", "new name")
	f.BoolVar(&o.enabled, "enabled", true, "whether it serves environments and is looked after")
	f.StringVar(&o.scope, "environment-scope", "*", "environments it serves; * stands for any text")
	o.platformFlags(c)
	o.settings.flags(c)
	noWaitFlag(c, &o.noWait)
	c.MarkFlagsOneRequired(append([]string{
		"name", "enabled", "environment-scope", "api-url", "ca-file", "token-file", "kubeconfig",
	}, o.settings.names()...)...)
}

// edit makes the request from the flags that were given and the files that they name.
func (o *editOptions) edit(stdin io.Reader) (wanted api.EditCluster, err error) {
	wanted.ClusterSettings = o.settings.wanted()
	if o.given("name") {
		wanted.Name = &o.name
	}
	if o.given("environment-scope") {
		wanted.EnvironmentScope = &o.scope
	}
	if o.given("enabled") {
		wanted.Enabled = &o.enabled
	}
	if o.kubeconfig != "" {
		var from api.NewCluster
		err = o.fromKubeconfig(&from, stdin)
		wanted.APIURL, wanted.CA, wanted.Token = &from.APIURL, &from.CA, from.Token
		return wanted, err
	}
	if o.apiURL != "" {
		wanted.APIURL = &o.apiURL
	}
	if o.caFile != "" {
		text, err := readFile(o.caFile, stdin)
		if err != nil {
			return wanted, err
		}
		ca := string(text)
		wanted.CA = &ca
	}
	if o.tokenFile != "" {
		token, err := readFile(o.tokenFile, stdin)
		if err != nil {
			return wanted, err
		}
		wanted.Token = strings.TrimSpace(string(token))
	}
	return wanted, nil
}
