// Package pod is the life of one pod on a node, as the kubelet lives it: init
// containers in turn, then the others, restarts with back-off, deadline,
// deletion, and the status that tells of all this.
//
// A Lifecycle has no goroutine. Sync moves it to a given time and says when it
// wants to be called again, so ten thousand idle pods cost memory only. What a
// container is made of is the business of a Runtime; fetching and writing pods
// is that of package node.
package pod
