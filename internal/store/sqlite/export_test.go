package sqlite

import (
	"context"
	"database/sql"
	"testing"
)

// Queued tells how many updates wait. Tests use it to build a group of known size.
func (db *DB) Queued() int {
	db.queue.mu.Lock()
	defer db.queue.mu.Unlock()
	return len(db.queue.calls)
}

// Raw gives the writer connection inside an update, to do what no closure may.
func (tx *Tx) Raw() *sql.Conn { return tx.w.conn }

// Interrupted runs a statement that the deadline interrupts on the writer connection, which the store itself never does.
func (tx *Tx) Interrupted(ctx context.Context, query string) error {
	_, err := tx.w.conn.ExecContext(ctx, query)
	return err
}

// ProveWriter runs the proof of the writer's settings.
func ProveWriter(ctx context.Context, db *sql.DB) error { return proveWriter(ctx, db) }

// WriterSource gives the writer's URI.
func WriterSource(t testing.TB, path string) string {
	t.Helper()
	dsn, err := dataSource(path, writerQuery)
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

// WithCheckLimit sets the size up to which pages are checked before serving.
func WithCheckLimit(o Options, bytes int64) Options {
	o.checkLimit = bytes
	return o
}

// WaitForCheck waits for the check in the background.
func (db *DB) WaitForCheck() { db.checking.wg.Wait() }
