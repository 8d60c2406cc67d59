// Package logs is the log of one container run: a Source of timed lines, a
// File that stores what a process writes, and Copy, which answers a request
// for logs the way the kubelet does.
//
// Where a run's log lives and who may read it is the business of others.
package logs
