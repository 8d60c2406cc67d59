// Package cluster puts a development cluster together: control plane, node
// agent and chart repository in one process, and the files by which others
// find them.
package cluster
