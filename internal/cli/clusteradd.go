package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/cluster"
)

// addOptions are the flags of cluster add.
type addOptions struct {
	instance   bool
	group      string
	project    string
	scope      string
	apiURL     string
	caFile     string
	tokenFile  string
	kubeconfig string
	context    string
	own        []string
	draft      bool
	noWait     bool

	settings settings
}

// settings are the flags of a cluster's further settings. Those that are not given leave what they are about.
type settings struct {
	domain, namespace, manager string
	managed, perEnvironment    bool
	given                      func(flag string) bool
}

func (s *settings) flags(c *cobra.Command) {
	f := c.Flags()
	s.given = f.Changed
	f.StringVar(&s.domain, "domain", "", "what the host names of its ingresses end with")
	f.StringVar(&s.namespace, "namespace", "", "in place of the names of a project's namespaces")
	f.StringVar(&s.manager, "management-project", "", "project that it serves before all others")
	f.BoolVar(&s.managed, "managed", true, "whether Roadstead makes the namespaces there")
	f.BoolVar(&s.perEnvironment, "namespace-per-environment", true, "whether every environment has a namespace of its own")
}

// names are the flags by their names.
func (s *settings) names() []string {
	return []string{"domain", "namespace", "management-project", "managed", "namespace-per-environment"}
}

func (s *settings) wanted() (w api.ClusterSettings) {
	if s.given("domain") {
		w.Domain = &s.domain
	}
	if s.given("namespace") {
		w.Namespace = &s.namespace
	}
	if s.given("management-project") {
		w.ManagementProject = &s.manager
	}
	if s.given("managed") {
		w.Managed = &s.managed
	}
	if s.given("namespace-per-environment") {
		w.NamespacePerEnvironment = &s.perEnvironment
	}
	return w
}

func (r *run) clusterAdd() *cobra.Command {
	var o addOptions
	c := r.remote("add NAME", "Attach an existing cluster", cobra.ExactArgs(1),
		func(ctx context.Context, c *call, args []string) error {
			wanted, err := o.cluster(args[0], c.in)
			if err != nil {
				return err
			}
			attached, err := request[api.Cluster](ctx, c.client, http.MethodPost, "/clusters", wanted)
			if err != nil {
				return err
			}
			c.progress.done("attach", fmt.Sprintf("cluster %d", attached.ID))
			if o.noWait {
				return c.out.show(attached, func(t *table) { card(t, attached) })
			}
			attached.Connection = api.Connection{Topic: attached.Connection.Topic}
			return errors.Join(c.swapped(ctx, attached, o.own), c.checked(ctx, attached))
		})
	c.Long = "Attaches a cluster by address, CA and token, or by a kubeconfig, of which only these are read; a kubeconfig\n" +
		"that runs commands or refers to files is refused. The token never leaves the server again. A cluster that\n" +
		"does not answer stays attached and is marked."
	o.flags(c)
	return c
}

// swapped waits for the identity that was asked for along with a cluster.
func (c *call) swapped(ctx context.Context, attached api.Cluster, own []string) error {
	if len(own) == 0 {
		return nil
	}
	i, err := c.adopted(ctx, clusterPath(attached)+"/identity", api.Identity{Topic: attached.Topic})
	if err == nil && i.Error != nil {
		c.progress.fail("identity", reason(i.Error))
		return failed(i.Error)
	}
	return err
}

func (o *addOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.instance, "instance", false, "for every project")
	f.StringVar(&o.group, "group", "", "for the projects of this group and its subgroups")
	f.StringVar(&o.project, "project", "", "for this project")
	f.StringVar(&o.scope, "environment-scope", "*", "environments it serves; * stands for any text")
	f.StringSliceVar(&o.own, "own-identity", nil,
		"swap the token for an account of our own with the rights for these features (default: all of them)")
	f.BoolVar(&o.draft, "draft", false, "only look at it: it serves nobody, and goes after an hour unless it is saved")
	o.settings.flags(c)
	f.Lookup("own-identity").NoOptDefVal = "namespaces,applications,live"
	o.platformFlags(c)
	noWaitFlag(c, &o.noWait)
	c.MarkFlagsOneRequired("instance", "group", "project")
	c.MarkFlagsMutuallyExclusive("instance", "group", "project")
	c.MarkFlagsOneRequired("api-url", "kubeconfig")
	c.MarkFlagsRequiredTogether("api-url", "token-file")
}

// platformFlags are those of address, CA and token.
func (o *addOptions) platformFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.apiURL, "api-url", "", "address of the API server")
	f.StringVar(&o.caFile, "ca-file", "", "PEM file of the API server's CA (default: the system's roots)")
	f.StringVar(&o.tokenFile, "token-file", "", "file of the service account's token, - for the standard input")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "take address, CA and token from this kubeconfig, - for the standard input")
	f.StringVar(&o.context, "context", "", "context of the kubeconfig (default: the current one)")
	for _, flag := range []string{"api-url", "ca-file", "token-file"} {
		c.MarkFlagsMutuallyExclusive("kubeconfig", flag)
	}
	c.MarkFlagsMutuallyExclusive("api-url", "context")
}

// cluster makes the request from the flags and the files that they name.
func (o *addOptions) cluster(name string, stdin io.Reader) (api.NewCluster, error) {
	wanted := api.NewCluster{
		Name: name, Level: o.level(), Group: o.group, Project: o.project, EnvironmentScope: o.scope, APIURL: o.apiURL,
		OwnIdentity: o.own, Draft: o.draft, ClusterSettings: o.settings.wanted(),
	}
	if o.kubeconfig != "" {
		return wanted, o.fromKubeconfig(&wanted, stdin)
	}
	token, err := readFile(o.tokenFile, stdin)
	if err != nil {
		return wanted, err
	}
	wanted.Token = strings.TrimSpace(string(token))
	if o.caFile != "" {
		ca, err := readFile(o.caFile, stdin)
		if err != nil {
			return wanted, err
		}
		wanted.CA = string(ca)
	}
	return wanted, nil
}

func (o *addOptions) level() cluster.Level {
	switch {
	case o.group != "":
		return cluster.Group
	case o.project != "":
		return cluster.Project
	default:
		return cluster.Instance
	}
}

// fromKubeconfig reads the kubeconfig here, so that what else is in it stays on this machine.
func (o *addOptions) fromKubeconfig(wanted *api.NewCluster, stdin io.Reader) error {
	text, err := readFile(o.kubeconfig, stdin)
	if err != nil {
		return err
	}
	platform, token, err := cluster.ParseKubeconfig(text, o.context)
	if err != nil {
		return err
	}
	wanted.APIURL, wanted.CA = platform.APIURL, platform.CAPEM
	token.Reveal(func(b []byte) { wanted.Token = string(b) })
	return nil
}

// readFile reads a file that a flag names; - is the standard input.
func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		text, err := io.ReadAll(stdin)
		if err != nil {
			return nil, fmt.Errorf("read the standard input: %w", err)
		}
		return text, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, usageError(err.Error())
	}
	return text, nil
}
