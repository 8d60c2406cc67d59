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

// Name returns the name of the namespace of a project's environment,
// `<project path>-<project id>-<environment slug>`, with the project's path cut
// so that the whole fits. The rule is the predecessor's; the id keeps two
// projects apart, so cutting cannot make two names equal.
func Name(project tenant.Project, environment tenant.Environment) string {
	path := project.Path[strings.LastIndexByte(project.Path, '/')+1:]
	suffix := fmt.Sprintf("-%d-%s", project.ID, environment.Slug)
	path = notLabel.ReplaceAllString(strings.ToLower(path), "-")
	path = strings.TrimLeft(path[:min(len(path), maxNamespace-len(suffix))], "-")
	return strings.TrimLeft(path+suffix, "-")
}

// checkReserved refuses names that belong to the cluster or to us.
func checkReserved(name string) error {
	switch {
	case name == cluster.ManagedApps, name == cluster.Account, name == "default",
		strings.HasPrefix(name, "kube-"), strings.HasPrefix(name, "openshift-"):
		return apperr.Of(apperr.NamespaceReserved)
	}
	return nil
}

// ServiceAccountName returns the name of a namespace's service account.
func ServiceAccountName(namespace string) string { return namespace + "-service-account" }
