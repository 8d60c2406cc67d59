// Package logline owns the form of the log of an install pod: one line per event, with its time, a number that
// counts from 1, the step, the state of the step and a quoted message. People read it and programs resume it by
// its numbers.
//
// Helm's own messages pass through a handler made here, which drops what would show manifests or values. Which
// steps there are in which order is decided by package run.
package logline
