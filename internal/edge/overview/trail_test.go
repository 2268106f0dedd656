package overview_test

import (
	"slices"
	"testing"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/overview"
	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
)

func trail(t *testing.T, l *edgetest.Lab, entity string, id lab.ID) overview.Trail {
	t.Helper()
	out, err := overview.New(overview.Options{DB: l.DB, Zone: l.Zone}).Trail(t.Context(), l.People[access.Auditor], entity, id)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(out.Changes); i++ {
		if out.Changes[i].Seq > out.Changes[i-1].Seq {
			t.Fatalf("entry %d stands after %d", out.Changes[i].Seq, out.Changes[i-1].Seq)
		}
	}
	return out
}

func field(c overview.Change, name string) overview.FieldChange {
	i := slices.IndexFunc(c.Fields, func(f overview.FieldChange) bool { return f.Field == name })
	if i < 0 {
		return overview.FieldChange{}
	}
	return c.Fields[i]
}

// A change of a person reads: who, what was done, why in their own words, and each field before and after.
func TestTrailOfAPatient(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "HB")
	_, err := l.Desk.ChangePatient(t.Context(), l.People[access.Receptionist], v.Patient.ID, reception.PatientChange{
		Patient: reception.PatientInput{Name: "Asha Sharma", Sex: "F", AgeValue: 34, AgeUnit: "y", City: "Nashik"}, Versions: v.Patient.Versions, Reason: "asked at the desk",
	})
	if err != nil {
		t.Fatal(err)
	}
	got := trail(t, l, "patient", v.Patient.ID)
	if got.Of != v.Patient.MRN || len(got.Changes) != 2 {
		t.Fatalf("trail: %+v", got)
	}
	newest := got.Changes[0]
	if newest.By != "Demo receptionist" || newest.Reason != "patient.change" || newest.Said != "asked at the desk" || newest.Op != "update" {
		t.Errorf("newest: %+v", newest)
	}
	if city := field(newest, "city"); city.New != "Nashik" || city.Old != "" || city.Kind != "text" {
		t.Errorf("city: %+v", city)
	}
	if first := got.Changes[1]; field(first, "name").New != "Asha Sharma" || first.Op != "insert" {
		t.Errorf("first: %+v", first)
	}
}

// The history of an ordered test holds its values, so that a corrected number shows with the one before.
func TestTrailOfATestHoldsItsValues(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "KFT")
	row := l.Enter(t, v.ID, "NA", "138")
	l.Enter(t, v.ID, "NA", "139")
	got := trail(t, l, "order_test", row.ItemID)
	values := []overview.FieldChange{}
	for _, c := range got.Changes {
		if c.Entity != "result" {
			continue
		}
		if c.Of == "" {
			t.Errorf("a value without the name of its test: %+v", c)
		}
		if f := field(c, "value"); f.New != "" {
			values = append(values, f)
		}
	}
	if len(values) != 2 || values[0].Old != "138" || values[0].New != "139" || values[1].New != "138" {
		t.Fatalf("values: %+v", values)
	}
}

// A visit shows its tubes, tests and bill; what points to another record is called by its name, money and times are marked.
func TestTrailOfAVisit(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	got := trail(t, l, "visit", v.ID)
	kinds := map[string]int{}
	for _, c := range got.Changes {
		kinds[c.Entity]++
		switch c.Entity {
		case "visit":
			if f := field(c, "registered_by"); f.Kind != "record" || f.New != "Demo receptionist" {
				t.Errorf("registered by: %+v", f)
			}
			if f := field(c, "registered_ms"); f.Kind != "time" || f.New[:4] != "2026" {
				t.Errorf("registered: %+v", f)
			}
		case "invoice":
			if f := field(c, "net"); f.Kind != "money" {
				t.Errorf("net: %+v", f)
			}
		}
	}
	if kinds["visit"] != 1 || kinds["sample"] == 0 || kinds["order_test"] < 10 || kinds["invoice"] != 1 {
		t.Fatalf("entries by kind: %v", kinds)
	}
}

// Who reads a history stands in the access log.
func TestReadingAHistoryIsRecorded(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "HB")
	trail(t, l, "patient", v.Patient.ID)
	var n int
	err := l.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), "SELECT count(*) FROM access_log WHERE action = 'history.open' AND record = ?", v.Patient.ID.Bytes()).Scan(&n)
	})
	if err != nil || n != 1 {
		t.Fatalf("%d lines: %v", n, err)
	}
}
