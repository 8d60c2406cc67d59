package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/config"
)

// settings reads the server's settings. Those that cannot be used are a mistake of the caller.
func (r *run) settings(c *cobra.Command) (config.Config, error) {
	settings, err := config.Load(c.Flags(), r.Environ)
	if err != nil {
		return settings, &settingsError{err}
	}
	return settings, nil
}

func (r *run) serve() *cobra.Command {
	c := r.command("serve", "Run the server", cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		settings, err := r.settings(c)
		if err != nil {
			return err
		}
		return r.Program.Serve(c.Context(), settings)
	})
	c.Long = "Runs the server until it is interrupted. Every flag can also be set in the environment, --data-dir as\n" +
		"ROADSTEAD_DATA_DIR, and in the file that --config names, as data_dir."
	config.Flags(c.Flags())
	return c
}

func (r *run) backup() *cobra.Command {
	c := r.command("backup FILE", "Write the data of a server into a file", cobra.ExactArgs(1),
		func(c *cobra.Command, args []string) error {
			settings, err := r.settings(c)
			if err != nil {
				return err
			}
			if err := r.Program.Backup(c.Context(), settings, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(r.Out, "Wrote %s. The private keys are not in it: keep them apart.\n", args[0])
			return nil
		})
	c.Long = "Writes everything that is kept for good into one file, also while the server runs. The private keys that\n" +
		"open credentials are not part of it."
	config.Flags(c.Flags())
	return c
}

func (r *run) restore() *cobra.Command {
	verify := false
	c := r.command("restore FILE", "Put the data of a backup into an empty data folder", cobra.ExactArgs(1),
		func(c *cobra.Command, args []string) error {
			settings, err := r.settings(c)
			if err != nil {
				return err
			}
			if err := r.Program.Restore(c.Context(), settings, args[0], verify); err != nil {
				return err
			}
			if verify {
				fmt.Fprintf(r.Out, "%s is whole and can be restored.\n", args[0])
				return nil
			}
			fmt.Fprintf(r.Out, "Restored %s into %s.\n", args[0], settings.DataDir)
			return nil
		})
	c.Flags().BoolVar(&verify, "verify", false, "only check that the backup is whole and can be restored")
	config.Flags(c.Flags())
	return c
}

func (r *run) version() *cobra.Command {
	return r.command("version", "Print the version", cobra.NoArgs, func(*cobra.Command, []string) error {
		fmt.Fprintln(r.Out, "roadstead "+r.Version)
		return nil
	})
}
