//go:build !race

package controlplane

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/embed"
)

const (
	// maxSocketPath is the longest path of a Unix socket on Linux, less the
	// final zero byte.
	maxSocketPath = 107
	// etcdQuota leaves room for benchmarks that churn tens of thousands of
	// objects between two compactions. It is etcd's own suggested maximum.
	etcdQuota = 8 << 30
)

// etcd is the embedded store. It listens on Unix sockets in a folder of ours
// only: anybody who can connect reads every Secret, and loopback has no owner.
type etcd struct {
	server  *embed.Etcd
	sockets string
	client  url.URL
}

func startEtcd(ctx context.Context, dir, logFile string) (*etcd, error) {
	sockets, err := socketFolder(dir)
	if err != nil {
		return nil, err
	}
	e := &etcd{sockets: sockets, client: socketURL(sockets, "client.sock")}
	peer := socketURL(sockets, "peer.sock")
	config := embed.NewConfig()
	config.Dir = filepath.Join(dir, "data")
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{e.client}, []url.URL{e.client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.UnsafeNoFsync = true // the data is thrown away at the next start
	config.QuotaBackendBytes = etcdQuota
	config.LogLevel = "warn"
	config.LogOutputs = []string{logFile}
	if e.server, err = embed.StartEtcd(config); err != nil {
		return nil, fmt.Errorf("start etcd: %w", err)
	}
	select {
	case <-e.server.Server.ReadyNotify():
		return e, nil
	case err := <-e.server.Err():
		return nil, fmt.Errorf("start etcd: %w", err)
	case <-ctx.Done():
		e.stop()
		return nil, fmt.Errorf("wait for etcd: %w", ctx.Err())
	}
}

func (e *etcd) stop() {
	e.server.Close()
	_ = os.RemoveAll(e.sockets)
}

// socketFolder is a private folder whose sockets' paths are short enough.
func socketFolder(dir string) (string, error) {
	folder := filepath.Join(dir, "sockets")
	if len(filepath.Join(folder, "client.sock")) <= maxSocketPath {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return "", fmt.Errorf("make the folder of etcd's sockets: %w", err)
		}
		return folder, nil
	}
	folder, err := os.MkdirTemp("", "devcluster-")
	if err != nil {
		return "", fmt.Errorf("make the folder of etcd's sockets: %w", err)
	}
	return folder, nil
}

func socketURL(folder, name string) url.URL {
	return url.URL{Scheme: "unix", Path: filepath.Join(folder, name)}
}
