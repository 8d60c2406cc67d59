//go:build !race

package cluster

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/roadstead/roadstead/devcluster/internal/pod"
	"github.com/roadstead/roadstead/devcluster/internal/process"
	"github.com/roadstead/roadstead/devcluster/internal/simulate"
)

// runtimes chooses who starts a container by its image.
type runtimes struct {
	installer string // a repository
	process   pod.Runtime
	simulated pod.Runtime
}

func (c *Cluster) newRuntimes(ctx context.Context, config Config, client kubernetes.Interface) (runtimes, error) {
	r := runtimes{
		installer: repository(config.InstallerImage),
		process:   process.Missing{}, simulated: simulate.Runtime{},
	}
	if config.InstallerBin == "" {
		return r, nil
	}
	self, err := os.Executable()
	if err != nil {
		return r, fmt.Errorf("find this program: %w", err)
	}
	server, err := url.Parse(c.Server())
	if err != nil {
		return r, fmt.Errorf("parse the API server's address: %w", err)
	}
	r.process, err = process.New(ctx, process.Config{
		Client: client, Dir: c.dir.file(dirPods),
		Program: config.InstallerBin, Self: self,
		APIHost: server.Hostname(), APIPort: server.Port(), Log: c.log,
	})
	if err != nil {
		return r, fmt.Errorf("prepare to run installers: %w", err)
	}
	return r, nil
}

func (r runtimes) choose(container *corev1.Container) pod.Runtime {
	image := repository(container.Image)
	if image != "" && (image == r.installer || strings.HasSuffix(image, "/installer")) {
		return r.process
	}
	return r.simulated
}

// repository is an image with its registry and without its tag, empty if it
// cannot be parsed.
func repository(image string) string {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return ""
	}
	return named.Name()
}
