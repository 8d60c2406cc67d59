//go:build !race

package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/roadstead/roadstead/devcluster/charts"
	"github.com/roadstead/roadstead/devcluster/internal/chartrepo"
)

// serveCharts serves the sample charts, and writes where for Charts.
func (c *Cluster) serveCharts(ctx context.Context, address string) error {
	archives, err := chartrepo.Package(charts.Files)
	if err != nil {
		return fmt.Errorf("package the sample charts: %w", err)
	}
	listener, err := listenLoopback(ctx, address)
	if err != nil {
		return err
	}
	if c.charts, err = chartrepo.Serve(listener, archives, c.log); err != nil {
		return errors.Join(fmt.Errorf("serve the sample charts: %w", err), listener.Close())
	}
	data, err := json.MarshalIndent(c.charts.Charts(), "", "  ")
	if err != nil {
		return fmt.Errorf("encode the list of charts: %w", err)
	}
	if err := os.WriteFile(c.dir.file(fileCharts), append(data, '\n'), 0o644); err != nil { //nolint:gosec // nothing secret
		return fmt.Errorf("write the list of charts: %w", err)
	}
	return nil
}

// Charts lists the sample charts of the cluster that runs in a folder.
func Charts(dir string) ([]chartrepo.Chart, error) {
	data, err := os.ReadFile(filepath.Join(dir, fileCharts))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no cluster was started in %s: run devcluster up --dir %s", dir, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of charts: %w", err)
	}
	var list []chartrepo.Chart
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("decode the list of charts: %w", err)
	}
	return list, nil
}
