// Package archtest holds the layers of the program as tests: who may import whom, what may be in the closure of whom, which
// library lives where, and how large and how stateful source may be.
//
// It owns the tables of these rules and no production code. A deviation is a line in a table here and a record in docs/adr.
// The linter checks direct imports while one types; these tests see whole closures and every module.
package archtest
