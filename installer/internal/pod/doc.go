// Package pod knows where an install pod keeps what it is given: the request, the values, the credential of its
// service account, and the file that becomes its termination message.
//
// What the files hold is read by their owners: request, values, cluster and verdict.
package pod
