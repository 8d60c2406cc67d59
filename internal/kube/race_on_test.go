//go:build race

package kube_test

// The race detector shadows memory with several times as much of its own, which a measure of the process includes.
const raceFactor = 2
