package sqlite

import (
	"context"
	"database/sql"
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
