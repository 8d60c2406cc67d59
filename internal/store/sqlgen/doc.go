// Package sqlgen is what sqlc makes of the queries beside the migrations: one
// function for each, alike for SQLite and PostgreSQL. It is not written by hand,
// but for this file, and serves package store alone.
package sqlgen
