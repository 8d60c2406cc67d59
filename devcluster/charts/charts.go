// Package charts holds the sources of the sample charts, one folder for each
// chart and version. How they are packaged and served is the business of
// package chartrepo.
package charts

import "embed"

// Files are the sources: <name>/<version>/Chart.yaml and so on.
//
//go:embed all:hook-fails all:kube-system-binding all:never-ready all:platform all:privileged-agent all:web
var Files embed.FS
