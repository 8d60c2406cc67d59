// Package stage runs the product's programs as processes on loopback: for the
// demo, and for tests that see the product only from outside.
//
// It owns starting, waiting until ready and stopping in order, and finding
// free addresses. What is done on the stage is its users' business.
package stage
