// Package clienttest drives a running server with the Go clients that people have for GitLab: the official one, and the
// older one that it came from. It holds nothing but tests, in a module of its own: the clients bring much along that the
// product has no use for.
package clienttest
