// Package fault marks the instants at which a crash must do no harm: after each
// commit of the store and after each call to a cluster.
//
// In an ordinary build Point does nothing. Built with the tag "fault", the
// process looks into the folder named by ROADSTEAD_FAULT_DIR: once that holds a
// file "arm" with a number n, the process appends the name of each point it
// passes to the file "trace" and kills itself at the n-th, or at none when n is
// zero. The kill tests use it; no release is built that way.
package fault
