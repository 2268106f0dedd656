// Package postgres is the hub's database: the copy of every node's journal, the newest state of every record as a
// document, and the tables of the hub's own work. Statements live in queries/*.sql; write.go and feed.go hold what sqlc
// cannot express (bulk writes through arrays and COPY, the feed's row comparison).
package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// DB is a pool of connections to the hub's database. It holds no state of its own: any number of processes may share
// one database.
type DB struct {
	pool *pgxpool.Pool
	q    *queries.Queries
}

// Open connects and proves that the server answers. The URL may hold a password and is never part of an error.
func Open(ctx context.Context, url string) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, &lab.Error{Kind: lab.KindInvalid, Code: "database_url", Message: "The address of the database is not valid."}
	}
	cfg.MaxConns = max(cfg.MaxConns, 16)
	cfg.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		registerIDs(c.TypeMap())
		return nil
	}
	if cfg.ConnConfig.RuntimeParams["timezone"] == "" {
		cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, &lab.Error{Kind: lab.KindUnavailable, Code: "database_unreachable", Message: "The hub's database does not answer.", Cause: err}
	}
	return &DB{pool: pool, q: queries.New()}, nil
}

// Close waits for running statements and closes the pool.
func (db *DB) Close() { db.pool.Close() }

// Pool gives the pool itself, for River and the session store, which bring their own statements.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Queries gives the compiled statements; they take the connection or transaction as an argument.
func (db *DB) Queries() *queries.Queries { return db.q }

// beginWrite keeps the planner from reading whole tables: a plan that was made and kept while a table was still small
// would read all of it for ever, and every look-up of ours has its index.
const beginWrite = "BEGIN; SET LOCAL enable_seqscan = off"

// Update runs fn in one READ COMMITTED transaction. Statements after a row lock see what the lock waited for.
func (db *DB) Update(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return wrap(pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{BeginQuery: beginWrite}, fn))
}

// View runs fn in one read-only snapshot.
func (db *DB) View(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return wrap(pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, fn))
}

// Ping tells whether the database answers, for the readiness check.
func (db *DB) Ping(ctx context.Context) error { return wrap(db.pool.Ping(ctx)) }

// EnsurePartitions makes the journal's partitions for the month of now and the two after it.
func (db *DB) EnsurePartitions(ctx context.Context, now time.Time) error {
	first := time.Date(now.UTC().Year(), now.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	for i := range 3 {
		if _, err := db.pool.Exec(ctx, "SELECT journal_partition($1)", first.AddDate(0, i, 0)); err != nil && !duplicateTable(err) {
			return fmt.Errorf("postgres: journal partition: %w", err)
		}
	}
	return nil
}

// duplicateTable tells that another replica made the same partition in the same moment.
func duplicateTable(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "42P07" || pe.Code == "23505")
}

// IsUnique tells whether the error is a violated unique key, and of which constraint.
func IsUnique(err error) (constraint string, is bool) {
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code == "23505" {
		return pe.ConstraintName, true
	}
	return "", false
}

// wrap gives errors of the connection a kind that a client can act on; everything else passes.
func wrap(err error) error {
	var le *lab.Error
	if err == nil || errors.As(err, &le) {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return &lab.Error{Kind: lab.KindNotFound, Code: "not_found", Message: "There is no such record.", Cause: err}
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pe.Code[:2] {
		case "40", "53", "57", "55":
			return &lab.Error{Kind: lab.KindUnavailable, Code: "database_busy", Message: "The hub is busy. Try again in a moment.", Cause: err}
		}
		return err
	}
	if pgconn.Timeout(err) || pgconn.SafeToRetry(err) {
		return &lab.Error{Kind: lab.KindUnavailable, Code: "database_unreachable", Message: "The hub's database does not answer.", Cause: err}
	}
	return err
}
