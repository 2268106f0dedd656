package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"jaanch/internal/lab"
)

// querier is what both pools and single connections can do.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// proveWriter reads every setting of the writer connection back, and proves the two that cannot be read.
func proveWriter(ctx context.Context, conn querier) error {
	for _, want := range []struct{ pragma, value string }{
		{"journal_mode", "wal"},
		{"synchronous", "2"},
		{"foreign_keys", "1"},
		{"recursive_triggers", "1"},
		{"secure_delete", "1"},
		{"busy_timeout", busyTimeoutMS},
		{"wal_autocheckpoint", "0"},
		{"query_only", "0"},
	} {
		if err := provePragma(ctx, conn, want.pragma, want.value); err != nil {
			return err
		}
	}
	return proveGuards(ctx, conn)
}

// proveReader does the same for a connection of the reader pool.
func proveReader(ctx context.Context, conn querier) error {
	for _, want := range []struct{ pragma, value string }{
		{"journal_mode", "wal"},
		{"query_only", "1"},
		{"busy_timeout", busyTimeoutMS},
	} {
		if err := provePragma(ctx, conn, want.pragma, want.value); err != nil {
			return err
		}
	}
	return proveGuards(ctx, conn)
}

func provePragma(ctx context.Context, conn querier, pragma, want string) error {
	var got string
	if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
		return fmt.Errorf("read back %s: %w", pragma, err)
	}
	if got != want {
		return settingsError(fmt.Sprintf("%s is %s, not %s", pragma, got, want))
	}
	return nil
}

// proveGuards shows that the schema cannot be written as data (defensive), and that a misspelt column is an error and
// not a text (no double-quoted strings).
func proveGuards(ctx context.Context, conn querier) error {
	if _, err := conn.ExecContext(ctx, "PRAGMA writable_schema=1"); err != nil {
		return fmt.Errorf("prove defensive mode: %w", err)
	}
	if err := provePragma(ctx, conn, "writable_schema", "0"); err != nil {
		return err
	}
	var text string
	if err := conn.QueryRowContext(ctx, `SELECT "no_such_column"`).Scan(&text); err == nil {
		return settingsError("double-quoted texts are accepted")
	}
	return nil
}

func settingsError(what string) error {
	return &lab.Error{
		Kind:    lab.KindInternal,
		Code:    "database_settings",
		Message: "The database does not run with the settings that protect it, so it was not opened.",
		Cause:   fmt.Errorf("sqlite settings: %s", what),
	}
}
