package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"

	driver "modernc.org/sqlite"
)

// statementLimit bounds the prepared statements that are kept; all go when it is passed, between two groups.
const statementLimit = 512

// head is where the chain stands. It is kept in memory while the writer lives, restored when a savepoint is rolled back,
// and read again when a whole transaction was lost.
type head struct {
	Seq, Epoch, TxID int64
	HLC              journal.HLC
	Hash             []byte
}

// writer is the one connection that writes. Only the leader of a group uses it.
type writer struct {
	pool       *sql.DB
	conn       *sql.Conn
	tables     *tables
	statements map[string]*sql.Stmt
	reads      map[string]bool // of statements: those that cannot change anything
	control    map[string]*sql.Stmt
	head       head
	open       bool // BEGIN succeeded and COMMIT did not yet
	gone       bool // the engine rolled the whole transaction back by itself
	trip       *tripwire
	kept       kept
}

func newWriter(ctx context.Context, pool *sql.DB, t *tables, trip bool) (*writer, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("take the writer connection: %w", err)
	}
	w := &writer{
		pool: pool, conn: conn, tables: t,
		statements: map[string]*sql.Stmt{}, reads: map[string]bool{}, control: map[string]*sql.Stmt{},
	}
	if trip {
		w.trip = &tripwire{tables: t}
	}
	return w, w.hook()
}

// hook listens for the loss of the whole transaction, and in tests for every changed row.
func (w *writer) hook() error {
	return w.conn.Raw(func(c any) error {
		hooks, ok := c.(driver.HookRegisterer)
		if !ok {
			return errors.New("the SQLite driver has no hooks")
		}
		hooks.RegisterRollbackHook(func() { w.gone = true })
		if w.trip != nil {
			hooks.RegisterPreUpdateHook(w.trip.heard)
		}
		return nil
	})
}

// prepared gives the prepared statement of a text. No deadline reaches the writer connection: an interrupted statement
// rolls back the whole transaction.
func (w *writer) prepared(cache map[string]*sql.Stmt, query string) (*sql.Stmt, error) {
	if s, ok := cache[query]; ok {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	cache[query] = s
	if strings.HasPrefix(stripComments(query), "SELECT") {
		w.reads[query] = true
	}
	return s, nil
}

// run executes one of the statements that steer the transaction.
func (w *writer) run(text string) error {
	s, err := w.prepared(w.control, text) //nolint:sqlclosecheck // the statement is kept for the next use
	if err != nil {
		return err
	}
	_, err = s.ExecContext(context.Background())
	return err
}

func (w *writer) begin() error {
	if len(w.statements) > statementLimit {
		for text, s := range w.statements {
			delete(w.statements, text)
			delete(w.reads, text)
			if err := s.Close(); err != nil {
				return fmt.Errorf("let statements go: %w", err)
			}
		}
	}
	w.gone = false
	if w.trip != nil {
		w.trip.cut(0)
	}
	if err := w.run("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	w.open = true
	return nil
}

func (w *writer) commit() error {
	if err := w.run("COMMIT"); err != nil {
		return err
	}
	w.open = false
	return nil
}

// rollback ends the transaction if one is still open.
func (w *writer) rollback() error {
	if !w.open || w.gone {
		w.open = false
		return nil
	}
	w.open = false
	return w.run("ROLLBACK")
}

// reload reads from the database where the chain stands.
func (w *writer) reload(device lab.ID) error {
	h, err := readHead(context.Background(), w.conn, device)
	if err != nil {
		return err
	}
	w.head = h
	return nil
}

// readHead gives the head of the chain as the database has it.
func readHead(ctx context.Context, conn querier, device lab.ID) (head, error) {
	h := head{Hash: journal.Genesis(device)}
	var hlc int64
	err := conn.QueryRowContext(ctx, "SELECT seq, epoch, txid, hlc, hash FROM journal ORDER BY seq DESC LIMIT 1").
		Scan(&h.Seq, &h.Epoch, &h.TxID, &hlc, &h.Hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return head{}, fmt.Errorf("read the head of the journal: %w", err)
	}
	var stored, epoch sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT (SELECT v FROM sync_state WHERE k = 'hlc'), (SELECT v FROM sync_state WHERE k = 'epoch')").
		Scan(&stored, &epoch); err != nil {
		return head{}, fmt.Errorf("read the stored clock: %w", err)
	}
	h.HLC = journal.HLC(max(hlc, stored.Int64))
	h.Epoch = max(h.Epoch, epoch.Int64, 1)
	return h, nil
}

// ensureDevice gives the device's id; a new database gets one.
func (w *writer) ensureDevice(ctx context.Context, o Options) (lab.ID, error) {
	var stored []byte
	err := w.conn.QueryRowContext(ctx, "SELECT v FROM sync_state WHERE k = 'device_id'").Scan(&stored)
	if err == nil {
		return lab.IDFromBytes(stored)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return lab.ID{}, fmt.Errorf("read the device: %w", err)
	}
	id := o.Device
	if id.IsZero() {
		var ids idSource
		ids.start(o.Rand, 0)
		id = ids.next(o.Clock())
	}
	if _, err := w.conn.ExecContext(ctx, "INSERT INTO sync_state (k, v) VALUES ('device_id', ?), ('epoch', 1)", id[:]); err != nil {
		return lab.ID{}, fmt.Errorf("store the device: %w", err)
	}
	return id, nil
}

// close lets every statement go first: the engine folds the log into the file only when none is left.
func (w *writer) close() error {
	var errs []error
	for _, cache := range []map[string]*sql.Stmt{w.statements, w.control} {
		for text, s := range cache {
			delete(cache, text)
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(append(errs, w.conn.Close(), w.pool.Close())...)
}

// randomKey makes a subject's key.
func randomKey(source io.Reader) ([]byte, error) {
	key := make([]byte, journal.KeySize)
	if _, err := io.ReadFull(source, key); err != nil {
		return nil, fmt.Errorf("make a subject's key: %w", err)
	}
	return key, nil
}
