package application

import "time"

// RightsLevel says how much a chart may do while it is being installed.
type RightsLevel string

// The rights levels: rules in the release's own namespace; besides these a
// cluster role that a cluster administrator applied; everything.
const (
	RightsNamespaced   RightsLevel = "namespaced"
	RightsCluster      RightsLevel = "cluster"
	RightsClusterAdmin RightsLevel = "cluster-admin"
)

// Rule is a set of rights, in the terms of Kubernetes RBAC.
type Rule struct {
	Groups          []string `yaml:"groups" json:"groups,omitempty"`
	Resources       []string `yaml:"resources" json:"resources,omitempty"`
	Names           []string `yaml:"names" json:"names,omitempty"`
	NonResourceURLs []string `yaml:"nonResourceURLs" json:"non_resource_urls,omitempty"`
	Verbs           []string `yaml:"verbs" json:"verbs"`
}

// Rights are what an entry needs besides Helm's own: keeping its releases in
// Secrets and reading how far the pods are, both in the release's namespace.
type Rights struct {
	Level RightsLevel `yaml:"level" json:"level"`
	// Rules hold in the release's namespace. We grant them.
	Rules []Rule `yaml:"rules" json:"rules,omitempty"`
	// ClusterRules hold everywhere. At the level cluster they make up the
	// cluster role that a cluster administrator applies.
	ClusterRules []Rule `yaml:"clusterRules" json:"cluster_rules,omitempty"`
}

// Entry is one application of the catalog.
type Entry struct {
	Name        string `yaml:"name" json:"name"`
	Title       string `yaml:"title" json:"title"`
	Description string `yaml:"description" json:"description"`
	// Chart is where the chart comes from.
	Chart ChartRef `yaml:"chart" json:"chart"`
	// Namespace is the release's own namespace, PodSecurity its level there.
	Namespace   string `yaml:"namespace" json:"namespace"`
	PodSecurity string `yaml:"podSecurity" json:"pod_security"`
	Rights      Rights `yaml:"rights" json:"rights"`
	// Values are the defaults, as YAML text.
	Values string `yaml:"values" json:"values"`
	// Provides lists what the release gives to the namespaces of projects. Its
	// namespace carries the label roadstead.dev/<what>, which their network
	// policies let in.
	Provides []string `yaml:"provides" json:"provides,omitempty"`
	// Timeout bounds one operation. Zero means 30 minutes; two hours at most.
	Timeout time.Duration `yaml:"timeout" json:"timeout"`
	// Verified says that somebody ran the entry against the real chart.
	Verified bool `yaml:"verified" json:"verified"`
}

// ChartRef names a chart.
type ChartRef struct {
	// Repository is an https, http or oci address.
	Repository string `yaml:"repository" json:"repository"`
	Name       string `yaml:"name" json:"name"`
	Version    string `yaml:"version" json:"version"`
}
