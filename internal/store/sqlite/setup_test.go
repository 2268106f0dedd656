package sqlite_test

import (
	"context"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
)

// nounSQL is a small laboratory: somebody with personal fields, something that belongs to them, and a locked value.
const nounSQL = `-- +goose Up
CREATE TABLE patient (
    id BLOB PRIMARY KEY, name TEXT NOT NULL DEFAULT '', phone TEXT, sex TEXT, weight REAL, photo BLOB,
    _rv INTEGER NOT NULL DEFAULT 0, _gv BLOB, _del INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE result (
    id BLOB PRIMARY KEY, patient_id BLOB NOT NULL REFERENCES patient (id), value TEXT, note TEXT, verified INTEGER,
    _rv INTEGER NOT NULL DEFAULT 0, _gv BLOB, _del INTEGER NOT NULL DEFAULT 0, _state TEXT,
    UNIQUE (patient_id, note)
) STRICT, WITHOUT ROWID;
CREATE TABLE name_index (token TEXT NOT NULL, patient_id BLOB NOT NULL, PRIMARY KEY (token, patient_id)) STRICT, WITHOUT ROWID;
CREATE TABLE tally (k TEXT PRIMARY KEY, n INTEGER NOT NULL CHECK (n >= 0)) STRICT;
-- +goose StatementBegin
CREATE TRIGGER result_locked BEFORE UPDATE OF value ON result WHEN OLD.verified = 1
BEGIN SELECT RAISE(ABORT, 'locked: result is verified'); END;
-- +goose StatementEnd
-- +goose Down
`

func registry() journal.Registry {
	return journal.Registry{Schema: 3, Entities: []journal.Entity{
		{
			ID: 1, Name: "patient", Table: "patient", Scope: journal.ScopeLab, Subject: "id",
			Groups: []journal.Group{{ID: 1, Name: "identity", Strategy: "LastWriteWins"}, {ID: 2, Name: "body", Strategy: "LastWriteWins"}},
			Fields: []journal.Field{
				{ID: 1, Column: "name", Type: journal.TypeText, Group: 1, Personal: true, Since: 1},
				{ID: 2, Column: "phone", Type: journal.TypeText, Group: 1, Personal: true, Since: 1},
				{ID: 3, Column: "sex", Type: journal.TypeText, Group: 1, Since: 1},
				{ID: 4, Column: "weight", Type: journal.TypeReal, Group: 2, Since: 1},
				{ID: 5, Column: "photo", Type: journal.TypeBlob, Group: 2, Personal: true, Since: 2},
			},
		},
		{
			ID: 2, Name: "result", Table: "result", Scope: journal.ScopeLab, Subject: "patient_id",
			Groups: []journal.Group{{ID: 1, Name: "clinical", Strategy: "ClientWins"}, {ID: 2, Name: "note", Strategy: "LastWriteWins"}},
			Fields: []journal.Field{
				{ID: 1, Column: "patient_id", Type: journal.TypeID, Group: 1, Since: 1},
				{ID: 2, Column: "value", Type: journal.TypeText, Group: 1, Since: 1},
				{ID: 3, Column: "note", Type: journal.TypeText, Group: 2, Personal: true, Since: 1},
				{ID: 4, Column: "verified", Type: journal.TypeInt, Group: 1, Since: 1},
			},
		},
	}}
}

func migrationsWith(t testing.TB, extra map[string]string) fs.FS {
	t.Helper()
	core, err := fs.ReadFile(sqlite.Migrations(), "00001_core.sql")
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{
		"00001_core.sql": {Data: core},
		"00002_noun.sql": {Data: []byte(nounSQL)},
	}
	for name, text := range extra {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// clock is a wall clock that moves only when told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)} }

type bundle struct {
	db      *sqlite.DB
	clock   *clock
	path    string
	options sqlite.Options
	user    lab.Actor
}

func setup(t testing.TB) *bundle {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lab one", "100%.db") // a URI must survive such a name
	mkdir(t, filepath.Dir(path))
	return setupAt(t, path)
}

func setupAt(t testing.TB, path string) *bundle {
	t.Helper()
	b := &bundle{clock: newClock(), path: path}
	b.options = sqlite.Options{
		Path: b.path, Clock: b.clock.Now, Zone: time.FixedZone("IST", 330*60), Registry: registry(),
		Tripwire: true, Migrations: migrationsWith(t, nil), Logger: slog.New(slog.DiscardHandler),
	}
	b.db = b.open(t)
	b.user = lab.Actor{Kind: lab.ActorUser, ID: b.db.NewID(), Session: "s1"}
	return b
}

// whole opens a database with the whole schema of a lab.
func whole(t testing.TB) *bundle {
	t.Helper()
	b := &bundle{clock: newClock(), path: filepath.Join(t.TempDir(), "lab.db")}
	b.options = sqlite.Options{
		Path: b.path, Clock: b.clock.Now, Zone: time.UTC, Registry: journal.Schema(), Tripwire: true,
		Logger: slog.New(slog.DiscardHandler),
	}
	b.db = b.open(t)
	b.user = lab.Actor{Kind: lab.ActorUser, ID: b.db.NewID(), Session: "s1"}
	return b
}

func (b *bundle) open(t testing.TB) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(context.Background(), b.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (b *bundle) update(t testing.TB, fn func(tx *sqlite.Tx) error) {
	t.Helper()
	if err := b.db.Update(t.Context(), b.user, "test", fn); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) patient(t testing.TB, name string) lab.ID {
	t.Helper()
	id := b.db.NewID()
	b.update(t, func(tx *sqlite.Tx) error {
		return tx.Insert("patient", id, sqlite.Row{"name": name, "phone": "98765", "sex": "f"})
	})
	return id
}

func one[T any](t testing.TB, db *sqlite.DB, query string, args ...any) T {
	t.Helper()
	var out T
	if err := db.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), query, args...).Scan(&out)
	}); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}

// verify walks the whole chain and rebuilds every row.
func (b *bundle) verify(t testing.TB) {
	t.Helper()
	report, err := b.db.VerifyChain(t.Context(), sqlite.VerifyOptions{})
	if err != nil || report.Fault != nil {
		t.Errorf("verify: %v, %v", report.Fault, err)
	}
}
