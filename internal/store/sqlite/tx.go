package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// Tx is what the closure of an Update writes through. It is valid until the closure returns, and for the goroutine that
// runs it only. It fits sqlc's DBTX. Read all rows of a query before the next statement of the same text.
type Tx struct {
	db         *DB
	w          *writer
	actor      lab.Actor
	reason     string
	now        time.Time
	zoneMin    int
	txid       int64 // 0 until the first entry
	done       bool
	wrote      bool  // a statement ran that may have changed something
	failed     error // a statement of the store's own failed half way: the update cannot be committed any more
	erasing    bool
	checkpoint bool // fold the log into the file before the caller is answered
	keys       map[lab.ID][]byte
	written    []written
	after      []func()
}

// written is one entry of this update, for the tripwire and the live feed.
type written struct {
	seq    int64
	table  *table
	record lab.ID
	fields map[int]any
	phi    map[int]any
}

var (
	errDone    = errors.New("the transaction is over")
	errPrepare = errors.New("statements are prepared and kept by the store; run them directly")
)

func (db *DB) newTx(c *call) *Tx {
	now := db.Now()
	_, offset := now.In(db.options.Zone).Zone()
	return &Tx{db: db, w: db.writer, actor: c.actor, reason: c.reason, now: now, zoneMin: offset / 60}
}

// execute runs the closure. A panic in it fails this update alone.
func (tx *Tx) execute(fn func(*Tx) error) (err error) {
	defer func() {
		tx.done = true
		tx.w.kept.settle()
		if p := recover(); p != nil {
			err = panicError(p)
		}
	}()
	if trace := tx.db.options.Trace; trace != nil {
		trace("BEGIN", nil)
	}
	if err := fn(tx); err != nil {
		return err
	}
	return tx.failed
}

func panicError(p any) error {
	return &lab.Error{
		Kind: lab.KindInternal, Code: "update_panic", Message: "The change could not be made; nothing was stored.",
		Cause: fmt.Errorf("closure panicked with a %T", p), // the value may hold personal data
	}
}

// Now gives the wall clock of this update, in UTC. All its entries carry this time.
func (tx *Tx) Now() time.Time { return tx.now }

// NewID makes an id that sorts after every id made before.
func (tx *Tx) NewID() lab.ID { return tx.db.NewID() }

// Actor gives who makes this update.
func (tx *Tx) Actor() lab.Actor { return tx.actor }

// Reason gives the update's reason code.
func (tx *Tx) Reason() string { return tx.reason }

// Entries gives how many entries this update has written so far: who remembers what he read can tell by it whether
// anything was changed since.
func (tx *Tx) Entries() int { return len(tx.written) }

// AfterCommit has fn called once the update is durable, before its caller is answered. It must be quick and must not
// write.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// ExecContext runs a statement. The context's deadline does not reach it (see Update).
func (tx *Tx) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	if err := allowed(tx.w, query); err != nil {
		return nil, err
	}
	return tx.exec(query, args...) //nolint:contextcheck // no deadline reaches the writer connection
}

// QueryContext runs a query.
func (tx *Tx) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := allowed(tx.w, query); err != nil {
		return nil, err
	}
	return tx.query(query, args...) //nolint:contextcheck // no deadline reaches the writer connection
}

// QueryRowContext runs a query for one row.
func (tx *Tx) QueryRowContext(_ context.Context, query string, args ...any) *sql.Row {
	err := allowed(tx.w, query)
	if err == nil {
		err = tx.guard(query, args)
	}
	var s *sql.Stmt
	if err == nil {
		s, err = tx.w.prepared(tx.w.statements, query) //nolint:contextcheck // no deadline reaches the writer connection
	}
	if err != nil {
		// A *sql.Row can carry an error only of database/sql's own making: the update fails with ours whatever the
		// closure makes of it.
		_ = tx.fail(err)
		refused, cancel := context.WithCancel(context.Background()) //nolint:contextcheck // no deadline reaches the writer connection
		cancel()
		return tx.w.conn.QueryRowContext(refused, "SELECT NULL WHERE 0")
	}
	return s.QueryRowContext(context.Background(), args...) //nolint:contextcheck // no deadline reaches the writer connection
}

