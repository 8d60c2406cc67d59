package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Settings of the commands that talk to a server.
const (
	serverSetting = "ROADSTEAD_SERVER"
	tokenSetting  = "ROADSTEAD_TOKEN"
	defaultServer = "http://127.0.0.1:8080"
)

// call is what a command has that talks to a server.
type call struct {
	client   *client
	in       io.Reader
	out      *printer
	progress *progress
}

// remote makes a command that talks to a server.
func (r *run) remote(
	use, short string, args cobra.PositionalArgs, do func(ctx context.Context, c *call, args []string) error,
) *cobra.Command {
	output := formatTable
	server := r.setting(serverSetting, defaultServer)
	command := r.command(use, short, args, func(c *cobra.Command, args []string) error {
		client, err := newClient(server, r.setting(tokenSetting, ""), "roadstead/"+r.Version)
		if err != nil {
			return err
		}
		return do(c.Context(), &call{
			client: client, in: r.In, out: &printer{r.Out, output}, progress: newProgress(r.Err),
		}, args)
	})
	command.Flags().VarP(&output, "output", "o", "how to print the result: table, json or yaml")
	command.Flags().StringVar(&server, "server", server, "address of the server, also "+serverSetting)
	return command
}

// setting reads one variable of the environment.
func (r *run) setting(name, otherwise string) string {
	for _, entry := range r.Environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok && value != "" {
			return value
		}
	}
	return otherwise
}
