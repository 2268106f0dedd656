package sqlite_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

func TestAccessLog(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.patient(t, "Asha Sharma")
	open := func() {
		t.Helper()
		actor := b.user
		actor.Station = "desk 1"
		if err := b.db.LogAccess(t.Context(), sqlite.Access{Actor: actor, Action: "patient.open", Entity: "patient", Record: id}); err != nil {
			t.Fatal(err)
		}
	}
	closeDays := func() {
		t.Helper()
		if err := b.db.CloseAccessDays(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	open()
	open()
	closeDays() // today stays open
	if n := one[int](t, b.db, "SELECT count(*) FROM access_day"); n != 0 {
		t.Fatalf("%d days are closed, want none", n)
	}
	b.clock.Add(24 * time.Hour)
	open()
	closeDays()
	closeDays()
	if n := one[int](t, b.db, "SELECT count(*) FROM journal WHERE reason = 'access_day'"); n != 1 {
		t.Fatalf("%d day heads in the journal, want 1", n)
	}
	b.clock.Add(-48 * time.Hour) // the clock was set back: the line goes on in the later day
	open()
	if days := one[int](t, b.db, "SELECT count(DISTINCT day) FROM access_log"); days != 2 {
		t.Fatalf("%d days, want 2", days)
	}
	if bad, err := b.db.VerifyAccess(t.Context()); bad != 0 || err != nil {
		t.Fatalf("line %d, %v", bad, err)
	}
	b.verify(t)
	for _, query := range []string{
		"UPDATE access_log SET action = 'x' WHERE n = 1", "DELETE FROM access_log WHERE n = 1", "DELETE FROM access_log WHERE n = 4",
		"INSERT INTO access_log (n, day, at_ms, actor, action, hash) VALUES (2, 20301231, 0, 'x', 'x', x'00')",
		"INSERT INTO access_log (n, day, at_ms, actor, action, hash) VALUES (9, 20261121, 0, 'x', 'x', x'00')",
		"UPDATE access_day SET count = 1", "DELETE FROM access_day",
	} {
		if err := b.db.Update(t.Context(), b.user, "test", func(tx *sqlite.Tx) error {
			_, err := tx.ExecContext(t.Context(), query)
			return err
		}); lab.KindOf(err) != lab.KindConflict {
			t.Errorf("%s: error = %v", query, err)
		}
	}
	b.clock.Add(500 * 24 * time.Hour)
	open()
	closeDays()
	if err := b.db.ForgetAccess(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := one[int](t, b.db, "SELECT count(*) FROM access_log"); n != 1 {
		t.Fatalf("%d lines are left, want the newest", n)
	}
	if bad, err := b.db.VerifyAccess(t.Context()); bad != 0 || err != nil {
		t.Fatalf("line %d, %v", bad, err)
	}
}

func TestTamperedAccessLogShows(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		query string
		bad   int64
	}{
		"line changed":          {"UPDATE access_log SET actor = 'user:other' WHERE n = 2", 2},
		"line deleted":          {"DELETE FROM access_log WHERE n = 2", 3},
		"end of the day cut":    {"DELETE FROM access_log WHERE n = 4", 3},
		"record changed":        {"UPDATE access_log SET record = NULL WHERE n = 3", 3},
		"last line of the open": {"UPDATE access_log SET at_ms = 5 WHERE n = 5", 5},
	} {
		b := setup(t)
		for i := range 5 {
			if i == 4 {
				b.clock.Add(24 * time.Hour)
			}
			if err := b.db.LogAccess(t.Context(), sqlite.Access{Actor: b.user, Action: "patient.open", Entity: "patient", Record: b.user.ID}); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.db.CloseAccessDays(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = b.db.Close()
		tamper(t, b.path, func(db *sql.DB) {
			run(t, db, "DROP TRIGGER access_fixed")
			run(t, db, "DROP TRIGGER access_keep")
			run(t, db, tc.query)
		})
		db := b.open(t)
		if bad, err := db.VerifyAccess(context.Background()); bad != tc.bad || err != nil {
			t.Errorf("%s: line %d, %v, want %d", name, bad, err, tc.bad)
		}
	}
}
