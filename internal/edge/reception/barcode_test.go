package reception_test

import (
	"errors"
	"testing"
	"time"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

const preprinted = "276056250158121"

// register saves a visit whose tubes are not drawn yet, the first one with a barcode of its own.
func register(t *testing.T, l *edgetest.Lab, barcode string) (reception.Visit, error) {
	t.Helper()
	in := reception.Register{
		Patient:  &reception.PatientInput{Name: "Asha Sharma", Sex: "F", AgeValue: 34, AgeUnit: "y"},
		Priority: "routine", Items: l.Items(t, "CBC"),
	}
	if barcode != "" {
		in.Barcodes = []reception.TubeMark{{Tube: 0, Barcode: barcode}}
	}
	return l.Desk.Register(t.Context(), l.People[access.Receptionist], l.DB.NewID().String(), in)
}

func codeOf(err error) string {
	if known, ok := errors.AsType[*lab.Error](err); ok {
		return known.Code
	}
	return ""
}

func TestBarcodeFromTheDeskIsFoundByScanning(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v, err := register(t, l, preprinted)
	if err != nil || v.Samples[0].Barcode != preprinted {
		t.Fatalf("register: %+v, %v", v.Samples, err)
	}
	hits, err := l.Desk.Search(t.Context(), reception.SearchInput{Query: " " + preprinted + " "})
	if err != nil || len(hits.Hits) != 1 || hits.Hits[0].Barcode != preprinted || hits.Hits[0].Number != v.Samples[0].Accession {
		t.Errorf("search: %+v, %v", hits, err)
	}
	got, err := l.Desk.ReceiveScanned(t.Context(), l.People[access.Technician], reception.ScanReceive{Accessions: []string{preprinted, "276056250158122"}})
	if err != nil || len(got.Samples) != 1 || got.Samples[0].State != "received" || len(got.Problems) != 1 || got.Problems[0].Code != "accession_unknown" {
		t.Errorf("receive: %+v, %v", got, err)
	}
}

func TestBarcodeAtCollection(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v, err := register(t, l, "")
	if err != nil {
		t.Fatal(err)
	}
	tube, code := v.Samples[0], preprinted
	got, err := l.Desk.Collect(t.Context(), l.People[access.Phlebotomist], tube.ID, reception.SampleMove{Barcode: &code, Versions: tube.Versions})
	if err != nil || got.Barcode != preprinted {
		t.Fatalf("collect: %+v, %v", got, err)
	}
	none := ""
	if _, err := l.Desk.SetBarcode(t.Context(), l.People[access.Technician], tube.ID, reception.SetBarcode{Barcode: "CS23-22443", Versions: tube.Versions}); codeOf(err) != "stale_record" {
		t.Errorf("a change over a version that nobody saw: %v", err)
	}
	if got, err = l.Desk.SetBarcode(t.Context(), l.People[access.Technician], tube.ID, reception.SetBarcode{Barcode: "CS23-22443", Versions: got.Versions}); err != nil || got.Barcode != "CS23-22443" {
		t.Errorf("correct the barcode: %+v, %v", got, err)
	}
	if got, err = l.Desk.SetBarcode(t.Context(), l.People[access.Technician], tube.ID, reception.SetBarcode{Barcode: none, Versions: got.Versions}); err != nil || got.Barcode != "" {
		t.Errorf("take the barcode away: %+v, %v", got, err)
	}
}

func TestBarcodeIsRefused(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	first, err := register(t, l, preprinted)
	if err != nil {
		t.Fatal(err)
	}
	number := first.Samples[0].Accession
	wrong := number[:11] + map[bool]string{true: "B", false: "A"}[number[11] == 'A']
	for code, want := range map[string]string{preprinted: "barcode_taken", number: "barcode_ours", wrong: "barcode_check", "113": "barcode_length", "AB|12345": "barcode_character"} {
		if _, err := register(t, l, code); codeOf(err) != want {
			t.Errorf("%s: %v, want %s", code, err, want)
		}
	}
	all, err := l.Desk.Visits(t.Context(), "", "all", "", 50)
	if err != nil || len(all.Visits) != 1 {
		t.Errorf("a refused registration left something behind: %+v, %v", all, err)
	}
	l.Clock.Add(8 * 24 * time.Hour)
	if _, err := register(t, l, preprinted); err != nil {
		t.Errorf("the number comes again after a week: %v", err)
	}
}
