package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"jaanch/internal/lab"
)

// backupBeforeMigration copies the database into the backups folder and gives the copy's path.
func backupBeforeMigration(ctx context.Context, pool *sql.DB, o Options, version int64) (string, error) {
	folder := o.Backups
	if folder == "" {
		folder = filepath.Join(filepath.Dir(o.Path), "backups")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("copy before migration: %w", err)
	}
	name := fmt.Sprintf("before-migration-%05d-%s.db", version, o.Clock().UTC().Format("20060102T150405"))
	path := filepath.Join(folder, name)
	return path, copyTo(ctx, pool, path)
}

// copyTo writes a compact copy of the database: first under another name, checked, flushed, and only then renamed, so
// that a copy with its right name is always a whole one.
func copyTo(ctx context.Context, conn querier, path string) error {
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("copy database: %w", err)
	}
	if err := private(part); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	if _, err := conn.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	if err := checkCopy(ctx, part); err != nil {
		return err
	}
	if err := flush(part); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	if err := flushFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	return nil
}

// private makes an empty file that this account alone can read: the engine would make one that all can.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // a path of the node's own, from its configuration
	if err != nil {
		return err
	}
	return f.Close()
}

// checkCopy opens the copy read-only and has the engine look at every page.
func checkCopy(ctx context.Context, path string) (err error) {
	pool, err := openPool(path, "mode=ro&_query_only=1", 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	var verdict string
	if err := pool.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	if verdict != "ok" {
		return &lab.Error{
			Kind: lab.KindInternal, Code: "copy_damaged", Message: "The copy of the database is damaged; nothing was changed.",
			Cause: fmt.Errorf("integrity check: %s", verdict),
		}
	}
	return nil
}

func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // a path of the node's own, from its configuration
	if err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}
