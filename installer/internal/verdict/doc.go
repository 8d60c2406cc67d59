// Package verdict owns how an operation ended, in words that a program can act on: the JSON document in the
// pod's termination message, the closed set of codes, and the one place where errors of Helm, of the API server
// and of repositories become codes.
//
// The text of an error never enters a verdict; what enters are names of resources, hooks and paths.
package verdict
