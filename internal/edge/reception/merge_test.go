package reception_test

import (
	"testing"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

func merge(t *testing.T, l *edgetest.Lab, into, other reception.Patient) (reception.PatientDetail, error) {
	t.Helper()
	return l.Desk.MergePatients(t.Context(), l.People[access.Receptionist], l.DB.NewID().String(), into.ID, reception.Merge{
		Other: other.ID, Versions: into.Versions, OtherVersions: other.Versions, Reason: "registered twice at the desk",
	})
}

// phoned registers a visit of somebody with the phone number that both records have.
func phoned(t *testing.T, l *edgetest.Lab, name, code string) reception.Visit {
	t.Helper()
	v, err := l.Desk.Register(t.Context(), l.People[access.Receptionist], l.DB.NewID().String(), reception.Register{
		Patient: &reception.PatientInput{Name: name, Sex: "M", AgeValue: 52, AgeUnit: "y", Phone: "9000000001"}, Priority: "routine", Items: l.Items(t, code),
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func person(t *testing.T, l *edgetest.Lab, id lab.ID) reception.PatientDetail {
	t.Helper()
	p, err := l.Desk.Patient(t.Context(), l.People[access.Receptionist], id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Two records of one person are read as one: visits, what is owed, and nobody is offered twice; undone, they stand as before.
func TestMergedRecordsAreReadAsOnePerson(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	a, b := phoned(t, l, "Suresh Patil", "HB"), phoned(t, l, "Suresh B Patil", "CBC")
	before := person(t, l, b.Patient.ID)
	got, err := merge(t, l, person(t, l, a.Patient.ID).Patient, before.Patient)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Visits) != 2 || got.Patient.Visits != 2 || got.Patient.Due != a.Bill.Total.Net+b.Bill.Total.Net {
		t.Fatalf("merged: %d visits, %d due", len(got.Visits), got.Patient.Due)
	}
	if len(got.Merged) != 1 || got.Merged[0].MRN != before.Patient.MRN || got.Merged[0].Visits != 1 {
		t.Fatalf("records of the person: %+v", got.Merged)
	}
	if old := person(t, l, b.Patient.ID); old.Patient.MergedInto != a.Patient.ID || len(old.Visits) != 2 {
		t.Errorf("from the other record: %+v", old.Patient)
	}
	if v, err := l.Desk.Visit(t.Context(), l.People[access.Receptionist], b.ID); err != nil || v.Patient.MRN != before.Patient.MRN {
		t.Errorf("the visit no longer says how it was registered: %v %v", v.Patient.MRN, err)
	}
	found, err := l.Desk.Search(t.Context(), reception.SearchInput{Query: "Suresh", Kinds: []string{"patient"}, Limit: 10})
	if err != nil || len(found.Hits) != 1 || found.Hits[0].ID != a.Patient.ID {
		t.Errorf("search: %+v %v", found.Hits, err)
	}
	twins, err := l.Desk.Duplicates(t.Context(), reception.DuplicateQuery{Name: "Suresh Patil", Sex: "M", Phone: "9000000001"})
	if err != nil || len(twins.Candidates) != 1 {
		t.Errorf("duplicates: %+v %v", twins.Candidates, err)
	}

	alone, err := l.Desk.UnmergePatient(t.Context(), l.People[access.Receptionist], b.Patient.ID, reception.Unmerge{Versions: got.Merged[0].Versions, Reason: "a cousin of the same name"})
	if err != nil {
		t.Fatal(err)
	}
	if len(alone.Visits) != 1 || len(alone.Merged) != 0 || len(person(t, l, b.Patient.ID).Visits) != 1 {
		t.Fatalf("undone: %+v", alone)
	}
}

// Earlier values of the other record count as this person's: the delta check looks at them.
func TestMergedRecordsShareTheirHistory(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	a, b := l.Visit(t, "Suresh Patil", "M", 52, "HB"), l.Visit(t, "Suresh B Patil", "M", 51, "HB")
	if _, err := merge(t, l, person(t, l, a.Patient.ID).Patient, person(t, l, b.Patient.ID).Patient); err != nil {
		t.Fatal(err)
	}
	c := l.Visit(t, "Suresh Pateel", "M", 52, "HB")
	got, err := merge(t, l, person(t, l, c.Patient.ID).Patient, person(t, l, a.Patient.ID).Patient)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Visits) != 3 || len(got.Merged) != 2 {
		t.Fatalf("what was merged before did not come along: %d visits, %+v", len(got.Visits), got.Merged)
	}
}

func TestMergeIsRefused(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	a, b := l.Visit(t, "Suresh Patil", "M", 52, "HB"), l.Visit(t, "Suresh B Patil", "M", 51, "HB")
	one, two := person(t, l, a.Patient.ID).Patient, person(t, l, b.Patient.ID).Patient
	if _, err := merge(t, l, one, one); lab.CodeOf(err) != "merge_self" {
		t.Errorf("with itself: %v", err)
	}
	if _, err := merge(t, l, one, two); err != nil {
		t.Fatal(err)
	}
	if _, err := merge(t, l, one, two); lab.CodeOf(err) != "patient_merged" {
		t.Errorf("a second time: %v", err)
	}
	if _, err := l.Desk.UnmergePatient(t.Context(), l.People[access.Receptionist], one.ID, reception.Unmerge{Versions: one.Versions, Reason: "a mistake"}); lab.CodeOf(err) != "patient_not_merged" {
		t.Errorf("what is not merged: %v", err)
	}
}
