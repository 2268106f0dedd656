package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// ReadTx reads one snapshot. It fits sqlc's DBTX; it cannot write.
type ReadTx struct {
	db *DB
	tx *sql.Tx
}

// View runs fn on one snapshot of the database. Without a deadline of the caller's it is cut after 30 seconds, because a
// snapshot that is held open keeps the log from being folded into the file.
func (db *DB) View(ctx context.Context, fn func(tx *ReadTx) error) (err error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, viewLimit)
		defer cancel()
	}
	select {
	case db.seats <- struct{}{}:
		defer func() { <-db.seats }()
	case <-ctx.Done():
		return mapError(fmt.Errorf("wait to read: %w", ctx.Err()))
	}
	tx, err := db.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return mapError(fmt.Errorf("begin to read: %w", err))
	}
	defer func() { _ = tx.Rollback() }() // a read ends with nothing to keep, and a cut one has ended already
	return mapError(fn(&ReadTx{db: db, tx: tx}))
}

// Now gives the wall clock in UTC.
func (tx *ReadTx) Now() time.Time { return tx.db.Now() }

// ExecContext is there for sqlc's interface; the connection refuses to write.
func (tx *ReadTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.tx.ExecContext(ctx, query, args...)
}

// QueryContext runs a query.
func (tx *ReadTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := tx.kept(ctx, query) //nolint:sqlclosecheck // the statement is kept for the next use
	if err != nil {
		return nil, err
	}
	if s == nil {
		return tx.tx.QueryContext(ctx, query, args...)
	}
	return s.QueryContext(ctx, args...)
}

// QueryRowContext runs a query for one row.
func (tx *ReadTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := tx.kept(ctx, query) //nolint:sqlclosecheck // the statement is kept for the next use
	if err != nil || s == nil {
		return tx.tx.QueryRowContext(ctx, query, args...) // fails the same way, in the form that the caller reads
	}
	return s.QueryRowContext(ctx, args...)
}

// PrepareContext prepares a statement for this transaction alone.
func (tx *ReadTx) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return tx.tx.PrepareContext(ctx, query)
}

// kept gives the statement of a text that was prepared before; nil when there are too many texts already, as a search
// with many filters makes them.
func (tx *ReadTx) kept(ctx context.Context, query string) (*sql.Stmt, error) {
	known, ok := tx.db.texts.Load(query)
	if !ok {
		if tx.db.textCount.Load() >= statementLimit {
			return nil, nil //nolint:nilnil // no statement is kept and nothing went wrong
		}
		s, err := tx.db.readers.PrepareContext(context.WithoutCancel(ctx), query)
		if err != nil {
			return nil, err
		}
		var raced bool
		if known, raced = tx.db.texts.LoadOrStore(query, s); raced {
			_ = s.Close() //nolint:sqlclosecheck // another reader kept the same text first; ours goes at once
		} else {
			tx.db.textCount.Add(1)
		}
	}
	s, _ := known.(*sql.Stmt)
	return tx.tx.StmtContext(ctx, s), nil
}

// Versions gives the field group versions of a record, for a client that will change it.
func (tx *ReadTx) Versions(ctx context.Context, entity string, id lab.ID) (journal.Versions, error) {
	t, err := tx.db.tables.named(entity)
	if err != nil {
		return nil, err
	}
	var gv []byte
	if err := tx.QueryRowContext(ctx, t.versions, id[:]).Scan(&gv); err != nil {
		return nil, t.loadError(id, err)
	}
	return journal.GroupVersions(gv)
}
