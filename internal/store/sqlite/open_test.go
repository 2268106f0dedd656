package sqlite_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
)

func hashOf(t *testing.T, path string) [32]byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(content)
}

// Row 30: an older program finds the database of a newer one. It refuses in words, and not a byte of the file changes.
func TestRow30OlderProgramRefusesANewerDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patient(t, "Asha Sharma")
	_ = b.db.Close()
	newer := b.options
	newer.Migrations = migrationsWith(t, map[string]string{"00900_more.sql": "-- +goose Up\nCREATE TABLE more (a INTEGER) STRICT;\n"})
	db, err := sqlite.Open(context.Background(), newer)
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	before := hashOf(t, b.path)
	_, err = sqlite.Open(context.Background(), b.options)
	if lab.CodeOf(err) != sqlite.CodeNewer {
		t.Fatalf("error = %v", err)
	}
	if hashOf(t, b.path) != before {
		t.Fatal("the file was changed")
	}
}

// Row 31: a migration fails half-way. Nothing of it is left, and the copy that was made first is whole.
func TestRow31FailedMigrationLeavesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patient(t, "Asha Sharma")
	_ = b.db.Close()
	for name, migration := range map[string]string{
		"00900_bad.sql": "-- +goose Up\nCREATE TABLE more (a INTEGER) STRICT;\nINSERT INTO nowhere VALUES (1);\n",
		"00900_ok.sql":  "-- +goose Up\nCREATE TABLE more (a INTEGER) STRICT;\n",
	} {
		o := b.options
		o.Backups = filepath.Join(t.TempDir(), "copies")
		o.Migrations = migrationsWith(t, map[string]string{name: migration})
		db, err := sqlite.Open(context.Background(), o)
		if name == "00900_bad.sql" {
			if err == nil {
				t.Fatal("a failing migration opened")
			}
			b.options.Migrations = migrationsWith(t, nil)
			again, err := sqlite.Open(context.Background(), b.options) // nothing of it is left
			if err != nil {
				t.Fatal(err)
			}
			if n := one[int](t, again, "SELECT count(*) FROM sqlite_schema WHERE name = 'more'"); n != 0 {
				t.Fatal("half a migration is left")
			}
			_ = again.Close()
		} else {
			if err != nil {
				t.Fatal(err)
			}
			_ = db.Close()
		}
		copies, err := filepath.Glob(filepath.Join(o.Backups, "*"))
		if err != nil || len(copies) != 1 || filepath.Ext(copies[0]) != ".db" {
			t.Fatalf("%s: copies = %v, %v", name, copies, err)
		}
		report, err := sqlite.Verify(context.Background(), copies[0], sqlite.VerifyOptions{Registry: registry()})
		if err != nil || report.Fault != nil || report.Entries != 1 {
			t.Fatalf("%s: copy: %+v, %v", name, report, err)
		}
		if name == "00900_ok.sql" {
			break // the schema is newer now
		}
	}
}

func TestRegistryMustFitTheTables(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_ = b.db.Close()
	for name, spoil := range map[string]func(o *sqlite.Options){
		"missing column": func(o *sqlite.Options) { o.Registry.Entities[0].Fields[0].Column = "surname" },
		"extra column":   func(o *sqlite.Options) { o.Registry.Entities[0].Fields = o.Registry.Entities[0].Fields[1:] },
		"missing table":  func(o *sqlite.Options) { o.Registry.Entities[0].Table = "people" },
	} {
		o := b.options
		o.Registry = registry()
		spoil(&o)
		if db, err := sqlite.Open(context.Background(), o); err == nil {
			_ = db.Close()
			t.Errorf("%s: opened", name)
		}
	}
}

func TestSettingsThatDifferAreFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	for _, pragma := range []string{"synchronous=1", "foreign_keys=0", "recursive_triggers=0", "secure_delete=0", "busy_timeout=1", "wal_autocheckpoint=1000", "query_only=1"} {
		pool, err := sql.Open("sqlite", sqlite.WriterSource(t, b.path))
		if err != nil {
			t.Fatal(err)
		}
		pool.SetMaxOpenConns(1)
		if err := sqlite.ProveWriter(ctx, pool); err != nil {
			t.Fatalf("as opened: %v", err)
		}
		if _, err := pool.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			t.Fatal(err)
		}
		if err := sqlite.ProveWriter(ctx, pool); lab.CodeOf(err) != "database_settings" {
			t.Errorf("%s: error = %v", pragma, err)
		}
		_ = pool.Close()
	}
	for _, query := range []string{"_pragma=journal_mode(DELETE)", "_dqs=1&_defensive=1", "_defensive=0&_dqs=0"} {
		path := filepath.Join(t.TempDir(), "plain.db")
		pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"+
			"&_pragma=recursive_triggers(1)&_pragma=secure_delete(ON)&_pragma=wal_autocheckpoint(0)&"+map[bool]string{true: "", false: "_pragma=journal_mode(WAL)&"}[query == "_pragma=journal_mode(DELETE)"]+query)
		if err != nil {
			t.Fatal(err)
		}
		pool.SetMaxOpenConns(1)
		if err := sqlite.ProveWriter(ctx, pool); lab.CodeOf(err) != "database_settings" {
			t.Errorf("%s: error = %v", query, err)
		}
		_ = pool.Close()
	}
}

func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, query := range []string{"DELETE FROM tally", "INSERT INTO tally VALUES ('a', 1)", "CREATE TABLE x (a)"} {
		if err := b.db.View(t.Context(), func(tx *sqlite.ReadTx) error {
			_, err := tx.ExecContext(t.Context(), query)
			return err
		}); err == nil {
			t.Errorf("%s: done by a reader", query)
		}
	}
}

// Row 17: an old state is put back, as when the log was deleted or a file was copied without it. The head that stands
// outside of the database tells.
func TestRow17DatabaseBehindItsSignedHeadShows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_ = b.db.Close()
	b.options.Key = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	b.db = b.open(t)
	b.patient(t, "Asha Sharma")
	_ = b.db.Close()
	early := copyOf(t, b.path)
	b.db = b.open(t)
	if p := b.db.Health(); len(p) != 0 {
		t.Fatalf("health = %v", p)
	}
	b.patient(t, "Asha Verma")
	_ = b.db.Close()
	late, err := os.ReadFile(sqlite.HeadPath(b.path))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sqlite.HeadPath(early), late, 0o600); err != nil {
		t.Fatal(err)
	}
	b.options.Path = early
	b.db = b.open(t)
	if p := b.db.Health(); !slices.Contains(p, sqlite.ProblemHead) {
		t.Fatalf("health = %v", p)
	}
}

// TestDamagedPages flips bytes of a database that was left with its log, and opens it.
func TestDamagedPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 40 {
		b.patient(t, "Asha Sharma")
	}
	_ = b.db.Close()
	content, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(content); i += 4096 {
		copy(content[i:], "\xff\xff\xff\xff") // the header of every page but the first
	}
	if err := os.WriteFile(b.path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.path+"-wal", []byte("left behind"), 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := sqlite.Open(context.Background(), b.options); lab.CodeOf(err) != "database_corrupt" {
		_ = db.Close()
		t.Fatalf("error = %v", err)
	}
}

func TestLargeDatabaseIsCheckedWhileItServes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patient(t, "Asha Sharma")
	o := sqlite.WithCheckLimit(b.options, 1)
	o.Path = filepath.Join(t.TempDir(), "left.db")
	for _, suffix := range []string{"", "-wal"} { // as a crash leaves it: the log beside the file
		content, err := os.ReadFile(b.path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(o.Path+suffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sqlite.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.WaitForCheck()
	if p := db.Health(); len(p) != 1 || p[0] != sqlite.ProblemUnclean {
		t.Fatalf("health = %v", p)
	}
	if n := one[int](t, db, "SELECT count(*) FROM patient"); n != 1 {
		t.Fatalf("%d patients, want 1", n)
	}
}

// TestEveryTableHasItsPlace finds a table that is neither synced nor listed as unjournalled.
func TestEveryTableHasItsPlace(t *testing.T) {
	t.Parallel()
	b := whole(t)
	listed := sqlite.Unjournalled()
	for _, e := range journal.Schema().Entities {
		listed[e.Table] = "synced"
	}
	var names []string
	if err := b.db.View(t.Context(), func(tx *sqlite.ReadTx) error {
		rows, err := tx.QueryContext(t.Context(), "SELECT name FROM sqlite_schema WHERE type = 'table'")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			names = append(names, name)
		}
		return rows.Err()
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if listed[name] == "" {
			t.Errorf("table %s is neither synced nor listed", name)
		}
	}
	for name := range listed {
		if !slices.Contains(names, name) {
			t.Errorf("table %s is listed and does not exist", name)
		}
	}
}
