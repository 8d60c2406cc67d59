// Package app is the composition root: it builds everything from the
// configuration, starts it in order and stops it in reverse.
//
// It is the only package that knows both domains and adapters. It decides
// which parts a role gets: the web half never receives the opener of
// credentials nor a client of a cluster.
package app
