// Package cluster owns the connection to the API server of the cluster that the pod runs in: the address from
// the environment, the credential from the mounted files, and the clients that Helm asks for. No kubeconfig, no
// proxy, no redirect, no other credential ever takes part.
//
// What is done with the connection belongs to package release.
package cluster
