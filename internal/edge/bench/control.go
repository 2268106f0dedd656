package bench

import (
	"context"
	"fmt"

	"jaanch/internal/edge/filing"
	"jaanch/internal/edge/quality"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// sampleText is the id under which a row came. Some analyzers name a control by its lot and level alone.
func sampleText(o driver.Observation) string {
	if o.SampleID == "" && o.Control != nil && o.Control.Lot != "" {
		if o.Control.Level == "" {
			return o.Control.Lot
		}
		return o.Control.Lot + "^" + o.Control.Level
	}
	return o.SampleID
}

// fileControl puts a stored control value into its run of quality control. One without a home says why: nobody set up a
// control with its id, or mapped its code. It waits there; it is never a patient's.
func (f *matcher) fileControl(ctx context.Context, o queries.Observation) error {
	reason, filed, err := f.controlHome(ctx, o)
	if err != nil {
		return err
	}
	if reason == "" && filed.IsZero() {
		return nil
	}
	return f.mark(ctx, o.ID, place{state: stateControl, reason: reason, test: lab.ID(o.TestID)}, filed)
}

func (f *matcher) controlHome(ctx context.Context, o queries.Observation) (reason string, filed lab.ID, err error) {
	switch {
	case f.device.id.IsZero() || !f.device.approved || f.cut || f.duplicate:
		return "", filed, nil
	case o.NoValue != 0 || o.SampleText == "":
		return "", filed, nil
	}
	tests, err := f.codeOf(ctx, o.MapCode)
	if err != nil {
		return "", filed, err
	}
	if len(tests) != 1 {
		return reasonUnmapped, filed, nil
	}
	def, err := sqlite.ReadTest(ctx, f.tx, lab.ID(tests[0].TestID))
	if err != nil {
		return "", filed, err
	}
	num := o.Num
	if o.Comparator != "" {
		num = "" // a bound is no value
	}
	fits := !filing.UnitDiffers(o.Unit, def.Unit)
	conv, err := declared(tests[0])
	if err != nil {
		return "", filed, err
	}
	if n, bad := lab.ParseDecimal(num); !fits && bad == nil && conv != nil && filing.SameUnit(o.Unit, conv.From) {
		num, fits = conv.Apply(result.Value{Num: &n}).Num.String(), true
	}
	filed, reason, err = quality.File(ctx, f.tx, quality.Reading{
		Instrument: f.device.id, Test: def.ID, SampleText: o.SampleText, Raw: o.Reported, Num: num, Unit: o.Unit,
		UnitFits: fits, Measured: measuredAt(o.Timestamp, f.b.zone), Message: o.MessageID, Observation: o.ID,
	})
	return reason, filed, err
}

// standKey names what Keep holds of quality control.
type standKey struct{ instrument, test lab.ID }

// controlHolds holds a value whose test is not in control on its analyzer: rejected, or not controlled for too long. A test
// of which no control was ever run is not held: the lab has not begun with its quality control.
func (f *matcher) controlHolds(ctx context.Context, test lab.ID) ([]result.Hold, error) {
	stand, err := sqlite.Keep(f.tx, standKey{f.device.id, test}, func() (quality.Standing, error) {
		return quality.Stand(ctx, f.q, f.device.id, test)
	}, "control_run")
	if err != nil {
		return nil, err
	}
	switch state := stand.State(f.tx.Now()); state {
	case quality.StateLocked, quality.StateStale:
		return []result.Hold{result.NewHold(result.HoldQC, "state", state)}, nil
	}
	return nil, nil
}

// LookAgainAtControls files control values that came under an id before somebody set the control up.
func (b *Bench) LookAgainAtControls(tx *sqlite.Tx, text string) error {
	ctx, q := context.Background(), queries.New(tx)
	waiting, err := q.UnknownControlRows(ctx, queries.UnknownControlRowsParams{SampleText: text, AtMs: tx.Now().AddDate(0, 0, -31).UnixMilli()})
	if err != nil {
		return fmt.Errorf("read the control values of an id: %w", err)
	}
	return b.controlsAgain(ctx, tx, waiting)
}

// controlsAgain tries once more to file control values that are stored already.
func (b *Bench) controlsAgain(ctx context.Context, tx *sqlite.Tx, ids []int64) error {
	q, matchers := queries.New(tx), map[queries.ID]*matcher{}
	for _, n := range ids {
		o, err := q.Observation(ctx, n)
		if err != nil {
			return fmt.Errorf("read observation %d: %w", n, err)
		}
		f := matchers[o.InstrumentID]
		if f == nil {
			if f, err = b.matcherFor(ctx, tx, lab.ID(o.InstrumentID)); err != nil {
				return err
			}
			matchers[o.InstrumentID] = f
		}
		if err := f.fileControl(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// fileControls files rows that a person marked as controls.
func (f *matcher) fileControls(ctx context.Context, rows []queries.Observation) error {
	for _, o := range rows {
		if err := f.fileControl(ctx, o); err != nil {
			return err
		}
	}
	return nil
}
