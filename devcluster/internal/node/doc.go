// Package node is the node agent: it registers the nodes, keeps their leases,
// lives the pods that are bound to them, and answers for their kubelets.
//
// One agent serves all nodes, with one watch on pods, one queue of pods that
// are due and a fixed number of workers. How a pod lives is decided in package
// pod, what its containers are by a pod.Runtime.
package node
