//go:build !race

package command

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/devcluster/internal/chartrepo"
	"github.com/roadstead/roadstead/devcluster/internal/cluster"
)

func newCharts() *cobra.Command {
	var dir, output string
	cmd := &cobra.Command{
		Use:   "charts",
		Short: "List the sample charts and where a running cluster serves them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := cluster.Charts(dir)
			if err != nil {
				return fmt.Errorf("list the charts: %w", err)
			}
			switch output {
			case "table":
				return writeTable(cmd.OutOrStdout(), list)
			case "json":
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				return encoder.Encode(list)
			default:
				return fmt.Errorf("output %q is none of table, json", output)
			}
		},
	}
	cmd.Flags().StringVar(&dir, "dir", defaultDir, "`folder` of the cluster")
	cmd.Flags().StringVarP(&output, "output", "o", "table", "`format`: table or json")
	return cmd
}

func writeTable(out io.Writer, list []chartrepo.Chart) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "NAME\tVERSION\tREPOSITORY\tOCI\tDESCRIPTION")
	for _, c := range list {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", c.Name, c.Version, c.Repository, c.OCI, c.Description)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}
