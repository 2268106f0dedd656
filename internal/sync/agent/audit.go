package agent

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

// The words of the sync log.
const (
	kindPush = "push"
	kindPull = "pull"
	dirUp    = "up"
	dirDown  = "down"
)

// auditLine is one exchange with the hub.
type auditLine struct {
	kind  string
	dir   string
	batch string // epoch and first sequence
	count int
	bytes int
	took  time.Duration
	err   error
}

func batchName(epoch, first int64) string { return fmt.Sprintf("%d:%d", epoch, first) }

func (l auditLine) code() string {
	if l.err == nil {
		return "ok"
	}
	return lab.CodeOf(l.err)
}

// audit appends a line to the node's sync log; each line carries the hash of the one before.
func (a *Agent) audit(ctx context.Context, tx *sqlite.Tx, l auditLine) error {
	var before []byte
	err := rowsOf(ctx, tx, func(into func(...any) error) error { return into(&before) }, "SELECT hash FROM sync_audit ORDER BY n DESC LIMIT 1")
	if err != nil {
		return fmt.Errorf("sync log: %w", err)
	}
	at := tx.Now().UnixMilli()
	sum := sha256.Sum256(fmt.Appendf(before, "|%d|%s|%s|%s|%d|%d|%d|%s", at, l.kind, l.dir, l.batch, l.count, l.bytes, l.took.Milliseconds(), l.code()))
	_, err = tx.ExecContext(ctx, "INSERT INTO sync_audit (at_ms, kind, dir, batch_id, count, bytes, ms, code, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		at, l.kind, l.dir, l.batch, l.count, l.bytes, l.took.Milliseconds(), l.code(), sum[:])
	if err != nil {
		return fmt.Errorf("sync log: %w", err)
	}
	return nil
}

// note logs an exchange that failed, and gives its error back. While the hub is out of reach only the first failure of a
// row is written: weeks offline must not fill the log.
func (a *Agent) note(ctx context.Context, l auditLine, cause error) error {
	a.mu.Lock()
	repeated := a.link.lastCode == l.code()
	a.link.lastCode = l.code()
	a.mu.Unlock()
	if repeated || ctx.Err() != nil {
		return cause
	}
	err := a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error { return a.audit(ctx, tx, l) })
	return errors.Join(cause, err)
}

// Line is one line of the sync log, for people.
type Line struct {
	At    time.Time
	Kind  string
	Dir   string
	Count int
	Bytes int64
	Took  time.Duration
	Code  string // "ok", or what went wrong
}

// Log gives the newest lines of the sync log.
func (a *Agent) Log(ctx context.Context, most int) ([]Line, error) {
	out := []Line{}
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		rows, err := tx.QueryContext(ctx, "SELECT at_ms, kind, dir, count, bytes, ms, code FROM sync_audit ORDER BY n DESC LIMIT ?", most)
		if err != nil {
			return fmt.Errorf("sync log: %w", err)
		}
		defer rows.Close() //nolint:errcheck // read to its end below
		for rows.Next() {
			var l Line
			var at, took int64
			if err := rows.Scan(&at, &l.Kind, &l.Dir, &l.Count, &l.Bytes, &took, &l.Code); err != nil {
				return fmt.Errorf("sync log: %w", err)
			}
			l.At, l.Took = time.UnixMilli(at).UTC(), time.Duration(took)*time.Millisecond
			out = append(out, l)
		}
		return rows.Err()
	})
	return out, err
}
