// Package manifest turns the domains' plain specs into Kubernetes objects, one
// kind a file. Everything here is a pure function: the same spec gives the same
// object, and nothing is called.
//
// It leaves applying objects to kube, and what they mean to the domains.
package manifest
