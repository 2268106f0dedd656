package sqlite_test

import (
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

// TestSavepointsAreForThoseWhoNeedThem counts how often the closures of a group run beside one that fails: before it has
// written, nobody notices; afterwards the group is taken back once and runs again, and the next one runs sheltered.
func TestSavepointsAreForThoseWhoNeedThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tc := range []struct {
		name  string
		write bool // the failing update has written before it fails
		runs  int  // of every update before it; those after it run once
	}{
		{"refused before it wrote", false, 1},
		{"failed after it wrote", true, 2},
		{"failed after it wrote, in the next group", true, 1},
		{"refused before it wrote, in a sheltered group", false, 1},
	} {
		runs := make([]int, 8)
		fns := make([]func(tx *sqlite.Tx) error, len(runs))
		for i := range fns {
			id := b.db.NewID()
			fns[i] = func(tx *sqlite.Tx) error {
				runs[i]++
				return tx.Insert("patient", id, sqlite.Row{"name": "Asha Sharma"})
			}
		}
		good := fns[4]
		fns[4] = func(tx *sqlite.Tx) error {
			if tc.write {
				if err := good(tx); err != nil {
					return err
				}
			}
			return lab.Conflict("no", "refused")
		}
		before := one[int](t, b.db, "SELECT count(*) FROM patient")
		for i, err := range together(t, b, fns) {
			if (i == 4) != (lab.CodeOf(err) == "no") || i != 4 && err != nil {
				t.Errorf("%s: update %d: %v", tc.name, i, err)
			}
			if want := map[bool]int{true: tc.runs, false: 1}[i < 4]; i != 4 && runs[i] != want {
				t.Errorf("%s: update %d ran %d times, want %d", tc.name, i, runs[i], want)
			}
		}
		if n := one[int](t, b.db, "SELECT count(*) FROM patient"); n != before+len(fns)-1 {
			t.Errorf("%s: %d patients more, want %d", tc.name, n-before, len(fns)-1)
		}
		b.verify(t)
	}
}
