// Package apperr owns what people may be told when something goes wrong: a closed set of codes, each with one
// safe sentence, one hint, an HTTP status and a place in the documentation, and the typed error that carries
// them. It also owns Untrusted, the type of text that a cluster wrote and a person asked to see.
//
// What a cluster, a cloud or a library said stays in the wrapped error: it is reachable by errors.Is and, quoted
// and cut, by the log (see Error.LogValue), and it is never part of Error's text. Which failure deserves which
// code is decided where the failure is understood, for example in package kube.
package apperr
