package sqlite_test

import (
	"path/filepath"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
)

func groups(t *testing.T, b *bundle, table string, id lab.ID) map[int]journal.GroupVersion {
	t.Helper()
	list, err := journal.UnpackGroups(one[[]byte](t, b.db, "SELECT _gv FROM "+table+" WHERE id = ?", id[:]))
	if err != nil {
		t.Fatal(err)
	}
	out := map[int]journal.GroupVersion{}
	for _, g := range list {
		out[g.Group] = g
	}
	return out
}

func (b *bundle) apply(t *testing.T, in sqlite.Install) {
	t.Helper()
	b.update(t, func(tx *sqlite.Tx) error { return tx.Apply(in) })
}

func TestApplyNewRecordByTwoAuthors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.db.NewID()
	in := sqlite.Install{Entity: "patient", Record: id, RV: 12, Parts: []sqlite.Part{
		{Actor: "user:a", WallMS: 111, ZoneMin: 330, Origin: []byte{0x80}, Row: sqlite.Row{"name": "Asha Sharma", "sex": "f"}, Base: map[int]int64{1: 11}, HLC: map[int]journal.HLC{1: 5}},
		{Actor: "hub:b", WallMS: 222, Origin: []byte{0x81, 1}, Row: sqlite.Row{"weight": 60.0}, Base: map[int]int64{2: 12}},
	}}
	b.apply(t, in)
	gv := groups(t, b, "patient", id)
	if gv[1] != (journal.GroupVersion{Group: 1, Base: 11, HLC: 5, At: 1}) || gv[2] != (journal.GroupVersion{Group: 2, Base: 12, At: 2}) {
		t.Fatalf("groups = %+v", gv)
	}
	var entries []journal.Entry
	if err := b.db.View(t.Context(), func(tx *sqlite.ReadTx) (err error) {
		entries, err = tx.History(t.Context(), "patient", id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 || entries[0].Op != journal.OpApplied || entries[0].Actor != "user:a" || entries[0].WallMS != 111 ||
		entries[0].PHI[1] != "Asha Sharma" || entries[0].Session != "s1" || entries[1].Actor != "hub:b" || entries[1].ZoneMin != 0 {
		t.Fatalf("entries = %+v", entries)
	}
	b.apply(t, in) // the same page again: nothing moves
	in.RV, in.Parts[1].Base = 13, map[int]int64{2: 13}
	b.apply(t, in) // a newer version with the same value: the base moves, nothing is entered
	if gv := groups(t, b, "patient", id); gv[2] != (journal.GroupVersion{Group: 2, Base: 13, At: 2}) {
		t.Fatalf("groups = %+v", gv)
	}
	if n := one[int](t, b.db, "SELECT max(seq) FROM journal"); n != 2 {
		t.Fatalf("journal ends at %d, want 2", n)
	}
	// A local change stands on what was installed.
	b.update(t, func(tx *sqlite.Tx) error {
		return tx.Change("patient", id, nil, sqlite.Row{"weight": 61.0, "sex": "m"})
	})
	base, err := journal.DecodeBase(one[[]byte](t, b.db, "SELECT base FROM journal WHERE seq = 3"))
	if err != nil || base[1] != 11 || base[2] != 13 {
		t.Fatalf("base = %v, %v", base, err)
	}
	if gv := groups(t, b, "patient", id); gv[2].Seq != 3 || gv[2].Base != 13 || gv[2].At != 3 {
		t.Fatalf("groups = %+v", gv)
	}
	b.verify(t)
}

func TestApplyRemovesAndBringsBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.patient(t, "Asha Sharma")
	for i, deleted := range []bool{true, true, false} {
		b.apply(t, sqlite.Install{Entity: "patient", Record: id, RV: int64(i + 1), Deleted: deleted, Parts: []sqlite.Part{{Actor: "hub:b"}}})
		if got := one[int](t, b.db, "SELECT _del FROM patient WHERE id = ?", id[:]) == 1; got != deleted {
			t.Fatalf("step %d: deleted = %v", i, got)
		}
		b.verify(t)
	}
	if n := one[int](t, b.db, "SELECT count(*) FROM journal WHERE op = 'applied'"); n != 2 {
		t.Fatalf("%d applied entries, want 2", n)
	}
}

func TestApplyDoesNotOverwriteALockedValue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, result := b.patient(t, "Asha Sharma"), b.db.NewID()
	b.update(t, func(tx *sqlite.Tx) error {
		return tx.Insert("result", result, sqlite.Row{"patient_id": id, "value": "5.1", "verified": 1})
	})
	err := b.db.Update(t.Context(), b.user, "pull", func(tx *sqlite.Tx) error {
		_ = tx.Apply(sqlite.Install{Entity: "result", Record: result, RV: 3, Parts: []sqlite.Part{{Actor: "hub:b", Row: sqlite.Row{"value": "9"}, Base: map[int]int64{1: 3}}}})
		return nil // swallowed: the entry is written already, so the update must fail all the same
	})
	if lab.KindOf(err) != lab.KindLocked {
		t.Fatalf("error = %v", err)
	}
	b.verify(t)
}

