//go:build !race

package cluster

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Files in the folder of a cluster. They are all that a new start removes
// there, so a folder given by mistake loses nothing else.
const (
	fileLock       = "lock"
	fileKubeconfig = "kubeconfig"
	fileCA         = "ca.crt"
	fileCharts     = "charts.json"
	dirPods        = "pods"
	logAgent       = "devcluster.log"
	logComponents  = "control-plane.log"
)

// dir is the folder of one running cluster.
type dir struct {
	path string
	lock *os.File
}

// openDir takes the folder for this process and clears away what a previous
// cluster left.
func openDir(path string) (*dir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the folder: %w", err)
	}
	if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // its secrets are in folders of mode 0700
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, fileLock), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	d := &dir{path: path, lock: lock}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		d.close()
		return nil, fmt.Errorf("another devcluster runs in %s: %w", path, err)
	}
	for _, name := range []string{
		fileKubeconfig, fileCA, fileCharts, dirPods, "etcd", "pki",
		logAgent, logComponents, "etcd.log",
	} {
		if err := os.RemoveAll(d.file(name)); err != nil {
			d.close()
			return nil, fmt.Errorf("remove the previous cluster: %w", err)
		}
	}
	return d, nil
}

func (d *dir) file(name string) string { return filepath.Join(d.path, name) }

// close lets another process take the folder.
func (d *dir) close() { _ = d.lock.Close() }
