package sqlite_test

import (
	"errors"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
)

func TestChangeWritesOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.patient(t, "Asha Sharma")
	b.update(t, func(tx *sqlite.Tx) error {
		return tx.Change("patient", id, sqlite.Row{"name": "Asha Sharma"},
			sqlite.Row{"name": "Asha Verma", "sex": "f", "weight": 61.5}, sqlite.Said("married"))
	})
	b.update(t, func(tx *sqlite.Tx) error {
		return tx.Change("patient", id, nil, sqlite.Row{"name": "Asha Verma"})
	})
	if n := one[int](t, b.db, "SELECT count(*) FROM journal"); n != 2 {
		t.Fatalf("journal has %d entries, want 2: no change, no entry", n)
	}
	phi, err := journal.DecodeFields(one[[]byte](t, b.db, "SELECT phi FROM journal WHERE seq = 2"))
	if err != nil || phi[1] != "Asha Verma" || phi[journal.FieldSaid] != "married" || len(phi) != 2 {
		t.Fatalf("phi = %v, %v", phi, err)
	}
	fields, err := journal.DecodeFields(one[[]byte](t, b.db, "SELECT fields FROM journal WHERE seq = 2"))
	if err != nil || fields[4] != 61.5 || len(fields) != 1 {
		t.Fatalf("fields = %v, %v", fields, err)
	}
	prev, err := journal.DecodeFields(one[[]byte](t, b.db, "SELECT prev FROM journal WHERE seq = 2"))
	if err != nil || prev[1] != "Asha Sharma" || prev[4] != nil || len(prev) != 2 {
		t.Fatalf("prev = %v, %v", prev, err)
	}
	if name := one[string](t, b.db, "SELECT name FROM patient WHERE id = ?", id[:]); name != "Asha Verma" {
		t.Fatalf("name = %q", name)
	}
}

