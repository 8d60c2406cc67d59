package application

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Bounds of an entry.
const (
	// maxName leaves room for the names that are made from an entry's name.
	maxName        = 40
	maxTitle       = 255  // bytes
	maxDescription = 2000 // bytes
	maxNamespace   = 63
	defaultTimeout = 30 * time.Minute
	minTimeout     = 10 * time.Second
	maxTimeout     = 2 * time.Hour
)

// What an entry may provide, and the Pod Security levels of Kubernetes.
const (
	ProvidesIngress    = "ingress"
	ProvidesMonitoring = "monitoring"

	PodSecurityRestricted = "restricted"
	PodSecurityBaseline   = "baseline"
	PodSecurityPrivileged = "privileged"
)

//nolint:gochecknoglobals // constants
var (
	dnsLabel    = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	versionForm = regexp.MustCompile(`^v?[0-9]+(\.[0-9]+){0,2}(-[-.0-9A-Za-z]{1,64})?(\+[-.0-9A-Za-z]{1,64})?$`)
	chartName   = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,127}$`)
)

// Deadline is how long one operation of the entry may take.
func (e Entry) Deadline() time.Duration {
	if e.Timeout == 0 {
		return defaultTimeout
	}
	return e.Timeout
}

// Validate reports the first thing that is wrong with the entry, in an error
// of code validation_failed that names the field.
func (e Entry) Validate() error {
	for _, check := range []func() string{e.wrongSize, e.wrongNames, e.wrongChart, e.wrongRights, e.wrongRun} {
		if wrong := check(); wrong != "" {
			return apperr.New(apperr.ValidationFailed, fmt.Sprintf("The catalog entry %q is wrong: %s.", e.Name, wrong),
				"See the reference of the catalog format.")
		}
	}
	return nil
}

// wrongSize finds what is small only as it is written: a text that aliases
// repeat.
func (e Entry) wrongSize() string {
	size := len(e.Title) + len(e.Description) + len(e.Values)
	for _, rule := range slices.Concat(e.Rights.Rules, e.Rights.ClusterRules) {
		for _, words := range [][]string{rule.Groups, rule.Resources, rule.Names, rule.NonResourceURLs, rule.Verbs} {
			for _, word := range words {
				size += len(word)
			}
		}
	}
	if size > maxEntryFile {
		return "with what its aliases repeat it is larger than 1 MiB"
	}
	return ""
}

func (e Entry) wrongNames() string {
	switch {
	case len(e.Name) > maxName || !dnsLabel.MatchString(e.Name):
		return "name must be a DNS label of at most 40 characters"
	case plain(e.Title) == "":
		return "title is missing"
	case len(e.Title) > maxTitle || len(e.Description) > maxDescription:
		return "title may have 255 bytes and description 2000"
	case len(e.Namespace) > maxNamespace || !dnsLabel.MatchString(e.Namespace):
		return "namespace must be a DNS label"
	case e.Namespace == "default" || strings.HasPrefix(e.Namespace, "kube-"):
		return "namespace must not be one of Kubernetes' own"
	}
	return ""
}

func (e Entry) wrongChart() string {
	switch {
	case !repositoryAddress(e.Chart.Repository):
		return "chart.repository must be an https, http or oci address without credentials"
	case !chartName.MatchString(e.Chart.Name):
		return "chart.name is missing or not a chart's name"
	case !versionForm.MatchString(e.Chart.Version):
		return "chart.version must be one exact version"
	}
	return ""
}

func repositoryAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && slices.Contains([]string{"https", "http", "oci"}, u.Scheme) &&
		u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func (e Entry) wrongRights() string {
	r := e.Rights
	switch {
	case !slices.Contains([]RightsLevel{RightsNamespaced, RightsCluster, RightsClusterAdmin}, r.Level):
		return "rights.level must be namespaced, cluster or cluster-admin"
	case r.Level == RightsClusterAdmin && len(r.Rules)+len(r.ClusterRules) > 0:
		return "rights.rules and rights.clusterRules have no meaning at the level cluster-admin"
	case r.Level != RightsClusterAdmin && len(r.Rules) == 0:
		return "rights.rules are missing"
	case r.Level == RightsNamespaced && len(r.ClusterRules) > 0:
		return "rights.clusterRules need the level cluster"
	case r.Level == RightsCluster && len(r.ClusterRules) == 0:
		return "rights.clusterRules are missing"
	}
	for i, rule := range r.Rules {
		wrong := rule.wrong()
		if len(rule.NonResourceURLs) > 0 {
			wrong = "names URLs, which belong to rights.clusterRules"
		}
		if wrong != "" {
			return fmt.Sprintf("rights.rules[%d] %s", i, wrong)
		}
	}
	for i, rule := range r.ClusterRules {
		if wrong := rule.wrong(); wrong != "" {
			return fmt.Sprintf("rights.clusterRules[%d] %s", i, wrong)
		}
	}
	return ""
}

func (r Rule) wrong() string {
	switch {
	case len(r.Verbs) == 0:
		return "has no verbs"
	case len(r.NonResourceURLs) > 0 && len(r.Resources)+len(r.Groups)+len(r.Names) > 0:
		return "names URLs and resources; make it two rules"
	case len(r.NonResourceURLs) == 0 && (len(r.Resources) == 0 || len(r.Groups) == 0):
		return `needs groups and resources; the core group is ""`
	}
	return ""
}

func (e Entry) wrongRun() string {
	levels := []string{PodSecurityRestricted, PodSecurityBaseline, PodSecurityPrivileged}
	switch {
	case !slices.Contains(levels, e.PodSecurity):
		return "podSecurity must be restricted, baseline or privileged"
	case e.Timeout != 0 && (e.Timeout < minTimeout || e.Timeout > maxTimeout):
		return "timeout must be from 10s to 2h"
	case checkValues([]byte(e.Values)) != nil:
		return "values must be a YAML mapping"
	}
	for _, p := range e.Provides {
		if p != ProvidesIngress && p != ProvidesMonitoring {
			return "provides may list ingress and monitoring"
		}
	}
	return ""
}
