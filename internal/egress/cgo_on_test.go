//go:build cgo && !netgo

package egress_test

// withCgo says that the test program can resolve through the C library.
const withCgo = true
