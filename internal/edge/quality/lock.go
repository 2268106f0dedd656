package quality

import (
	"context"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite/queries"
)

// lock says of a locked test which run locked it and which patients' results came since the last accepted one: each of them
// has to be looked at (lab-rules 1.5).
func (d *drawing) lock(ctx context.Context) error {
	if d.out.State != StateLocked {
		return nil
	}
	at := -1
	for i, r := range d.out.Runs {
		if r.Status == statusReject && (at < 0 || d.out.Runs[at].Closed != nil) {
			at = i // the oldest that is open, else the newest
		}
	}
	if at < 0 {
		return nil // it stands further back than the chart reaches
	}
	run := d.out.Runs[at]
	out := &Lock{RunID: run.ID, Since: run.At, Rule: run.FirstRule, Closed: run.Closed != nil, Patients: []Measured{}}
	instrument, test := queries.ID(d.instrument), queries.ID(d.test)
	from, err := d.q.LastControlAccepted(ctx, queries.LastControlAcceptedParams{InstrumentID: instrument, TestID: test, Before: run.At.UnixMilli()})
	if err != nil {
		return fmt.Errorf("look for the last accepted run: %w", err)
	}
	if from > 0 {
		at := time.UnixMilli(from).UTC()
		out.From = &at
	}
	rows, err := d.q.MeasuredSince(ctx, queries.MeasuredSinceParams{InstrumentID: instrument, TestID: test, Since: from})
	if err != nil {
		return fmt.Errorf("read what was measured since the last accepted run: %w", err)
	}
	for _, r := range rows {
		out.Patients = append(out.Patients, Measured{
			ItemID: lab.ID(r.OrderTestID), VisitID: lab.ID(r.VisitID), Accession: r.Accession, Value: r.Value, Unit: r.Unit, Flag: r.Flag,
			At: time.UnixMilli(r.EnteredMs).UTC(), State: r.State,
		})
		if r.State != string(result.Released) {
			out.Waiting++
		}
	}
	d.out.Lock = out
	return nil
}
