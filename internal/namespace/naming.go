package namespace

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/tenant"
)

// maxNamespace is the longest name of a namespace: a DNS label.
const maxNamespace = 63

var notLabel = regexp.MustCompile(`[^-a-z0-9]`)

// Name returns the name of a namespace in a cluster. The rule is the
// predecessor's: `<project path>-<project id>-<environment slug>`, with the
// cluster's own word in place of path and id where it has one, and without the
// slug where environments share a namespace. What comes first is cut so that
// the whole fits; the id keeps two projects apart, so cutting cannot make two
// names equal.
func Name(home cluster.Cluster, project tenant.Project, environment tenant.Environment) string {
	word, suffix := home.Platform.Namespace, ""
	if home.NamespacePerEnvironment && (home.Managed || word == "") {
		suffix = "-" + environment.Slug
	}
	if word == "" {
		path := project.Path[strings.LastIndexByte(project.Path, '/')+1:]
		word, suffix = notLabel.ReplaceAllString(strings.ToLower(path), "-"), fmt.Sprintf("-%d%s", project.ID, suffix)
	}
	word = strings.TrimLeft(word[:min(len(word), maxNamespace-len(suffix))], "-")
	return strings.TrimLeft(word+suffix, "-")
}

// checkReserved refuses names that belong to the cluster or to us.
func checkReserved(name string) error {
	if cluster.Reserved(name) {
		return apperr.Of(apperr.NamespaceReserved)
	}
	return nil
}

// ServiceAccountName returns the name of a namespace's service account.
func ServiceAccountName(namespace string) string { return namespace + "-service-account" }
