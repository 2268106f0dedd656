package sqlite

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"jaanch/internal/store/journal"
)

// A new signed head is written after so many entries or so much time, whichever comes first, and at the end.
const (
	headEntries  = 1000
	headInterval = 5 * time.Minute
)

// HeadPath gives the side file of a database: beside it, and no part of it.
func HeadPath(database string) string { return filepath.Join(filepath.Dir(database), "journal.head") }

// headFile keeps the signed head outside the database. Only the leader uses it.
type headFile struct {
	path string
	key  ed25519.PrivateKey // nil = no side file is kept
	last journal.SignedHead
}

// start reads what the last run left.
func (f *headFile) start(path string, key ed25519.PrivateKey) error {
	f.path, f.key = path, key
	last, ok, err := ReadHead(path)
	if err != nil || !ok {
		return err
	}
	f.last = last
	return nil
}

// due tells whether the chain has moved far enough.
func (f *headFile) due(seq int64, now time.Time) bool {
	return f.key != nil && seq > f.last.Seq &&
		(seq-f.last.Seq >= headEntries || now.UnixMilli()-f.last.WallMS >= headInterval.Milliseconds())
}

// write signs the head and replaces the file in one step.
func (f *headFile) write(h journal.SignedHead) error {
	signed := h.Sign(f.key)
	text, err := signed.Encode()
	if err != nil {
		return err
	}
	part := f.path + ".part"
	if err := os.WriteFile(part, text, 0o600); err != nil {
		return fmt.Errorf("write signed head: %w", err)
	}
	if err := flush(part); err != nil {
		return err
	}
	if err := os.Rename(part, f.path); err != nil {
		return fmt.Errorf("write signed head: %w", err)
	}
	f.last = signed
	return flushFolder(filepath.Dir(f.path))
}

// ReadHead reads a side file; false where there is none.
func ReadHead(path string) (journal.SignedHead, bool, error) {
	text, err := os.ReadFile(path) //nolint:gosec // a path of the node's own, from its configuration
	if errors.Is(err, os.ErrNotExist) {
		return journal.SignedHead{}, false, nil
	}
	if err != nil {
		return journal.SignedHead{}, false, fmt.Errorf("read signed head: %w", err)
	}
	h, err := journal.ParseHead(text)
	return h, err == nil, err
}

// signHead writes the side file when it is due, or when it must. A failure is told and does not stop the lab: the hub
// has the head as well.
func (db *DB) signHead(must bool) {
	h := db.writer.head
	now := db.Now()
	if db.head.key == nil || h.Seq <= db.head.last.Seq || !must && !db.head.due(h.Seq, now) {
		return
	}
	err := db.head.write(journal.SignedHead{Device: db.device, Epoch: h.Epoch, Seq: h.Seq, WallMS: now.UnixMilli(), Hash: h.Hash})
	if err != nil {
		db.logger.Warn("signed head was not written", "err", err)
	}
}

// checkHead holds the database against the side file: a log that was deleted, or an old copy put back, ends before the
// head that was signed. Such a database opens, so that it can be looked at and restored; Health tells it.
func (db *DB) checkHead(ctx context.Context) error {
	if err := db.head.start(HeadPath(db.options.Path), db.options.Key); err != nil {
		db.health.add(ProblemHead)
		db.logger.Error("signed head cannot be read", "err", err)
		return nil
	}
	signed := db.head.last
	if signed.Seq == 0 {
		return nil
	}
	var hash []byte
	err := db.writer.conn.QueryRowContext(ctx, "SELECT hash FROM journal WHERE seq = ?", signed.Seq).Scan(&hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("compare with the signed head: %w", err)
	}
	if signed.Device != db.device || !bytes.Equal(hash, signed.Hash) {
		db.health.add(ProblemHead)
		db.logger.Error("the journal ends before its signed head, or is another one", "head", signed.Seq, "seq", db.writer.head.Seq)
	}
	return nil
}