func TestStaleChangeShowsBothValues(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.patient(t, "Asha Sharma")
	var seen journal.Versions
	if err := b.db.View(t.Context(), func(tx *sqlite.ReadTx) (err error) {
		seen, err = tx.Versions(t.Context(), "patient", id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	change := func(row sqlite.Row) error {
		return b.db.Update(t.Context(), b.user, "edit", func(tx *sqlite.Tx) error {
			return tx.Change("patient", id, nil, row, sqlite.Expect(seen))
		})
	}
	if err := change(sqlite.Row{"phone": "111"}); err != nil {
		t.Fatal(err)
	}
	if err := change(sqlite.Row{"weight": 70.0}); err != nil {
		t.Fatalf("another group is not stale: %v", err)
	}
	err := change(sqlite.Row{"phone": "222"})
	var e *lab.Error
	if !errors.As(err, &e) || e.Kind != lab.KindConflict || e.Code != sqlite.CodeStale {
		t.Fatalf("error = %v", err)
	}
	fields, _ := e.Detail["fields"].(map[string]any)
	phone, _ := fields["phone"].(map[string]any)
	if phone["stored"] != "111" || phone["yours"] != "222" {
		t.Fatalf("detail = %v", e.Detail)
	}
}

func TestRefusedWrites(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.patient(t, "Asha Sharma")
	result := b.db.NewID()
	b.update(t, func(tx *sqlite.Tx) error {
		return tx.Insert("result", result, sqlite.Row{"patient_id": id, "value": "5.1", "verified": true, "_state": "verified"})
	})
	for name, tc := range map[string]struct {
		write func(tx *sqlite.Tx) error
		kind  lab.Kind
		code  string
	}{
		"locked value":   {func(tx *sqlite.Tx) error { return tx.Change("result", result, nil, sqlite.Row{"value": "6"}) }, lab.KindLocked, sqlite.CodeLocked},
		"missing record": {func(tx *sqlite.Tx) error { return tx.Change("result", id, nil, sqlite.Row{"value": "6"}) }, lab.KindNotFound, sqlite.CodeNoRecord},
		"same id again":  {func(tx *sqlite.Tx) error { return tx.Insert("patient", id, sqlite.Row{"name": "x"}) }, lab.KindConflict, "already_exists"},
		"missing parent": {func(tx *sqlite.Tx) error {
			return tx.Insert("result", tx.NewID(), sqlite.Row{"patient_id": tx.NewID()})
		}, lab.KindConflict, "reference_missing"},
		"not UTF-8":      {func(tx *sqlite.Tx) error { return tx.Change("patient", id, nil, sqlite.Row{"name": "\xff"}) }, lab.KindInvalid, "text_malformed"},
		"NUL in text":    {func(tx *sqlite.Tx) error { return tx.Change("patient", id, nil, sqlite.Row{"name": "a\x00b"}) }, lab.KindInvalid, "text_malformed"},
		"unknown column": {func(tx *sqlite.Tx) error { return tx.Change("patient", id, nil, sqlite.Row{"_rv": 5}) }, lab.KindInternal, "internal"},
		"unknown entity": {func(tx *sqlite.Tx) error { return tx.Insert("nobody", tx.NewID(), nil) }, lab.KindInternal, "internal"},
		"commit by hand": {func(tx *sqlite.Tx) error { _, err := tx.ExecContext(t.Context(), "-- name: X\ncommit"); return err }, lab.KindInternal, "internal"},
		"or replace": {func(tx *sqlite.Tx) error {
			_, err := tx.ExecContext(t.Context(), "insert\n or\treplace into tally values ('a', 1)")
			return err
		}, lab.KindInternal, "internal"},
		"prepared outside": {func(tx *sqlite.Tx) error { _, err := tx.PrepareContext(t.Context(), "SELECT 1"); return err }, lab.KindInternal, "internal"}, //nolint:sqlclosecheck // the statement is kept for the next use
		"swallowed refusal of a row": {func(tx *sqlite.Tx) error {
			_ = tx.QueryRowContext(t.Context(), "PRAGMA synchronous=0").Scan(new(int))
			return nil
		}, lab.KindInternal, "internal"},
	} {
		err := b.db.Update(t.Context(), b.user, "test", tc.write)
		if lab.KindOf(err) != tc.kind || lab.CodeOf(err) != tc.code {
			t.Errorf("%s: error = %v", name, err)
		}
	}
	if n := one[int](t, b.db, "SELECT count(*) FROM journal"); n != 2 {
		t.Fatalf("journal has %d entries, want 2", n)
	}
}

func TestTombstoneKeepsTheRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.patient(t, "Asha Sharma")
	remove := func(tx *sqlite.Tx) error { return tx.Tombstone("patient", id, "duplicate") }
	b.update(t, remove)
	b.update(t, remove)
	if n := one[int](t, b.db, "SELECT count(*) FROM journal"); n != 2 {
		t.Fatalf("journal has %d entries, want 2: removing twice is removing once", n)
	}
	if del := one[int](t, b.db, "SELECT _del FROM patient WHERE id = ?", id[:]); del != 1 {
		t.Fatal("the row is not marked")
	}
	err := b.db.Update(t.Context(), b.user, "test", func(tx *sqlite.Tx) error {
		return tx.Change("patient", id, nil, sqlite.Row{"sex": "m"})
	})
	if lab.CodeOf(err) != "record_deleted" {
		t.Fatalf("error = %v", err)
	}
}

func TestEntrySaysWhoWhenWhy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patient(t, "Asha Sharma")
	b.clock.Add(-1e9) // the wall clock goes back; order must not
	id := b.patient(t, "Asha Verma")
	var e struct {
		actor, session, reason, op string
		txid, wall, zone, schema   int64
		hlc1, hlc2                 int64
		subject                    []byte
	}
	if err := b.db.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), `SELECT b.actor, b.session, b.reason, b.op, b.txid, b.wall_ms, b.zone_min,
b.schema, a.hlc, b.hlc, b.subject FROM journal a, journal b WHERE a.seq = 1 AND b.seq = 2`).Scan(&e.actor, &e.session,
			&e.reason, &e.op, &e.txid, &e.wall, &e.zone, &e.schema, &e.hlc1, &e.hlc2, &e.subject)
	}); err != nil {
		t.Fatal(err)
	}
	if e.actor != b.user.String() || e.session != "s1" || e.reason != "test" || e.op != "insert" || e.txid != 2 ||
		e.wall != b.clock.Now().UnixMilli() || e.zone != 330 || e.schema != 3 || string(e.subject) != string(id[:]) {
		t.Fatalf("entry = %+v", e)
	}
	if e.hlc2 <= e.hlc1 {
		t.Fatalf("clock went back: %d, %d", e.hlc1, e.hlc2)
	}
}
