// Package apitest serves the API over domains that live in memory, for tests of the API and of its clients.
//
// Workers are played by goroutines that do at once what real ones do in time. Names choose how things end: a cluster
// whose address holds "dead" does not answer, an application named "broken" fails in a hook, an environment named
// "foreign" finds its namespace taken.
package apitest
