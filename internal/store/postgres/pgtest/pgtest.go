// Package pgtest gives each test a migrated database of its own on a real Postgres. One server is started per test
// binary, without fsync, and ends with it, however it ends; each database is a copy of a template.
package pgtest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/private"
)

// shared is the one server of this test binary. It is the only state of the package: a server per test would cost most
// of a second each, and the operating system takes it down with the binary.
var shared = sync.OnceValues(start)

type server struct {
	*private.Server

	made atomic.Int64
}

const template = "jaanch_template"

// New gives an open database with the hub's schema, closed when the test ends.
func New(t testing.TB) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), URL(t))
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(db.Close)
	return db
}

// URL gives the address of a fresh migrated database, for tests that open it themselves or more than once.
func URL(t testing.TB) string {
	t.Helper()
	s := running(t)
	name := fmt.Sprintf("test_%d", s.made.Add(1))
	admin(t, s, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", name, template))
	return s.URL(name)
}

// Empty gives the address of a database without any schema, for tests of the migrations.
func Empty(t testing.TB) string {
	t.Helper()
	s := running(t)
	name := fmt.Sprintf("test_%d", s.made.Add(1))
	admin(t, s, "CREATE DATABASE "+name)
	return s.URL(name)
}

func running(t testing.TB) *server {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return s
}

func admin(t testing.TB, s *server, statement string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing is left to lose
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("pgtest: %s: %v", statement, err)
	}
}

func start() (*server, error) {
	ctx := context.Background()
	s, err := private.Start(ctx, private.Options{Volatile: true})
	if err != nil {
		return nil, err
	}
	if err := s.CreateDatabase(ctx, template); err != nil {
		return nil, err
	}
	db, err := postgres.Open(ctx, s.URL(template))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := db.Migrate(ctx, time.Now()); err != nil {
		return nil, err
	}
	return &server{Server: s}, nil
}
