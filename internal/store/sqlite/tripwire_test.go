package sqlite_test

import (
	"context"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

func TestTripwire(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.patient(t, "Asha Sharma")
	result := b.db.NewID()
	b.update(t, func(tx *sqlite.Tx) error {
		return tx.Insert("result", result, sqlite.Row{"patient_id": id, "value": "5"})
	})
	run := func(query string, args ...any) func(tx *sqlite.Tx) error {
		return func(tx *sqlite.Tx) error {
			_, err := tx.ExecContext(context.Background(), query, args...)
			return err
		}
	}
	for name, tc := range map[string]struct {
		write func(tx *sqlite.Tx) error
		trips bool
	}{
		"insert":  {run("INSERT INTO patient (id, name) VALUES (?, 'x')", make([]byte, 16)), true},
		"update":  {run("UPDATE patient SET sex = 'm' WHERE id = ?", id[:]), true},
		"to NULL": {run("UPDATE patient SET sex = NULL WHERE id = ?", id[:]), true},
		"delete":  {run("DELETE FROM result WHERE id = ?", result[:]), true},
		"by returning": {func(tx *sqlite.Tx) error {
			return tx.QueryRowContext(context.Background(), "UPDATE patient SET sex = 'm' WHERE id = ? RETURNING sex", id[:]).Scan(new(string))
		}, true},
		"state column": {run("UPDATE result SET _state = 'done' WHERE id = ?", result[:]), false},
		"same value":   {run("UPDATE patient SET sex = 'f' WHERE id = ?", id[:]), false},
		"other table":  {run("INSERT INTO tally VALUES ('a', 1)"), false},
		"of no row":    {run("UPDATE patient SET sex = 'm' WHERE sex = 'q'"), false},
		"journalled":   {func(tx *sqlite.Tx) error { return tx.Change("patient", id, nil, sqlite.Row{"weight": 60.0}) }, false},
		"both, one not": {func(tx *sqlite.Tx) error {
			return both(tx.Change("patient", id, nil, sqlite.Row{"weight": 61.0}), run("UPDATE patient SET sex = 'm'")(tx))
		}, true},
		"value differs": {func(tx *sqlite.Tx) error {
			return both(tx.Change("patient", id, nil, sqlite.Row{"weight": 62.0}), run("UPDATE patient SET weight = 63")(tx))
		}, true},
		// A statement that fails half way takes its own changes back, and the hook does not hear it.
		"failed statement": {func(tx *sqlite.Tx) error {
			_, err := tx.ExecContext(context.Background(), "INSERT INTO patient (id, name) SELECT randomblob(16), CASE WHEN value < 9 THEN 'x' END FROM (SELECT 1 AS value UNION ALL SELECT 9)")
			if err == nil {
				t.Error("the statement did not fail")
			}
			return nil
		}, false},
	} {
		err := b.db.Update(t.Context(), b.user, "test", tc.write)
		if tc.trips != (lab.CodeOf(err) == "unjournalled_write") || !tc.trips && err != nil {
			t.Errorf("%s: error = %v", name, err)
		}
	}
	b.verify(t)
}

func both(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// TestTripwireForgetsWhatWasRolledBack: an update that failed leaves nothing that a later one of the same group answers
// for.
func TestTripwireForgetsWhatWasRolledBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patient(t, "Asha Sharma")
	raw := func(tx *sqlite.Tx) error {
		if _, err := tx.ExecContext(context.Background(), "UPDATE patient SET sex = 'm'"); err != nil {
			return err
		}
		return lab.Conflict("no", "No.")
	}
	good := func(tx *sqlite.Tx) error { return tx.Insert("patient", tx.NewID(), sqlite.Row{"name": "x"}) }
	errs := together(t, b, []func(tx *sqlite.Tx) error{raw, good, raw, good})
	for i, err := range errs {
		if want := map[bool]string{true: "no", false: "internal"}[i%2 == 0]; (err == nil) != (i%2 == 1) || lab.CodeOf(err) != want && err != nil {
			t.Errorf("update %d: %v", i, err)
		}
	}
}

func TestWithoutTripwireNothingListens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_ = b.db.Close()
	b.options.Tripwire = false
	b.db = b.open(t)
	id := b.patient(t, "Asha Sharma")
	b.update(t, func(tx *sqlite.Tx) error {
		_, err := tx.ExecContext(context.Background(), "UPDATE patient SET sex = 'm' WHERE id = ?", id[:])
		return err
	})
	report, err := b.db.VerifyChain(t.Context(), sqlite.VerifyOptions{})
	if err != nil || report.Fault == nil || report.Fault.Code != sqlite.FaultRow {
		t.Fatalf("the verification did not find it: %+v, %v", report.Fault, err)
	}
}
