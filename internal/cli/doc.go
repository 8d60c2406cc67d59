// Package cli owns the commands of the program. Serve, backup, restore, secrets and doctor run what they are given;
// every other command is a client of the JSON API and does nothing that the API cannot do.
//
// # Output
//
// The result goes to the standard output: a table for people, or with -o json|yaml exactly what the API answered.
// Progress and errors go to the standard error, so a result can be piped while its progress is read. On a terminal the
// running step is rewritten in place; elsewhere there is one line for each step that ended. Text that came from a
// cluster is stripped of control characters before it is shown.
//
// # Errors
//
// An error is one line, "roadstead: sentence (code)", and one line "hint: what to do".
//
// # Exit codes
//
// The exit code says what kind of thing went wrong, so that a script can tell a missing object from a server that is
// down. They are listed in exitCodes and in the reference that is generated from it.
package cli
