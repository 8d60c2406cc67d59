// Package namespace owns the restricted namespace of a project's environment
// on a cluster: its name, the objects it consists of, the state machine that
// puts them there and takes them away, and the short-lived credentials for it.
//
// It leaves how an object looks on the wire to manifest, and applying it to
// the adapter that implements Provisioner.
package namespace
