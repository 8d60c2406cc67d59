// Package charttest is a test kit: it packs charts from files written in a test and serves them from a
// repository on loopback, with whatever faults a test asks for.
package charttest
