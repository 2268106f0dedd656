package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"jaanch/internal/lab"

	"github.com/pressly/goose/v3"
)

// refuseNewer looks at an existing file, read-only, before anything may touch it.
func refuseNewer(ctx context.Context, o Options) (err error) {
	info, err := os.Stat(o.Path)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	pool, err := openPool(o.Path, readerQuery, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	current, err := schemaVersion(ctx, pool)
	if err != nil {
		return fmt.Errorf("open database: %w", mapError(err))
	}
	newest, err := newestMigration(o)
	if err != nil {
		return err
	}
	if current > newest {
		return &lab.Error{
			Kind: lab.KindUnavailable, Code: CodeNewer,
			Message: "This database was written by a newer version of the program. Install that version; nothing was changed.",
			Cause:   fmt.Errorf("database is at migration %d, the program knows %d", current, newest),
		}
	}
	return nil
}

// schemaVersion gives the newest migration that a database has had, 0 for none.
func schemaVersion(ctx context.Context, db querier) (int64, error) {
	var tables int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'goose_db_version'").Scan(&tables); err != nil {
		return 0, fmt.Errorf("read the schema version: %w", err)
	}
	if tables == 0 {
		return 0, nil
	}
	var version sql.NullInt64
	if err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&version); err != nil {
		return 0, fmt.Errorf("read the schema version: %w", err)
	}
	return version.Int64, nil
}

// newestMigration gives the number of this binary's last migration.
func newestMigration(o Options) (int64, error) {
	pool, err := openPool(":memory:", "", 1)
	if err != nil {
		return 0, err
	}
	defer func() { _ = pool.Close() }() // no connection was ever opened
	provider, err := migrations(pool, o)
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, s := range provider.ListSources() {
		newest = max(newest, s.Version)
	}
	return newest, nil
}

func migrations(pool *sql.DB, o Options) (*goose.Provider, error) {
	provider, err := goose.NewProvider(goose.DialectSQLite3, pool, o.Migrations,
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(o.Logger))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

// migrate brings the database to this binary's schema, each migration in one transaction. A database that holds data is
// copied first.
func migrate(ctx context.Context, pool *sql.DB, o Options) error {
	provider, err := migrations(pool, o)
	if err != nil {
		return err
	}
	current, err := schemaVersion(ctx, pool)
	if err != nil {
		return err
	}
	newest, err := newestMigration(o)
	if err != nil {
		return err
	}
	if current == newest {
		return nil
	}
	if current > 0 {
		path, err := backupBeforeMigration(ctx, pool, o, current)
		if err != nil {
			return err
		}
		o.Logger.Info("database copied before migration", "from", current, "to", newest, "copy", path)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
