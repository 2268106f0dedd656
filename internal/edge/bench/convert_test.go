package bench_test

import (
	"slices"
	"testing"

	"jaanch/internal/edge/bench"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

func heldByUnit(row bench.Row) bool {
	return slices.ContainsFunc(row.Holds, func(h bench.Hold) bool { return h.Code == "unit_differs" })
}

// glucose plays a fasting glucose of the grey tube.
func (w *bay) glucose(t *testing.T, value, unit, at string) bench.Row {
	t.Helper()
	w.say(t, w.grey(t), instruments.Terminated, reported{"GLU", value, unit, "", "F", at})
	return w.Rows(t, w.visit.ID)["GLUF"]
}

func (w *bay) grey(t *testing.T) string {
	t.Helper()
	for _, s := range w.visit.Samples {
		if s.ID != w.tube.ID {
			return s.Accession
		}
	}
	t.Fatal("the visit has one tube")
	return ""
}

// TestUnitWithoutDeclarationIsHeld: the number stands as sent (rounded to the places of the test where it is shown), nothing is converted, and a person is told.
func TestUnitWithoutDeclarationIsHeld(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	w.mapCode(t, "GLU", "GLUF", nil)
	row := w.glucose(t, "5.4", "mmol/L", morning)
	if row.Raw != "5.4" || row.Value != "5" || !heldByUnit(row) || row.State != "held" || row.Source.Conversion != "" {
		t.Errorf("without a declaration: %+v", row)
	}
}

// TestDeclaredUnitIsConvertedExactly: by decimals, for the declared unit alone, with what was sent and how it was converted
// on the record.
func TestDeclaredUnitIsConvertedExactly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sent, unit, value string
		held              bool
		conversion        string
	}{
		{"5.4", "mmol/L", "97", false, "mmol/L × 18.016"},
		{"5.4", "MMOL/L", "97", false, "mmol/L × 18.016"},
		{"97", "mg/dL", "97", false, ""},
		{"97", "", "97", false, ""},
		{"0.97", "g/L", "1", true, ""}, // another unit than the declared one
		{"<0.6", "mmol/L", "<10.8096", false, "mmol/L × 18.016"},
	} {
		t.Run(c.sent+c.unit, func(t *testing.T) {
			t.Parallel()
			w := openBay(t)
			w.mapCode(t, "GLU", "GLUF", &bench.CodeConversion{From: "mmol/L", Factor: "18.016"})
			row := w.glucose(t, c.sent, c.unit, morning)
			if row.Value != c.value || row.Raw != c.sent || heldByUnit(row) != c.held || row.Source.Unit != c.unit || row.Source.Conversion != c.conversion {
				t.Errorf("%s %s became %q (raw %q, holds %+v, source %+v)", c.sent, c.unit, row.Value, row.Raw, row.Holds, row.Source)
			}
		})
	}
}

// TestDeclarationConvertsWhatIsHeld: as a new version, with the held one kept. A verified value stays.
func TestDeclarationConvertsWhatIsHeld(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	w.mapCode(t, "GLU", "GLUF", nil)
	w.glucose(t, "5.4", "mmol/L", morning)
	w.mapCode(t, "GLU", "GLUF", &bench.CodeConversion{From: "mmol/L", Factor: "18.016"})
	row := w.Rows(t, w.visit.ID)["GLUF"]
	if row.Value != "97" || heldByUnit(row) || row.Version != 2 || row.Source.Conversion != "mmol/L × 18.016" {
		t.Errorf("after the declaration: %+v", row)
	}
	again := w.glucose(t, "5.4", "mmol/L", later)
	if again.Version != 2 || w.ends(t, w.grey(t)) != "5.4 matched; 5.4 kept same_value" {
		t.Errorf("the same value of a converted one: %+v, %s", again, w.ends(t, w.grey(t)))
	}
	if w.glucose(t, "5.4", "mg/dL", "20261121120000"); w.ends(t, w.grey(t)) != "5.4 matched; 5.4 kept same_value; 5.4 inbox possible_repeat" {
		t.Errorf("the same digits in another unit are another value: %s", w.ends(t, w.grey(t)))
	}
}

func TestDeclarationsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	for code, in := range map[string]bench.CodeConversion{
		"conversion_same":   {From: "MG/DL", Factor: "2"},
		"conversion_factor": {From: "mmol/L", Factor: "-1"},
		"conversion_offset": {From: "mmol/L", Factor: "1", Offset: "1,5"},
	} {
		_, err := w.Bench.SetCode(t.Context(), w.People[access.Manager], w.instrument, bench.CodeInput{Code: "GLU", TestID: w.Tests["GLUF"], Convert: &in})
		if lab.CodeOf(err) != code {
			t.Errorf("%+v: %v, want %s", in, err, code)
		}
	}
}

// TestCodeMapShowsUnits: the screen where a code is mapped says when what comes is not the test's unit.
func TestCodeMapShowsUnits(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	w.mapCode(t, "GLU", "GLUF", nil)
	w.glucose(t, "5.4", "mmol/L", morning)
	shown := func() bench.Code {
		all, err := w.Bench.Codes(t.Context(), w.People[access.Manager], w.instrument)
		if err != nil {
			t.Fatal(err)
		}
		return all.Codes[slices.IndexFunc(all.Codes, func(c bench.Code) bool { return c.Code == "GLU" })]
	}
	if c := shown(); c.Unit != "mmol/L" || c.TestUnit != "mg/dL" || !c.Differs || c.Convert != nil {
		t.Errorf("before: %+v", c)
	}
	w.mapCode(t, "GLU", "GLUF", &bench.CodeConversion{From: "mmol/L", Factor: "18.016"})
	if c := shown(); c.Differs || c.Convert == nil || c.Convert.Factor != "18.016" {
		t.Errorf("after: %+v", c)
	}
}
