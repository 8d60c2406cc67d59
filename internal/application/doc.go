// Package application owns cluster applications: the catalog of what can be
// installed, what is installed on each cluster, and the operations that
// install, upgrade and uninstall it, each with steps, a log and a verdict.
//
// It leaves the install pod, its rights and its log stream to the adapter that
// implements Runner, and Helm itself to the program inside that pod.
package application