func TestNewEpoch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.patient(t, "Asha Sharma")
	b.update(t, func(tx *sqlite.Tx) error { return tx.Change("patient", id, nil, sqlite.Row{"sex": "m", "phone": "5"}) })
	ahead := journal.MakeHLC(b.clock.Now().UnixMilli()+60000, 3)
	b.update(t, func(tx *sqlite.Tx) error {
		return tx.BeginEpoch(sqlite.Epoch{Number: 2, Common: 1, HubHash: make([]byte, 32), HubClock: ahead, Why: "restore"})
	})
	b.update(t, func(tx *sqlite.Tx) error {
		if err := tx.BeginEpoch(sqlite.Epoch{Number: 2}); err == nil {
			t.Error("the same epoch began twice")
		}
		return nil
	})
	var old journal.Entry
	if err := b.db.View(t.Context(), func(tx *sqlite.ReadTx) (err error) {
		old, _, err = tx.Entry(t.Context(), 2)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	b.update(t, func(tx *sqlite.Tx) error { return tx.Reissue(old, []byte{0x82, 1, 2}) })
	_ = b.db.Close()
	b.db = b.open(t)
	b.patient(t, "Asha Verma")
	var entries []journal.Entry
	var head sqlite.Head
	if err := b.db.View(t.Context(), func(tx *sqlite.ReadTx) (err error) {
		if head, err = tx.Head(t.Context()); err != nil {
			return err
		}
		entries, err = tx.Entries(t.Context(), 3, 10)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(entries) != 3 || entries[0].Op != journal.OpEpoch || entries[0].Fields[journal.EpochLastSeq] != int64(2) ||
		entries[1].Epoch != 2 || entries[1].PHI[2] != "5" || string(entries[1].OriginPos) != "\x82\x01\x02" ||
		entries[2].Epoch != 2 || entries[0].HLC <= ahead || head.Seq != 5 || head.Epoch != 2 {
		t.Fatalf("head = %+v, entries = %+v", head, entries)
	}
	if gv := groups(t, b, "patient", id); gv[1].Seq != 4 || gv[2].Seq != 1 {
		t.Fatalf("groups = %+v", gv)
	}
	b.verify(t)
}

func TestWitnessedClockSurvivesARestart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ahead := journal.MakeHLC(b.clock.Now().UnixMilli()+3600000, 0)
	b.update(t, func(tx *sqlite.Tx) error { return tx.Witness(ahead) })
	_ = b.db.Close()
	b.db = b.open(t)
	b.patient(t, "Asha Sharma")
	if hlc := one[int64](t, b.db, "SELECT hlc FROM journal WHERE seq = 1"); journal.HLC(hlc) <= ahead {
		t.Fatalf("hlc = %d, witnessed %d", hlc, ahead)
	}
}

// A page that was on its way when somebody was erased brings nothing personal of theirs back.
func TestApplyBringsNobodyBackWhoWasErased(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, other := b.patient(t, planted), b.patient(t, "Asha Sharma")
	b.update(t, func(tx *sqlite.Tx) error { return tx.Erase(id, "") })
	result := b.db.NewID()
	for _, in := range []sqlite.Install{
		{Entity: "patient", Record: id, RV: 2, Parts: []sqlite.Part{{Actor: "hub:b", Row: sqlite.Row{"name": planted, "phone": planted, "sex": "f"}, Base: map[int]int64{1: 2}}}},
		{Entity: "result", Record: result, RV: 1, Parts: []sqlite.Part{{Actor: "hub:b", Row: sqlite.Row{"patient_id": id, "value": "5", "note": planted}, Base: map[int]int64{1: 1, 2: 1}}}},
		{Entity: "patient", Record: other, RV: 2, Parts: []sqlite.Part{{Actor: "hub:b", Row: sqlite.Row{"name": "Asha Verma"}, Base: map[int]int64{1: 2}}}},
	} {
		b.apply(t, in)
	}
	if found := filesWith(t, filepath.Dir(b.path), planted); len(found) > 0 {
		t.Errorf("the name stands again in %v", found)
	}
	if got := one[string](t, b.db, "SELECT value FROM result WHERE id = ?", result[:]); got != "5" {
		t.Errorf("the value is %q", got)
	}
	if got := one[string](t, b.db, "SELECT sex FROM patient WHERE id = ?", id[:]); got != "f" {
		t.Errorf("what is not personal did not come: %q", got)
	}
	if got := one[string](t, b.db, "SELECT name FROM patient WHERE id = ?", other[:]); got != "Asha Verma" {
		t.Errorf("somebody else is called %q", got)
	}
	b.verify(t)
}
