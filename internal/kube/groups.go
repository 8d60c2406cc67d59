package kube

import "slices"

// group is one supported API group. Adding a group is one line in supported.
type group struct {
	name     string
	versions []string // that we can read, the preferred one first
	builtin  bool     // part of Kubernetes itself: spoken in protobuf, and in the scheme of client-go
}

// core is the group without a name.
const core = ""

// supported is the closed list of API groups that may be called. A request to anything else is refused in the
// transport, whoever made it.
var supported = [...]group{
	{core, []string{"v1"}, true},
	{"rbac.authorization.k8s.io", []string{"v1"}, true},
	{"apps", []string{"v1"}, true},
	{"batch", []string{"v1"}, true},
	{"networking.k8s.io", []string{"v1"}, true},
	{"authentication.k8s.io", []string{"v1"}, true},
	{"authorization.k8s.io", []string{"v1"}, true},
	{"coordination.k8s.io", []string{"v1"}, true},
	{"policy", []string{"v1"}, true},
	{"autoscaling", []string{"v2"}, true},
	{"discovery.k8s.io", []string{"v1"}, true},
	{"storage.k8s.io", []string{"v1"}, true},
	{"admissionregistration.k8s.io", []string{"v1"}, true},
	{"apiextensions.k8s.io", []string{"v1"}, false},
	{"apiregistration.k8s.io", []string{"v1"}, false},
	{"metrics.k8s.io", []string{"v1beta1"}, false},
	{"serving.knative.dev", []string{"v1"}, false},
	{"networking.istio.io", []string{"v1", "v1beta1"}, false},
	{"gateway.networking.k8s.io", []string{"v1", "v1beta1"}, false},
}

// methods are the HTTP methods that may be used on an object or a list of a supported group. There is no PUT:
// objects are applied, never replaced from a copy.
var methods = [...]string{"GET", "POST", "PATCH", "DELETE"}

// subresources are the parts of an object that may be addressed. Those that turn the API server into a proxy or
// a terminal (proxy, exec, attach, portforward) are not among them.
var subresources = [...]string{"", "status", "scale", "log", "token", "eviction"}

// pages are the paths outside of any group.
var pages = [...]string{"version", "readyz", "livez"}

func findGroup(name string) (group, bool) {
	i := slices.IndexFunc(supported[:], func(g group) bool { return g.name == name })
	if i < 0 {
		return group{}, false
	}
	return supported[i], true
}