// PrepareContext is there for sqlc's interface; it always refuses, because a prepared statement would pass the guard by.
func (tx *Tx) PrepareContext(context.Context, string) (*sql.Stmt, error) { return nil, errPrepare }

// guard looks before every statement whether the transaction is still there: after a loss the next statement would run,
// and be committed, by itself.
func (tx *Tx) guard(query string, args []any) error {
	switch {
	case tx.done:
		return errDone
	case tx.w.gone:
		return errGone
	}
	if !tx.w.reads[query] {
		tx.wrote = true
	}
	if trace := tx.db.options.Trace; trace != nil {
		trace(query, args)
	}
	return nil
}

func (tx *Tx) exec(query string, args ...any) (sql.Result, error) {
	if err := tx.guard(query, args); err != nil {
		return nil, err
	}
	s, err := tx.w.prepared(tx.w.statements, query) //nolint:sqlclosecheck // the statement is kept for the next use
	if err != nil {
		return nil, err
	}
	mark := tx.w.trip.mark()
	result, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		tx.w.trip.cut(mark)
	}
	return result, err
}

func (tx *Tx) query(query string, args ...any) (*sql.Rows, error) {
	if err := tx.guard(query, args); err != nil {
		return nil, err
	}
	s, err := tx.w.prepared(tx.w.statements, query) //nolint:sqlclosecheck // the statement is kept for the next use
	if err != nil {
		return nil, err
	}
	mark := tx.w.trip.mark()
	rows, err := s.QueryContext(context.Background(), args...)
	if err != nil {
		tx.w.trip.cut(mark)
	}
	return rows, err
}

// scan reads the one row of a query of the store's own.
func (tx *Tx) scan(query string, args []any, into ...any) error {
	if err := tx.guard(query, args); err != nil {
		return err
	}
	s, err := tx.w.prepared(tx.w.statements, query) //nolint:sqlclosecheck // the statement is kept for the next use
	if err != nil {
		return err
	}
	return s.QueryRowContext(context.Background(), args...).Scan(into...)
}

// fail remembers the first error after which the update must not be committed, whatever the closure returns.
func (tx *Tx) fail(err error) error {
	if tx.failed == nil {
		tx.failed = err
	}
	return err
}

// Versions gives the field group versions of a record, for the client that will hand them back with its change.
func (tx *Tx) Versions(entity string, id lab.ID) (journal.Versions, error) {
	t, err := tx.db.tables.named(entity)
	if err != nil {
		return nil, err
	}
	var gv []byte
	if err := tx.scan(t.versions, []any{id[:]}, &gv); err != nil {
		return nil, t.loadError(id, err)
	}
	return journal.GroupVersions(gv)
}

// allowed refuses statements that would steer the transaction or set the connection, and conflict clauses under which a
// row vanishes without its triggers. A text is looked at once.
func allowed(w *writer, query string) error {
	if _, seen := w.statements[query]; seen {
		return nil
	}
	words := strings.Fields(strings.ToUpper(stripComments(query)))
	if len(words) == 0 {
		return errors.New("empty statement")
	}
	switch words[0] {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES":
	case "REPLACE":
		return errors.New("REPLACE is not used here: it removes rows without their triggers")
	default:
		return fmt.Errorf("a statement that begins with %s cannot run in an update", words[0])
	}
	joined := strings.Join(words, " ")
	for _, clause := range []string{" OR REPLACE ", " OR FAIL ", " OR ROLLBACK "} {
		if strings.Contains(joined, clause) {
			return fmt.Errorf("%s is not used here", strings.TrimSpace(clause))
		}
	}
	return nil
}

// stripComments removes leading "--" lines, which sqlc puts before every query.
func stripComments(query string) string {
	for {
		query = strings.TrimSpace(query)
		if !strings.HasPrefix(query, "--") {
			return query
		}
		_, rest, found := strings.Cut(query, "\n")
		if !found {
			return ""
		}
		query = rest
	}
}
