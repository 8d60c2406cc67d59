// Package kubetest is the test kit of everything that talks to clusters. It owns two servers: Server, a TLS stub
// with a ready answer for every operation that package kube knows and with hostile answers on request, and
// Devcluster, a real Kubernetes control plane that one test process shares.
//
// Take the real one for what a cluster does, and the stub for what a cluster should not do. Nothing outside of
// tests imports this package.
package kubetest
