package private_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/store/postgres/private"
)

// A kept directory holds its data over a stop and a start.
func TestKeptDirectory(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "jaanch-kept-") // t.TempDir lies under a directory that another account may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	for round := range 2 {
		s, err := private.Start(ctx, private.Options{Dir: filepath.Clean(dir)})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.CreateDatabase(ctx, "jaanch"); err != nil {
			t.Fatal(err)
		}
		conn, err := pgx.Connect(ctx, s.URL("jaanch"))
		if err != nil {
			t.Fatal(err)
		}
		var fsync string
		if err := conn.QueryRow(ctx, "SHOW fsync").Scan(&fsync); err != nil || fsync != "on" {
			t.Fatalf("a kept directory must run with fsync, got %q %v", fsync, err)
		}
		statement, want := "CREATE TABLE t AS SELECT 7 AS x", 0
		if round == 1 {
			statement, want = "SELECT 1", 7
		}
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
		if want != 0 {
			var x int
			if err := conn.QueryRow(ctx, "SELECT x FROM t").Scan(&x); err != nil || x != want {
				t.Fatalf("the row is gone: %d %v", x, err)
			}
		}
		if err := conn.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := s.Stop(); err != nil {
			t.Fatal("a second stop must do nothing:", err)
		}
	}
}

// A demonstration names its folder as .run/hub: relative to where it was started, which is not where the server runs.
func TestRelativeDirectory(t *testing.T) {
	parent, err := os.MkdirTemp("", "jaanch-relative-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(parent); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(parent, 0o711); err != nil { //nolint:gosec // the account of the server passes through it
		t.Fatal(err)
	}
	t.Chdir(parent)
	s, err := private.Start(t.Context(), private.Options{Dir: "hub", Volatile: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
}
