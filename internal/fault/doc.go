// Package fault marks the instants at which a crash must do no harm: after each
// commit of the store and after each call to a cluster.
//
// In an ordinary build Point does nothing. Built with the tag "fault", the
// process kills itself at the n-th point it passes, where n comes from the
// environment variable ROADSTEAD_FAULT_KILL_AT, and appends the name of each
// point to the file named by ROADSTEAD_FAULT_TRACE. The kill tests use it; no
// release is built that way.
package fault
