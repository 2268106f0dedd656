package bench_test

import (
	"testing"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/edgetest"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

// Haemoglobin ordered alone stands in the grid of the blood count, and a released row stays in the line of its sample.
func TestPickedPanelHoldsEverySampleThatHasOneOfItsTests(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	count := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	alone := l.Visit(t, "Ravi Kumar", "M", 51, "HB")
	l.Visit(t, "Meena Joshi", "F", 40, "KFT")
	w, err := l.Bench.Worklist(t.Context(), l.People[access.Technician], bench.Filter{State: "open", Pick: "CBC", Limit: 40})
	if err != nil {
		t.Fatal(err)
	}
	visits := map[lab.ID]int{}
	for _, g := range w.Groups {
		visits[g.VisitID] = len(g.Rows)
	}
	if len(visits) != 2 || visits[count.ID] < 10 || visits[alone.ID] != 1 {
		t.Fatalf("samples in the grid of CBC: %v", visits)
	}
	if len(w.Columns) < 10 || w.Columns[0].Code == "" {
		t.Fatalf("columns: %+v", w.Columns)
	}
	l.Enter(t, count.ID, "HB", "12.1")
	w, err = l.Bench.Worklist(t.Context(), l.People[access.Technician], bench.Filter{State: "to_enter", Pick: "CBC", Limit: 40})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range w.Groups {
		if g.VisitID == count.ID && len(g.Rows) != visits[count.ID] {
			t.Errorf("the line of a sample lost the values it has: %d of %d rows", len(g.Rows), visits[count.ID])
		}
	}
	if _, err := l.Bench.Worklist(t.Context(), l.People[access.Technician], bench.Filter{Pick: "NONE", Limit: 40}); lab.CodeOf(err) != "test_not_found" {
		t.Errorf("an unknown code: %v", err)
	}
}

func TestChoicesCountWhatWaits(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	l.Visit(t, "Ravi Kumar", "M", 51, "HB")
	l.Enter(t, v.ID, "HB", "12.1")
	c, err := l.Bench.Choices(t.Context(), bench.Filter{State: "open"})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c.Tests {
		if x.Code == "HB" && (x.Rows != 2 || x.ToEnter != 1) {
			t.Errorf("haemoglobin: %+v", x)
		}
	}
	if len(c.Panels) == 0 || len(c.Tests) < 10 {
		t.Fatalf("choices: %d panels, %d tests", len(c.Panels), len(c.Tests))
	}
}

// The list of an analyzer holds what the analyzer has been taught to measure, and nothing else.
func TestListOfAnAnalyzer(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	l.Visit(t, "Asha Sharma", "F", 34, "CBC", "KFT")
	device, err := l.Bench.AddInstrument(t.Context(), l.People[access.Admin], l.DB.NewID().String(), bench.InstrumentInput{
		Name: "Chemistry", Department: "Biochemistry", Profile: "generic-astm", Link: bench.Link{Kind: "tcp_client", Address: "127.0.0.1:9"}, Enabled: true, WindowDays: 7,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Bench.SetCode(t.Context(), l.People[access.Admin], device.ID, bench.CodeInput{Code: "UREA", TestID: l.Tests["UREA"]}); err != nil {
		t.Fatal(err)
	}
	w, err := l.Bench.Worklist(t.Context(), l.People[access.Technician], bench.Filter{State: "open", Instrument: device.ID, Limit: 40})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Groups) != 1 || len(w.Groups[0].Rows) != 1 || w.Groups[0].Rows[0].Code != "UREA" {
		t.Fatalf("groups: %+v", w.Groups)
	}
	if w.Counts.Samples != 2 {
		t.Errorf("samples with open work: %d, want 2", w.Counts.Samples)
	}
}
