// Package store is the record store: durable truth in SQLite or PostgreSQL,
// behind the stores that the domains declare.
//
// It owns the schema and its migrations, the two databases' differences,
// transactions with their fencing, retries, notices and jobs, the rows of due
// work and of leases, backups, and the bridge that carries notices between
// processes. It leaves to the domains what a row means, and to the queue that
// is handed in how a job is stored and run.
//
// One set of queries, in queries, serves both databases. Times are stored as
// microseconds since 1970, so they order and compare the same everywhere.
// Reads go to a pool of their own and never wait for a writer.
package store
