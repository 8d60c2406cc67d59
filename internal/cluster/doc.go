// Package cluster owns registered clusters: at which level they stand, which
// environments they serve, how to reach them, and what the last check found.
//
// It leaves namespaces, applications and live state to the domains above it,
// and every call to a cluster to the adapter that implements Prober.
package cluster
