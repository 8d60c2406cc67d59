package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/version"

	"github.com/roadstead/roadstead/internal/apperr"
)

// oldestMinor is the oldest supported version, Kubernetes 1.30: the first with admission policies.
const oldestMinor = 30

// Version is what an API server says of itself.
type Version struct {
	Name     string // such as "v1.37.2"
	Platform string // such as "linux/amd64"
	minor    int
}

// Old reports whether the version is older than the supported ones.
func (v Version) Old() bool { return v.minor < oldestMinor }

// Version asks for the server's version. It is asked even while the breakers are open, so it is what finds out
// whether a cluster is back. An answer of anything but a Kubernetes API server is cluster_bad_response.
func (c *Client) Version(ctx context.Context) (Version, error) {
	body, err := c.page(forced(ctx), "/version")
	if apperr.CodeOf(err) == apperr.ClusterNotFound {
		err = apperr.Of(apperr.ClusterBadResponse).With(err)
	}
	if err != nil {
		return Version{}, fmt.Errorf("asking for the version: %w", err)
	}
	var info version.Info
	if err := json.Unmarshal(body, &info); err != nil {
		return Version{}, fmt.Errorf("asking for the version: %w", badAnswer(err))
	}
	minor, err := strconv.Atoi(strings.TrimRight(info.Minor, "+"))
	if err != nil || info.Major != "1" || !strings.HasPrefix(info.GitVersion, "v1.") {
		return Version{}, fmt.Errorf("asking for the version: %w", apperr.Of(apperr.ClusterBadResponse))
	}
	const maxVersion = 64
	return Version{
		Name:     apperr.Clean(info.GitVersion, maxVersion).String(),
		Platform: apperr.Clean(info.Platform, maxVersion).String(),
		minor:    minor,
	}, nil
}

// Ready reports by its error whether the API server considers itself ready.
func (c *Client) Ready(ctx context.Context) error {
	if _, err := c.page(ctx, "/readyz"); err != nil {
		return fmt.Errorf("asking whether the API server is ready: %w", err)
	}
	return nil
}
