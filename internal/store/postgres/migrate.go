package postgres

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"jaanch/internal/lab"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the database to this binary's schema: ours, River's, and the journal's partitions. Replicas that start
// together wait for each other. A database that is newer than the binary is refused.
func (db *DB) Migrate(ctx context.Context, now time.Time) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	std := stdlib.OpenDBFromPool(db.pool)
	defer std.Close() //nolint:errcheck // closes only the adapter, not the pool
	p, err := goose.NewProvider(goose.DialectPostgres, std, files, goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	if err := refuseNewer(ctx, p); err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	jobs, err := rivermigrate.New(riverpgxv5.New(db.pool), nil)
	if err != nil {
		return fmt.Errorf("postgres: migrate jobs: %w", err)
	}
	if _, err := jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("postgres: migrate jobs: %w", err)
	}
	return db.EnsurePartitions(ctx, now)
}

// CheckSchema proves that the database has exactly this binary's migrations.
func (db *DB) CheckSchema(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("postgres: schema: %w", err)
	}
	std := stdlib.OpenDBFromPool(db.pool)
	defer std.Close() //nolint:errcheck // closes only the adapter, not the pool
	p, err := goose.NewProvider(goose.DialectPostgres, std, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("postgres: schema: %w", err)
	}
	if err := refuseNewer(ctx, p); err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return fmt.Errorf("postgres: schema: %w", err)
	}
	if pending {
		return &lab.Error{Kind: lab.KindConflict, Code: "schema_behind", Message: "The database needs a migration. Run \"hub migrate\"."}
	}
	return nil
}

func refuseNewer(ctx context.Context, p *goose.Provider) error {
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("postgres: schema: %w", err)
	}
	sources := p.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return &lab.Error{
			Kind: lab.KindConflict, Code: "schema_newer",
			Message: fmt.Sprintf("The database has schema %d; this program knows %d. Use a newer program.", have, newest),
		}
	}
	return nil
}
