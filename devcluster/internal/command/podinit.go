//go:build !race

package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/devcluster/internal/podinit"
)

// newPodInit is what devcluster starts itself as, see package podinit.
func newPodInit() *cobra.Command {
	return &cobra.Command{
		Use:    "pod-init",
		Short:  "Become the program of a container (devcluster starts this itself)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := podinit.Main(); err != nil {
				return fmt.Errorf("start a container: %w", err)
			}
			return nil
		},
	}
}
