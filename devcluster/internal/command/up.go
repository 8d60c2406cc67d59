//go:build !race

package command

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/component-base/version"

	"github.com/roadstead/roadstead/devcluster/internal/cluster"
)

const (
	// startTimeout is ten times what a start takes on a small machine.
	startTimeout = time.Minute
	// stopTimeout is what is left for stopping before the process ends anyway.
	stopTimeout = 9 * time.Second
)

func newUp() *cobra.Command {
	config := cluster.Config{Version: version.Get().GitVersion}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start a fresh cluster and run it until SIGINT or SIGTERM",
		Long: "Start a fresh cluster and run it until SIGINT or SIGTERM.\n\n" +
			"The components log into control-plane.log, etcd.log and devcluster.log in the folder; so does a crash.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return up(cmd, config) },
	}
	flags := cmd.Flags()
	flags.StringVar(&config.Dir, "dir", defaultDir,
		"`folder` of kubeconfig, ca.crt, data and logs; a previous cluster in it is replaced")
	flags.StringVar(&config.Listen, "listen", "127.0.0.1:0", "loopback `address` of the API server; port 0 is any free one")
	flags.StringVar(&config.InstallerBin, "installer-bin", "",
		"`program` that containers of installer images run as local processes")
	flags.StringVar(&config.InstallerImage, "installer-image",
		"ghcr.io/roadstead/installer", "installer `image`, whatever its tag, besides all whose path ends in /installer")
	flags.StringVar(&config.ChartsListen, "charts-listen", "127.0.0.1:0",
		"loopback `address` of the chart repository; port 0 is any free one")
	flags.StringVar(&config.TokenWebhook, "authentication-webhook", "",
		"`URL` of a webhook that reviews bearer tokens (TokenReview v1) which are none of the cluster's own")
	flags.IntVar(&config.Nodes, "nodes", 1, "`number` of simulated nodes")
	return cmd
}

func up(cmd *cobra.Command, config cluster.Config) error {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(cmd.Context(), startTimeout)
	defer cancel()
	c, err := cluster.Start(ctx, config)
	if err != nil {
		return fmt.Errorf("start the cluster: %w", err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "devcluster ready: api %s kubeconfig %s charts %s oci %s (%.1f s)\n",
		c.Server(), c.Kubeconfig(), c.ChartsURL(), c.ChartsOCI(), time.Since(begun).Seconds())
	select {
	case <-cmd.Context().Done():
	case <-c.Done():
		err = fmt.Errorf("run the cluster: %w", c.Err())
	}
	ctx, cancel = context.WithTimeout(context.WithoutCancel(cmd.Context()), stopTimeout)
	defer cancel()
	if stopErr := c.Stop(ctx); err == nil && stopErr != nil {
		err = fmt.Errorf("stop the cluster: %w", stopErr)
	}
	return err
}
