package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// logPoll is how often a followed log is looked at: it is a file, so there is nothing to wait on.
const logPoll = 200 * time.Millisecond

func (r *run) log() *cobra.Command {
	return group("log", "Read the logs that a worker keeps in its data folder", r.logKubernetes())
}

func (r *run) logKubernetes() *cobra.Command {
	output, cluster, since, follow := formatTable, "", time.Duration(0), false
	var only logFilter
	c := r.command("kubernetes", "Read what was called in clusters, and how it went", cobra.NoArgs,
		func(c *cobra.Command, _ []string) error {
			settings, err := r.settings(c)
			if err != nil {
				return err
			}
			if output == formatYAML {
				return usageError("use table or json")
			}
			if only.cluster, err = r.clusterID(c.Context(), settings, cluster); err != nil {
				return err
			}
			if since > 0 {
				only.since = time.Now().Add(-since)
			}
			return r.readLog(c.Context(), settings.DataDir, only, follow, &printer{r.Out, output})
		})
	c.Long = "Reads kubernetes.log and its older files in the data folder of a worker on this machine, also while it runs, and\n" +
		"says each line in plain words. -o json prints the lines as they are. The correlation of a line leads to all others\n" +
		"that the same request caused; answers of the API carry it as X-Request-Id."
	c.Flags().VarP(&output, "output", "o", "how to print a line: table or json")
	c.Flags().StringVar(&cluster, "cluster", "", "only lines about this cluster, by id or name")
	c.Flags().StringVarP(&only.namespace, "namespace", "n", "", "only lines about this namespace")
	c.Flags().StringVar(&only.code, "code", "", "only lines with this error code")
	c.Flags().BoolVar(&only.failures, "failures", false, "only lines about failures")
	c.Flags().StringVar(&only.correlation, "correlation", "", "only lines with this correlation")
	c.Flags().DurationVar(&since, "since", 0, "only lines of this last span, such as 1h")
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with new lines until interrupted")
	config.Flags(c.Flags())
	return c
}

// clusterID finds the id of a cluster. A number is taken as it is: the log also tells of clusters that are gone.
func (r *run) clusterID(ctx context.Context, settings config.Config, idOrName string) (int64, error) {
	if idOrName == "" {
		return 0, nil
	}
	if id, err := strconv.ParseInt(idOrName, 10, 64); err == nil {
		return id, nil
	}
	return r.Program.ClusterID(ctx, settings, idOrName)
}

// readLog prints the lines that pass the filter.
func (r *run) readLog(ctx context.Context, dir string, only logFilter, follow bool, out *printer) error {
	log, err := telemetry.OpenLogReader(dir, only.since)
	if errors.Is(err, fs.ErrNotExist) {
		return apperr.Wrap(err, apperr.NotFound, "There is no kubernetes.log in "+dir+".",
			"Give the data folder of a worker with --data-dir, on the machine where it runs.")
	}
	if err != nil {
		return err
	}
	defer log.Close()
	tick := time.NewTicker(logPoll)
	defer tick.Stop()
	for {
		if err := printLog(log, only, out); err != nil || !follow {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// printLog prints what is written so far.
func printLog(log *telemetry.LogReader, only logFilter, out *printer) error {
	for {
		text, err := log.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line := readLogLine(text)
		if !only.passes(line) {
			continue
		}
		said := string(text)
		if out.format == formatTable {
			said = line.words()
		}
		if err := out.text(said + "\n"); err != nil {
			return err
		}
	}
}
