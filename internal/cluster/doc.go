// Package cluster owns registered clusters: at which level they stand, which
// environments they serve and why, to whom they are granted, how to reach them,
// what the last check found, and how a registration begins and ends.
//
// It leaves namespaces, applications and live state to the domains above it,
// and every call to a cluster to the adapter that implements Prober.
package cluster
