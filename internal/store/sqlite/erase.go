package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"

	sqlite3 "modernc.org/sqlite/lib"
)

// CodeErasureOpen tells that an erasure is stored, and that bytes of what it erased may still stand in the file, because
// a reader held an old snapshot. FinishErasure, or the next start, ends it.
const CodeErasureOpen = "erasure_open"

// Erase removes a subject's personal fields: from every row, from every entry, and the key with which they could be
// guessed from the digests. Note is the reference of the request and is kept, so it must not name anybody. The fields
// that are not personal stay, and the search words go. Files, queued prints and raw bytes of analyzers are the caller's to
// remove in the same Update. The Update that erases ends only when the bytes are gone from the file as well; if a
// reader is in the way, it gives erasure_open, and what is stored stays stored.
func (tx *Tx) Erase(subject lab.ID, note string) error {
	if subject.IsZero() {
		return errors.New("erase: no subject")
	}
	if _, err := normal(journal.Field{Column: "note", Type: journal.TypeText}, note); err != nil {
		return err
	}
	tx.erasing = true
	defer func() { tx.erasing = false }()
	seqs, err := tx.entriesOf(subject)
	if err != nil {
		return err
	}
	e := tx.newEntry(nil, lab.ID{}, journal.OpErase, changeOptions{})
	e.Subject = subject
	e.Fields[journal.EraseEntries] = PackSequence(seqs)
	if note != "" {
		e.Fields[journal.EraseNote] = note
	}
	if err := tx.append(e, nil); err != nil {
		return tx.fail(err)
	}
	if err := tx.empty(seqs, e.Seq, subject); err != nil {
		return tx.fail(err)
	}
	if err := tx.blankRows(subject); err != nil {
		return tx.fail(err)
	}
	if err := IndexNames(context.Background(), tx, subject); err != nil {
		return tx.fail(err)
	}
	tx.checkpoint = true
	return tx.fail(tx.SetState(stateErasure, e.Seq))
}

// entriesOf lists the entries that hold the subject's personal fields.
func (tx *Tx) entriesOf(subject lab.ID) (seqs []int64, err error) {
	rows, err := tx.query(`SELECT seq FROM journal WHERE subject = ? AND (phi IS NOT NULL OR prev IS NOT NULL) ORDER BY seq`, subject[:]) //nolint:rowserrcheck // closeRows looks at it
	if err != nil {
		return nil, fmt.Errorf("erase: %w", err)
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, fmt.Errorf("erase: %w", err)
		}
		seqs = append(seqs, seq)
	}
	return seqs, nil
}

// empty names each entry in journal_erasure, which opens the trigger for it, empties it, and deletes the key.
func (tx *Tx) empty(seqs []int64, by int64, subject lab.ID) error {
	for _, seq := range seqs {
		if _, err := tx.exec("INSERT INTO journal_erasure (seq, by) VALUES (?, ?)", seq, by); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
		if _, err := tx.exec("UPDATE journal SET phi = NULL, prev = NULL WHERE seq = ?", seq); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
	}
	if _, err := tx.exec("DELETE FROM subject_key WHERE subject = ?", subject[:]); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	delete(tx.keys, subject)
	return nil
}

// Erased tells whether somebody's personal fields were erased here: then nothing personal of theirs comes in again, and no
// key.
func (tx *Tx) Erased(subject lab.ID) (bool, error) {
	var n int
	err := tx.scan("SELECT count(*) FROM journal WHERE subject = ? AND op = ?", []any{subject[:], string(journal.OpErase)}, &n)
	if err != nil {
		return false, fmt.Errorf("look for an erasure: %w", err)
	}
	return n > 0, nil
}

