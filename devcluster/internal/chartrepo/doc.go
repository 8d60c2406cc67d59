// Package chartrepo packages the sample charts and serves them on loopback,
// both as a Helm repository over HTTP and as an OCI registry that can only be
// read.
//
// Archives are the same on every start, so a digest that was recorded once
// stays valid.
package chartrepo
