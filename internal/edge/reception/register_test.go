package reception_test

import (
	"sync"
	"testing"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

func TestRegisterSavesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC", "KFT")
	if len(v.Samples) != 2 || v.State != "in_progress" || v.Bill == nil || v.Bill.Number != "K7/26-27/000001" || v.Bill.Total.Due != v.Bill.Total.Net {
		t.Fatalf("visit is not complete: %+v", v)
	}
	if v.Samples[0].State != "received" || len(v.Samples[0].Accession) != 12 || v.Samples[0].Accession[:7] != "26325K7" {
		t.Fatalf("tube: %+v", v.Samples[0])
	}
	for _, it := range v.Items {
		if it.SampleID.IsZero() || it.State != "pending" {
			t.Fatalf("test without a tube or in a wrong state: %+v", it)
		}
	}
	for _, query := range []string{"asha", "sharma ash", v.Patient.MRN, v.Number, v.Samples[1].Accession} {
		hits, err := l.Desk.Search(t.Context(), reception.SearchInput{Query: query})
		if err != nil || len(hits.Hits) != 1 {
			t.Errorf("search %q: %+v, %v", query, hits, err)
		}
	}
}

// Two browsers send the same registration at once: one visit comes of it, and both see it.
func TestParallelDoubleRegister(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	in := reception.Register{Patient: &reception.PatientInput{Name: "Asha Sharma", Sex: "F", AgeValue: 34, AgeUnit: "y"}, Priority: "routine", Items: l.Items(t, "CBC")}
	var wg sync.WaitGroup
	ids := make([]lab.ID, 8)
	errs := make([]error, 8)
	for i := range ids {
		wg.Go(func() {
			v, err := l.Desk.Register(t.Context(), l.People[access.Receptionist], "one-intent-of-the-desk", in)
			ids[i], errs[i] = v.ID, err
		})
	}
	wg.Wait()
	for i := range ids {
		if errs[i] != nil || ids[i] != ids[0] {
			t.Fatalf("caller %d: %s, %v", i, ids[i], errs[i])
		}
	}
	all, err := l.Desk.Visits(t.Context(), "", "all", "", 50)
	if err != nil || len(all.Visits) != 1 {
		t.Fatalf("visits: %+v, %v", all, err)
	}
	in.Note = "another request"
	_, err = l.Desk.Register(t.Context(), l.People[access.Receptionist], "one-intent-of-the-desk", in)
	if lab.CodeOf(err) != "key_reused" {
		t.Fatalf("a key used for another request gave %v", err)
	}
}
