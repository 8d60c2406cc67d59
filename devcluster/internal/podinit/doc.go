// Package podinit is the first program of a container that runs as a local
// process. It is devcluster itself, started again in new namespaces: it builds
// the container's file system, gives up its rights, and becomes the container's
// program.
//
// What the file system holds is decided by package process, which writes the
// Plan and starts this program.
package podinit
