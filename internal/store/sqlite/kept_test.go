package sqlite_test

import (
	"errors"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

type nameKey lab.ID

// keptName reads a patient's name through Keep and counts how often it was read.
func keptName(tx *sqlite.Tx, id lab.ID, reads *int) (string, error) {
	return sqlite.Keep(tx, nameKey(id), func() (string, error) {
		*reads++
		var name string
		err := tx.QueryRowContext(nil, "SELECT name FROM patient WHERE id = ?", id[:]).Scan(&name) //nolint:staticcheck // no deadline reaches it
		return name, err
	}, "patient")
}

func TestKeptIsNeverOlderThanTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var id lab.ID
	b.update(t, func(tx *sqlite.Tx) error {
		id = tx.NewID()
		return tx.Insert("patient", id, sqlite.Row{"name": "one"})
	})
	reads := 0
	expect := func(step, want string, wantReads int) {
		t.Helper()
		b.update(t, func(tx *sqlite.Tx) error {
			got, err := keptName(tx, id, &reads)
			if got != want || reads != wantReads {
				t.Errorf("%s: %q after %d reads, want %q after %d", step, got, reads, want, wantReads)
			}
			return err
		})
	}
	expect("first", "one", 1)
	expect("kept", "one", 1)
	b.update(t, func(tx *sqlite.Tx) error {
		return tx.Insert("result", tx.NewID(), sqlite.Row{"patient_id": id, "value": "5.1", "verified": 0})
	})
	expect("another kind was written", "one", 1)
	b.update(t, func(tx *sqlite.Tx) error { return tx.Change("patient", id, nil, sqlite.Row{"name": "two"}) })
	expect("it was written", "two", 2)
	undone := errors.New("undone")
	err := b.db.Update(t.Context(), b.user, "test", func(tx *sqlite.Tx) error {
		if err := tx.Change("patient", id, nil, sqlite.Row{"name": "three"}); err != nil {
			return err
		}
		if got, err := keptName(tx, id, &reads); got != "three" || err != nil {
			t.Errorf("inside: %q, %v", got, err)
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	expect("the update was undone", "two", 4)
}
