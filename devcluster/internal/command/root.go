//go:build !race

package command

import (
	"io"

	"github.com/spf13/cobra"
)

// defaultDir is the folder of a cluster for which none is given.
const defaultDir = ".devcluster"

// New is the devcluster command, which writes its results to out.
func New(out io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:           "devcluster",
		Short:         "A real Kubernetes control plane in one process, with simulated nodes",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetOut(out)
	root.AddCommand(newUp(), newCharts(), newPodInit())
	return root
}
