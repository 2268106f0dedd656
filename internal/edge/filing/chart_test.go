package filing_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/filing"
	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// TestChartIsWhatTheDatabaseHolds files values of every kind and holds what the filer remembers of the visit against what a
// fresh reading of it gives, after each of them.
func TestChartIsWhatTheDatabaseHolds(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "KFT", "LIPID")
	device := lab.Actor{Kind: lab.ActorInstrument, ID: l.DB.NewID()}
	err := l.DB.Update(t.Context(), device, "intake", func(tx *sqlite.Tx) error {
		f := filing.New(tx, l.Zone)
		for _, x := range []struct {
			code string
			e    filing.Entry
		}{
			{"K", filing.Entry{Text: "6.8", Source: result.Analyzer, Unit: "mmol/L", Flag: "HH", Instrument: device.ID, Message: 7, Observation: 9, Measured: tx.Now()}},
			{"UREA", filing.Entry{Text: "<5", Raw: "<5", Source: result.Analyzer, Unit: "mg/L", Flag: "QUESTION", Instrument: device.ID, Message: 7, Observation: 10}},
			{"NA", filing.Entry{Text: "140", Source: result.Manual}},
			{"NA", filing.Entry{Text: "141", Source: result.Manual}},   // corrected in place
			{"NA", filing.Entry{Text: "142", Source: result.Analyzer}}, // a version of its own
			{"TRIG", filing.Entry{Text: "450", Source: result.Manual}}, // normal by no limit, and held by a rule about the visit
			{"BUN", filing.Entry{Source: result.Calculated, NotReported: "missing_input"}},
		} {
			held, err := f.Chart(t.Context(), v.ID)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(held.Tests, func(r queries.OrderTestsRow) bool { return r.Code == x.code })
			if _, err := f.File(t.Context(), queries.OrderTestRow(held.Tests[i]), x.e); err != nil {
				return err
			}
			held, err = f.Chart(t.Context(), v.ID)
			if err != nil {
				return err
			}
			fresh, err := sqlite.ReadChart(t.Context(), tx, v.ID)
			if err != nil {
				return err
			}
			for _, item := range held.Tests {
				if diff := cmp.Diff(fresh.ResultsOf(item.ID), held.ResultsOf(item.ID)); diff != "" {
					t.Errorf("after %s = %s%s, what is remembered of %s differs from the database:\n%s", x.code, x.e.Text, x.e.NotReported, item.Code, diff)
				}
			}
		}
		if err := f.Settle(t.Context(), v.ID); err != nil {
			return err
		}
		states, tests, err := sqlite.Standings(t.Context(), tx, v.ID)
		if err != nil {
			return err
		}
		for _, item := range tests {
			if want := states[lab.ID(item.ID)].State; item.State != want {
				t.Errorf("%s was left %s, a fresh reading says %s", item.Code, item.State, want)
			}
		}
		held, err := f.Chart(t.Context(), v.ID)
		if err != nil {
			return err
		}
		if diff := cmp.Diff(tests, held.Tests); diff != "" {
			t.Errorf("after the visit was settled, what is remembered differs from the database:\n%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestChartForgetsWhatOthersWrote changes a visit beside the filer: it must not file by what it read before.
func TestChartForgetsWhatOthersWrote(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	v := l.Visit(t, "Asha Sharma", "F", 34, "KFT")
	err := l.DB.Update(t.Context(), lab.System(), "test", func(tx *sqlite.Tx) error {
		f := filing.New(tx, l.Zone)
		before, err := f.Chart(t.Context(), v.ID)
		if err != nil {
			return err
		}
		item := before.Tests[0]
		if err := tx.Change("order_test", lab.ID(item.ID), nil, sqlite.Row{"note": "seen"}); err != nil {
			return err
		}
		after, err := f.Chart(t.Context(), v.ID)
		if err != nil {
			return err
		}
		if after.Tests[0].Note != "seen" {
			t.Errorf("the chart does not know the note that was written meanwhile")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
