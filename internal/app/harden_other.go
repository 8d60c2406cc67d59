//go:build !linux

package app

// harden does nothing here: the server's home is Linux.
func harden() error { return nil }
