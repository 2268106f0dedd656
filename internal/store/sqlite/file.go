package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite/queries"
)

// Inspect runs fn on one snapshot of a database file that may be stopped or served by another process. It cannot write.
func Inspect(ctx context.Context, path string, fn func(tx queries.DBTX) error) (err error) {
	guardDriver()
	pool, err := openPool(path, readerQuery, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return mapError(fmt.Errorf("read the database: %w", err))
	}
	defer func() { _ = tx.Rollback() }() // a read ends with nothing to keep
	return fn(tx)
}

// FileEntries reads at most limit entries of the journal from a sequence on, inside Inspect.
func FileEntries(ctx context.Context, tx queries.DBTX, from int64, limit int) (out []journal.Entry, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+entryColumns+" FROM journal WHERE seq >= ? ORDER BY seq LIMIT ?", from, limit) //nolint:rowserrcheck // closeRows looks at it
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// CopyFile writes a checked copy of a database file, which may be served at that time.
func CopyFile(ctx context.Context, path, to string) (err error) {
	guardDriver()
	pool, err := openPool(path, "mode=ro&_pragma=busy_timeout("+busyTimeoutMS+")", 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	return copyTo(ctx, pool, to)
}
