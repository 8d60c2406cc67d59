package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/vault"
)

// Program is the program as its main function puts it together. Serve, Backup and Restore are what the commands of
// these names run. Every field is needed.
type Program struct {
	Version string
	In      io.Reader
	Out     io.Writer
	Err     io.Writer
	// Environ is the environment, as of os.Environ.
	Environ []string

	Serve  func(ctx context.Context, c config.Config) error
	Backup func(ctx context.Context, c config.Config, file string) error
	// Restore with verify only checks that the backup is whole.
	Restore func(ctx context.Context, c config.Config, file string, verify bool) error
	// ExplainURL is what `doctor url` shows: how a server with these settings decides on a URL.
	ExplainURL func(ctx context.Context, c config.Config, url string, schemes []string) (egress.Explanation, error)

	// ClusterID finds the id of a cluster by its name, where a server runs.
	ClusterID func(ctx context.Context, c config.Config, name string) (int64, error)

	// InitSecrets, VerifySecrets and RotateSecrets run what stands behind `secrets`. Note is told what was done.
	InitSecrets   func(c config.Config) error
	VerifySecrets func(ctx context.Context, c config.Config) (vault.Report, error)
	RotateSecrets func(ctx context.Context, c config.Config, step vault.Step, note func(string)) error

	// VerifyAudit compares the audit record with its chain, and with the checkpoints of a file if one is named.
	VerifyAudit func(ctx context.Context, c config.Config, checkpoints string) (audit.Report, error)
}

// Main runs the command that args name and returns the exit code. The end of ctx interrupts it.
func (p *Program) Main(ctx context.Context, args []string) int {
	run := &run{Program: p}
	root := run.root() //nolint:contextcheck // cobra hands ctx to the command
	root.SetArgs(args)
	return run.report(ctx, root.ExecuteContext(ctx))
}

// run is one run of the program.
type run struct {
	*Program
	// began says that the command line was understood, so that errors are no longer about it.
	began bool
}

func (r *run) root() *cobra.Command {
	root := group("roadstead", "Attach Kubernetes clusters, give projects namespaces, install applications, see what runs",
		r.serve(), r.backup(), r.restore(), r.secrets(), r.version(),
		r.groups(), r.projects(), r.environments(), r.members(), r.users(), r.tokens(), r.sessions(), r.instanceSettings(), r.search(),
		r.clusters(), r.eks(), r.namespaces(), r.apps(), r.catalog(), r.pods(), r.kubeconfig(), r.doctor(), r.log(), r.audit(),
		r.apply(), r.importing(),
	)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetIn(r.In)
	root.SetOut(r.Out)
	root.SetErr(r.Err)
	return root
}

// group makes a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(commands...)
	return c
}

// command makes a command that does something. Errors before do runs are about the command line.
func (r *run) command(
	use, short string, args cobra.PositionalArgs, do func(c *cobra.Command, args []string) error,
) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(c *cobra.Command, args []string) error {
			r.began = true
			return do(c, args)
		},
	}
}
