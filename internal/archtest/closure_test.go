package archtest

import (
	"slices"
	"strings"
	"testing"
)

// closureRule keeps something out of everything that a package depends on.
type closureRule struct {
	packages  []string
	forbidden []string // import paths; one that ends in a slash stands for all below it
	reason    string
}

func closureRules() []closureRule {
	return []closureRule{
		{
			packages:  []string{"web", "api", "gitlabapi"},
			forbidden: []string{"k8s.io/", "sigs.k8s.io/", "github.com/aws/", "database/sql", "os/exec"},
			reason:    "no call to a cluster, a cloud or a database driver can happen inside a request",
		},
		{
			packages:  []string{"cli", "demo"},
			forbidden: []string{"k8s.io/", "sigs.k8s.io/", "github.com/aws/", "database/sql"},
			reason:    "they know the program by its API, as everybody does",
		},
		{
			packages: domainOrder(),
			forbidden: []string{
				"k8s.io/", "sigs.k8s.io/", "github.com/aws/", "database/sql", "github.com/riverqueue/", "github.com/jackc/", "modernc.org/",
				"os/exec",
			},
			reason: "a domain decides, and declares what it needs of the world",
		},
		{
			packages:  []string{"apperr", "config", "egress", "event", "fault", "secret", "telemetry", "work"},
			forbidden: []string{"k8s.io/", "github.com/aws/", "database/sql", "github.com/prometheus/client_golang/prometheus/collectors"},
			reason:    "every package that uses a leaf would carry it",
		},
		{
			packages:  []string{"manifest"},
			forbidden: []string{"k8s.io/client-go/", "database/sql"},
			reason:    "objects are built by pure functions",
		},
		{
			packages:  []string{"kube", "installpod", "manifest"},
			forbidden: []string{"k8s.io/client-go/tools/clientcmd", "k8s.io/client-go/tools/remotecommand", "k8s.io/client-go/tools/portforward"},
			reason:    "they read files, start programs, follow proxies or upgrade connections as a cluster's owner wishes",
		},
	}
}

func TestClosuresHoldNothingForbidden(t *testing.T) {
	t.Parallel()
	for _, pkg := range program(t).ours {
		name := strings.TrimPrefix(pkg.name, "internal/")
		for _, rule := range closureRules() {
			if !slices.Contains(rule.packages, name) {
				continue
			}
			for _, dependency := range pkg.Deps {
				if forbids(rule.forbidden, dependency) {
					t.Errorf("%s depends on %s, but %s", pkg.name, dependency, rule.reason)
				}
			}
		}
	}
}

func TestEgressAndApperrNeedTheStandardLibraryOnly(t *testing.T) {
	t.Parallel()
	for _, pkg := range program(t).ours {
		if pkg.name != "internal/egress" && pkg.name != "internal/apperr" {
			continue
		}
		for _, dependency := range pkg.Deps {
			if first, _, _ := strings.Cut(dependency, "/"); strings.Contains(first, ".") {
				t.Errorf("%s depends on %s", pkg.name, dependency)
			}
		}
	}
}

// forbids reports whether one of the rules covers the import path.
func forbids(rules []string, importPath string) bool {
	return slices.ContainsFunc(rules, func(rule string) bool {
		return importPath == rule || (strings.HasSuffix(rule, "/") && strings.HasPrefix(importPath, rule))
	})
}

func TestForbids(t *testing.T) {
	t.Parallel()
	rules := []string{"k8s.io/", "database/sql"}
	tests := map[string]bool{
		"k8s.io/api/core/v1":  true,
		"sigs.k8s.io/yaml":    false,
		"database/sql":        true,
		"database/sql/driver": false, // holds interfaces only
	}
	for importPath, want := range tests {
		if got := forbids(rules, importPath); got != want {
			t.Errorf("forbids(%s) = %t, want %t", importPath, got, want)
		}
	}
}
