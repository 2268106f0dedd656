package sqlite

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite/queries"
)

// Condition is what a short look at a database file finds: nothing that takes longer on a larger file, unlike Verify.
type Condition struct {
	Schema int64 // the newest migration that the file has had
	Known  int64 // the newest that this program knows
	Seq    int64 // the newest entry of the journal, 0 for none
	Newest time.Time
	Signed journal.SignedHead // what the side file vouches for; zero without one
	Fault  string             // of the journal's end against the side file: one of the Fault codes, empty for none
}

// Newer tells whether a newer program than this one wrote the file; then nothing else is known of it.
func (c *Condition) Newer() bool { return c.Schema > c.Known }

// Look opens a file read-only, whether it is served or not, and holds the end of its journal against the signed head that
// stands beside it. Without the node's key the signature is taken as it is.
func Look(ctx context.Context, path string, key ed25519.PublicKey) (c Condition, err error) {
	if c.Known, err = newestMigration(Options{Migrations: Migrations(), Logger: slog.New(slog.DiscardHandler)}); err != nil {
		return c, err
	}
	err = Inspect(ctx, path, func(tx queries.DBTX) error {
		if c.Schema, err = schemaVersion(ctx, tx); err != nil || c.Newer() || c.Schema == 0 {
			return mapError(err)
		}
		var wall int64
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0), coalesce(max(wall_ms), 0) FROM journal").Scan(&c.Seq, &wall); err != nil {
			return mapError(fmt.Errorf("read the journal: %w", err))
		}
		if wall > 0 {
			c.Newest = time.UnixMilli(wall)
		}
		return mapError(c.compare(ctx, tx, path, key))
	})
	return c, err
}

// compare judges the end of the journal by the side file.
func (c *Condition) compare(ctx context.Context, tx queries.DBTX, path string, key ed25519.PublicKey) error {
	signed, found, err := ReadHead(HeadPath(path))
	switch {
	case err != nil && errors.Is(err, journal.ErrHead), err == nil && found && key != nil && signed.Check(key) != nil:
		c.Fault = FaultSignature
		return nil
	case err != nil || !found:
		return err
	}
	c.Signed = signed
	var hash []byte
	switch err := tx.QueryRowContext(ctx, "SELECT hash FROM journal WHERE seq = ?", signed.Seq).Scan(&hash); {
	case errors.Is(err, sql.ErrNoRows):
		c.Fault = FaultTail
	case err != nil:
		return fmt.Errorf("compare with the signed head: %w", err)
	case !bytes.Equal(hash, signed.Hash):
		c.Fault = FaultRewritten
	}
	return nil
}

// QuickCheck has the engine look at every page of a file, read-only, and gives its first complaint; empty when all is whole.
func QuickCheck(ctx context.Context, path string) (complaint string, err error) {
	err = Inspect(ctx, path, func(tx queries.DBTX) error {
		return tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&complaint)
	})
	if complaint == "ok" {
		complaint = ""
	}
	return complaint, mapError(err)
}
