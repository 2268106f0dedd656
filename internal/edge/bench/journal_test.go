package bench_test

import (
	"fmt"
	"strings"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/measure"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

// TestFiguresJournalOfRows measures what the journal costs a lab's own rows: results and samples with all their columns and
// indexes, 20 a transaction, beside the very same insert statements without an entry for each.
func TestFiguresJournalOfRows(t *testing.T) {
	measure.Wanted(t)
	const rows, turns = 20, 40
	w := newWard(t, 1, 1)
	test := w.lab.Tests[w.codes[0]]
	var figures []measure.Figure
	for _, entity := range []string{"result", "sample"} {
		var text string
		var args []any
		db, err := sqlite.Open(t.Context(), sqlite.Options{
			Path: copyOf(t, w.lab.Path), Clock: w.lab.Clock.Now, Zone: w.lab.Zone, Registry: journal.Schema(), Logger: telemetry.Discard(),
			Trace: func(query string, given []any) {
				if text == "" && strings.HasPrefix(query, `INSERT INTO "`+entity+`"`) {
					text, args = query, given
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		with := func(int) {
			err := db.Update(t.Context(), lab.System(), "bench", func(tx *sqlite.Tx) error {
				for range rows {
					if err := tx.Insert(entity, tx.NewID(), benchRow(tx, entity, test)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		with(0)
		bare := bareOn(t, copyOf(t, w.lab.Path), nil)
		without := func(int) {
			bare.run("BEGIN IMMEDIATE")
			for range rows {
				id, other := w.lab.DB.NewID(), w.lab.DB.NewID()
				args[0], args[1] = id[:], other[:] // the record, and what it belongs to
				bare.run(text, args...)
			}
			bare.run("COMMIT")
		}
		got := measure.Turns(9,
			measure.Side{Name: "with", Run: func() float64 { return rows * measure.Rate(turns, with) }},
			measure.Side{Name: "without", Run: func() float64 { return rows * measure.Rate(turns, without) }})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		slower := 1 - got["with"].Median/got["without"].Median
		figures = append(figures, measure.Figure{
			What: "rows of " + entity, Measured: fmt.Sprintf("%.0f rows/s, %.0f %% slower", got["with"].Median, 100*slower),
			Reference: fmt.Sprintf("the same statements without the journal: %.0f rows/s", got["without"].Median), Ratio: got["with"].Median / got["without"].Median,
			Aim: "under 45 % slower", Met: slower < 0.45,
		})
	}
	measure.Sheet(t, "What the journal costs a lab's own rows, 20 a transaction", figures...)
}

// benchRow is a row as the node writes it, new each time.
func benchRow(tx *sqlite.Tx, entity string, test lab.ID) sqlite.Row {
	now := tx.Now().UnixMilli()
	if entity == "sample" {
		return sqlite.Row{
			"visit_id": tx.NewID(), "accession": tx.NewID().String()[24:], "specimen": "Serum", "container": "SST", "draw": "venous", "position": 1, "home": "A2", "made_ms": now,
			"collected_ms": now, "received_ms": now, "state": "received", "recollect": 0,
		}
	}
	return sqlite.Row{
		"order_test_id": tx.NewID(), "sample_id": tx.NewID(), "test_id": test, "version": 1, "raw": "5.1", "value": "5.1", "comparator": "", "num": "5.1", "num_real": 5.1,
		"unit": "mmol/L", "flag": "", "critical": 0, "interval_low": "3.5", "interval_high": "5.1", "interval_text": "", "source": "analyzer", "instrument_id": tx.NewID(),
		"message_id": 1, "observation_id": 1, "measured_ms": now, "entered_ms": now, "content_hash": make([]byte, 32), "holds": "[]",
	}
}
