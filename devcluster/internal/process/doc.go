// Package process is the runtime of pods that really run: a container becomes
// a local process of one program, with the environment, the files, the token
// and the user of its pod. Its exit code, output and termination message are
// those of the container.
//
// Where the system allows it, the process lives in mount and process
// namespaces of its own and finds its files at the pod's paths, in a file
// system that holds little else; package podinit builds that. Elsewhere
// ROADSTEAD_POD_ROOT in its environment is the folder under which the pod's
// paths lie. Either way it shares the host's network, so it reaches services on
// loopback.
//
// Processes end with devcluster, also when that is killed.
package process
