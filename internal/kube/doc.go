// Package kube is the only door to the clusters' APIs and the only home of client-go. It owns the transport that
// binds a credential to its server, the limits on what a cluster may send, the budget and the breaker of each
// cluster, the list of supported API groups, and the mapping of every failure to a code.
//
// A Clients hands out one Client per registered cluster, made on first use and dropped when the registration
// changes. Client has the few generic operations that the adapters need; the adapters of the domains' interfaces
// live here as well, each in a file of its own. What objects look like is left to package manifest, and when to
// call at all to the domains.
//
// Every error that leaves the package carries a code of apperr. The text of a cluster's answer is in the wrapped
// cause only and reaches nothing but the call log.
package kube
