package sqlite

import (
	"context"
	"fmt"

	"jaanch/internal/failpoint"

	sqlite3 "modernc.org/sqlite/lib"
)

// The engine's own checkpoint is off, because it keeps its errors to itself: a failed flush of the database file would be
// tried again as if nothing had happened. The leader carries the log into the file instead, between two groups.
const (
	checkpointPages  = 1000              // carry the log into the file when it has grown by so many pages
	checkpointLook   = 32                // look after so many groups
	checkpointLookAt = 128               // or after so many entries
	logAlarmPages    = (64 << 20) / 4096 // a reader that holds an old snapshot keeps the log growing: tell it from here on
)

// checkpointer counts what was written since the log was looked at.
type checkpointer struct {
	groups, entries int
}

// due tells whether it is time to look.
func (c *checkpointer) due(entries int) bool {
	c.groups++
	c.entries += entries
	if c.groups < checkpointLook && c.entries < checkpointLookAt {
		return false
	}
	c.groups, c.entries = 0, 0
	return true
}

// carry moves the log into the file if it is long enough, without waiting for readers. An I/O error here leaves open what
// the file holds, so it stops the database as an undecided commit does.
func (db *DB) carry(entries int) {
	if !db.checkpoints.due(entries) {
		return
	}
	pages, folded, err := db.writer.logPages("NOOP")
	if err == nil && pages-folded >= checkpointPages {
		failpoint.Enter(failpoint.Checkpoint)
		pages, folded, err = db.writer.logPages("PASSIVE")
		failpoint.Leave(failpoint.Checkpoint)
	}
	switch {
	case err != nil && primaryCode(err) == sqlite3.SQLITE_IOERR:
		db.die(fmt.Errorf("checkpoint: %w", err))
	case err != nil:
		db.logger.Warn("checkpoint was not done", "err", err)
	case pages >= logAlarmPages && folded < pages:
		db.health.add(ProblemLog)
	default:
		db.health.remove(ProblemLog)
	}
}

// logPages runs a checkpoint of the mode and gives how many pages the log has, and how many of them are in the file.
func (w *writer) logPages(mode string) (pages, folded int, err error) {
	s, err := w.prepared(w.control, "PRAGMA wal_checkpoint("+mode+")") //nolint:sqlclosecheck // the statement is kept for the next use
	if err != nil {
		return 0, 0, err
	}
	var busy int
	err = s.QueryRowContext(context.Background()).Scan(&busy, &pages, &folded)
	return pages, folded, err
}
