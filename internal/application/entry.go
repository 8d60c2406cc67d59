package application

import "time"

// Origin is where an entry comes from. Each hides those before it of its name.
type Origin string

// The origins: what the program brings along; a file of the operator's folder;
// what an administrator stored.
const (
	BuiltIn Origin = "built_in"
	File    Origin = "file"
	Stored  Origin = "stored"
)

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
	Groups          []string `json:"groups,omitempty"            yaml:"groups"`
	Resources       []string `json:"resources,omitempty"         yaml:"resources"`
	Names           []string `json:"names,omitempty"             yaml:"names"`
	NonResourceURLs []string `json:"non_resource_urls,omitempty" yaml:"nonResourceURLs"`
	Verbs           []string `json:"verbs"                       yaml:"verbs"`
}

// Rights are what an entry needs besides Helm's own: keeping its releases in
// Secrets and reading how far the pods are, both in the release's namespace.
type Rights struct {
	Level RightsLevel `json:"level" yaml:"level"`
	// Rules hold in the release's namespace. We grant them.
	Rules []Rule `json:"rules,omitempty" yaml:"rules"`
	// ClusterRules hold everywhere. At the level cluster they make up the
	// cluster role that a cluster administrator applies.
	ClusterRules []Rule `json:"cluster_rules,omitempty" yaml:"clusterRules"`
}

// Entry is one application of the catalog.
type Entry struct {
	Name        string `json:"name"        yaml:"name"`
	Title       string `json:"title"       yaml:"title"`
	Description string `json:"description" yaml:"description"`
	// Chart is where the chart comes from.
	Chart ChartRef `json:"chart" yaml:"chart"`
	// Namespace is the release's own namespace, PodSecurity its level there.
	Namespace   string `json:"namespace"    yaml:"namespace"`
	PodSecurity string `json:"pod_security" yaml:"podSecurity"`
	Rights      Rights `json:"rights"       yaml:"rights"`
	// Values are the defaults, as YAML text.
	Values string `json:"values" yaml:"values"`
	// Provides lists what the release gives to the namespaces of projects. Its
	// namespace carries the label roadstead.dev/<what>, which their network
	// policies let in.
	Provides []string `json:"provides,omitempty" yaml:"provides"`
	// Timeout bounds one operation. Zero means 30 minutes; two hours at most.
	Timeout time.Duration `json:"timeout" yaml:"timeout"`
	// Verified says that somebody ran the entry against the real chart.
	Verified bool `json:"verified" yaml:"verified"`
	// Origin is known of entries in the catalog, not of those that operations
	// keep.
	Origin Origin `json:"-" yaml:"-"`
}

// ChartRef names a chart.
type ChartRef struct {
	// Repository is an https, http or oci address.
	Repository string `json:"repository" yaml:"repository"`
	Name       string `json:"name"       yaml:"name"`
	Version    string `json:"version"    yaml:"version"`
}
