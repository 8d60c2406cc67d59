// Package storetest is the test kit of the record store: real databases for
// tests, and the contract suite that both must pass.
//
// A package whose tests need PostgreSQL gives its TestMain to Main, which runs
// one server for the whole test process; each test gets a database of its own.
package storetest