// blankRows empties the personal columns of every row of the subject. The empty values are nobody's, so they stand in
// the entry's ordinary fields: no key is made for somebody who was just forgotten, and the hub can apply them.
func (tx *Tx) blankRows(subject lab.ID) error {
	for _, entity := range tx.db.options.Registry.Entities {
		if !entity.Personal() {
			continue
		}
		t, err := tx.db.tables.named(entity.Name)
		if err != nil {
			return err
		}
		ids, err := tx.rowsOf(t, subject)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := tx.blank(t, id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (tx *Tx) rowsOf(t *table, subject lab.ID) (ids []lab.ID, err error) {
	named := quote(t.entity.Subject)
	rows, err := tx.query("SELECT id FROM "+quote(t.entity.Table)+" WHERE "+named+" = ? UNION SELECT id FROM "+quote(t.entity.Table)+" WHERE id = ? AND "+named+" IS NULL", subject[:], subject[:]) //nolint:rowserrcheck // closeRows looks at it
	if err != nil {
		return nil, fmt.Errorf("erase %s: %w", t.entity.Name, err)
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		var raw []byte
		if err := rows.Scan(&raw); err != nil {
			return nil, fmt.Errorf("erase %s: %w", t.entity.Name, err)
		}
		id, err := lab.IDFromBytes(raw)
		if err != nil {
			return nil, fmt.Errorf("erase %s: %w", t.entity.Name, err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (tx *Tx) blank(t *table, id lab.ID) error {
	row, err := tx.load(t, id)
	if err != nil {
		return err
	}
	values := map[string]any{}
	for _, f := range t.entity.Fields {
		if f.Personal {
			values[f.Column] = t.blankOf(f)
		}
	}
	changed := t.changed(row.values, values)
	if len(changed) == 0 {
		return nil
	}
	e := tx.newEntry(t, id, journal.OpUpdate, changeOptions{})
	for _, f := range changed {
		e.Fields[f.ID] = values[f.Column]
	}
	return tx.store(t, id, e, row, changed, values, nil)
}

// blankOf gives NULL, or the empty value of a column that cannot be NULL.
func (t *table) blankOf(f journal.Field) any {
	if !t.notNull[f.Column] {
		return nil
	}
	switch f.Type {
	case journal.TypeInt:
		return int64(0)
	case journal.TypeReal:
		return float64(0)
	case journal.TypeBlob:
		return []byte{}
	case journal.TypeID:
		return make([]byte, len(lab.ID{}))
	case journal.TypeJSON:
		return "null"
	case journal.TypeText:
	}
	return ""
}

// PackSequence writes ascending sequences as the first and then the distances, each a varint.
func PackSequence(seqs []int64) []byte {
	out := make([]byte, 0, len(seqs)+8)
	last := int64(0)
	for _, s := range seqs {
		out = binary.AppendUvarint(out, uint64(s-last))
		last = s
	}
	return out
}

// UnpackSequence reads what PackSequence wrote.
func UnpackSequence(b []byte) ([]int64, error) {
	var out []int64
	last := int64(0)
	for len(b) > 0 {
		d, n := binary.Uvarint(b)
		if n <= 0 || d == 0 {
			return nil, errors.New("list of sequences is damaged")
		}
		last += int64(d)
		out, b = append(out, last), b[n:]
	}
	return out, nil
}

// FinishErasure folds the log into the file, so that no byte of what was erased is left in either, and notes that the
// erasure is done. It does nothing when none is open.
func (db *DB) FinishErasure(ctx context.Context) error {
	return db.Update(ctx, lab.System(), "erasure", func(tx *Tx) error {
		var seq int64
		open, err := tx.State(stateErasure, &seq)
		tx.checkpoint = open
		return err
	})
}

// truncateLog runs after the COMMIT of an update that erased, still under the lead.
func (db *DB) truncateLog() error {
	w := db.writer
	db.health.add(ProblemErasure)
	busy, err := w.fold()
	if err != nil {
		return erasureOpen(err)
	}
	if busy != 0 {
		return erasureOpen(errors.New("a reader holds an old snapshot"))
	}
	if err := w.begin(); err != nil {
		return erasureOpen(err)
	}
	_, err = w.conn.ExecContext(context.Background(), "DELETE FROM sync_state WHERE k = ?", stateErasure)
	if err == nil {
		err = w.commit()
	}
	if err != nil {
		if primaryCode(err) == sqlite3.SQLITE_IOERR {
			db.die(fmt.Errorf("commit: %w", err))
		}
		return erasureOpen(errors.Join(err, w.rollback()))
	}
	db.health.remove(ProblemErasure)
	return nil
}

// fold moves the log into the file and empties it. It waits for readers a moment only, because every writer waits with
// it.
func (w *writer) fold() (busy int, err error) {
	ctx := context.Background()
	if _, err := w.conn.ExecContext(ctx, "PRAGMA busy_timeout = 200"); err != nil {
		return 0, err
	}
	var frames, folded int
	err = w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &folded)
	_, undo := w.conn.ExecContext(ctx, "PRAGMA busy_timeout = "+busyTimeoutMS)
	return busy, errors.Join(err, undo)
}

func erasureOpen(cause error) error {
	return &lab.Error{
		Kind: lab.KindUnavailable, Code: CodeErasureOpen, Cause: cause,
		Message: "The data is erased, but parts of it may remain in the file until no one reads the old state. It is tried again.",
	}
}

// finishOpenErasure ends at the start what the last run could not: nobody reads yet.
func (db *DB) finishOpenErasure(ctx context.Context) error {
	var open int
	if err := db.writer.conn.QueryRowContext(ctx, "SELECT count(*) FROM sync_state WHERE k = ?", stateErasure).Scan(&open); err != nil {
		return fmt.Errorf("look for an open erasure: %w", err)
	}
	if open == 0 {
		return nil
	}
	if err := db.truncateLog(); err != nil { //nolint:contextcheck // no deadline reaches the writer connection
		db.logger.Warn("an erasure is still open", "code", CodeErasureOpen)
	}
	return nil
}
