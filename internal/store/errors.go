package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/roadstead/roadstead/internal/apperr"
)

// The SQLSTATEs that mean something to us.
const (
	pgUniqueViolation     = "23505"
	pgForeignKeyViolation = "23503"
	pgSerializationFailed = "40001"
	pgDeadlock            = "40P01"
	pgLockNotAvailable    = "55P03"
	pgNotText             = "22021"
	pgNotJSONText         = "22P05"
)

// doing returns nil for nil, else err with what was being done, its meaning
// found by classify. It is the one way by which errors leave the store.
func doing(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, classify(err))...)
}

// classify gives driver errors the code that people see.
func classify(err error) error {
	if _, ok := apperr.From(err); ok {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return apperr.Of(apperr.NotFound).With(err)
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyPostgres(e, err)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return classifySQLite(e, err)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return apperr.Of(apperr.Unavailable).With(err)
	}
	return err
}

func classifyPostgres(e *pgconn.PgError, err error) error {
	switch {
	case e.Code == pgUniqueViolation:
		return apperr.Of(apperr.AlreadyExists).With(err)
	case e.Code == pgForeignKeyViolation:
		return missingParent(err)
	case e.Code == pgNotText, e.Code == pgNotJSONText:
		return apperr.Of(apperr.ValidationFailed).With(err).WithMessage("A text is not UTF-8, or holds a NUL.")
	case transient(err), e.Code == pgLockNotAvailable, strings.HasPrefix(e.Code, "53"), strings.HasPrefix(e.Code, "57"):
		return apperr.Of(apperr.Unavailable).With(err)
	}
	return err
}

func classifySQLite(e *sqlite.Error, err error) error {
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return apperr.Of(apperr.AlreadyExists).With(err)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return missingParent(err)
	}
	switch e.Code() & 0xff { // the primary code, whatever the detail
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY:
		return apperr.Of(apperr.Unavailable).With(err)
	}
	return err
}

// isForeignKey reports whether a row was kept from going or coming by another
// one that it belongs to.
func isForeignKey(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == pgForeignKeyViolation
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
}

// missingParent is the error for a row that belongs to something which is not,
// or no longer, there.
func missingParent(err error) error {
	return apperr.Of(apperr.NotFound).With(err)
}

// transient reports whether the same transaction may well succeed when it is
// run again.
func transient(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == pgSerializationFailed || e.Code == pgDeadlock
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		primary := e.Code() & 0xff
		return primary == sqlite3.SQLITE_BUSY || primary == sqlite3.SQLITE_LOCKED
	}
	return false
}

// affected turns "no row was changed" into what it means.
func affected(rows int64, err error, otherwise error) error {
	if err == nil && rows == 0 {
		return otherwise
	}
	return err
}

// closing closes c after err, and returns both errors.
func closing(c io.Closer, err error) error { return errors.Join(err, c.Close()) }
