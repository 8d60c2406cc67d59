// Package controlplane runs etcd, kube-apiserver, kube-controller-manager and
// kube-scheduler inside this process, as the real components with real
// authentication, RBAC and admission.
//
// It owns their keys, kubeconfigs, flags, order of start and stop. It runs no
// nodes: without a node agent pods stay Pending.
//
// The components are entered through their Run and Setup functions, because
// their cobra commands claim the process's signal handler. Their feature gates,
// metrics and klog are process-wide, so one process holds one control plane.
//
// This package, and those that import it, are left out of builds with the race
// detector: it would take ten minutes to compile Kubernetes for it, to find
// races that are not ours. What is ours lies in packages below, and is tested
// with it.
package controlplane
