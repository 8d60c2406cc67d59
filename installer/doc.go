// Roadstead-installer is the program inside an install pod. It installs, upgrades or removes one Helm release,
// as the mounted request says, writes what it does to its standard output, one line per event, and leaves its
// verdict in the pod's termination message.
//
// It takes no arguments but "version". It ends with 0 when the operation succeeded, with 1 when it failed, and
// with 2 when there is no readable request. It holds no logic of its own beyond wiring: the steps of an
// operation are in package run.
package main
