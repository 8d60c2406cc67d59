// Package installpod runs the operations of cluster applications by install
// pods: one-off pods that run the installer with rights that exist only while
// they do.
//
// It owns which objects are written and deleted, in which order, and whose they
// are. How an object looks is manifest's, how a cluster is called is kube's, and
// when to do what, and what it means, is the application domain's.
//
// Everything an operation makes for itself carries the operation's token in its
// name and labels and this installation's mark as its owner. Objects without
// that mark are never changed nor deleted.
package installpod
