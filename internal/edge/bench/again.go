package bench

import (
	"context"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// lookAgain tries once more to find a home for what waits from an instrument for one reason, after that reason is gone.
func (b *Bench) lookAgain(ctx context.Context, tx *sqlite.Tx, id lab.ID, reason string) error {
	q := queries.New(tx)
	waiting, err := q.WaitingOf(ctx, queries.WaitingOfParams{Reason: reason, InstrumentID: queries.ID(id)})
	if err != nil {
		return fmt.Errorf("read what waits from instrument %s: %w", id, err)
	}
	f, err := b.matcherFor(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, n := range waiting {
		if err := f.again(ctx, n); err != nil {
			return err
		}
	}
	return f.settle(ctx)
}

// again looks for the home of an observation that is stored already.
func (f *matcher) again(ctx context.Context, n int64) error {
	o, err := f.q.Observation(ctx, n)
	if err != nil {
		return fmt.Errorf("read observation %d: %w", n, err)
	}
	at, err := f.placeOf(ctx, seenOf(o))
	if err != nil {
		return err
	}
	if at.state == stateMatched {
		return f.file(ctx, o, at)
	}
	return f.mark(ctx, o.ID, at, lab.ID{})
}

// LookForTube files what waits because nobody knew its tube, now that a tube carries that id. It runs in the transaction that
// gave the tube its barcode.
func (b *Bench) LookForTube(ctx context.Context, tx *sqlite.Tx, id string) error {
	waiting, err := queries.New(tx).WaitingForTube(ctx, id)
	if err != nil {
		return fmt.Errorf("read what waits for a tube: %w", err)
	}
	byDevice := map[lab.ID]*matcher{}
	for _, w := range waiting {
		device := lab.ID(w.InstrumentID)
		f, ok := byDevice[device]
		if !ok {
			if f, err = b.matcherFor(ctx, tx, device); err != nil {
				return err
			}
			byDevice[device] = f
		}
		if err := f.again(ctx, w.ID); err != nil {
			return err
		}
	}
	for _, f := range byDevice {
		if err := f.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

func seenOf(o queries.Observation) seenRow {
	return seenRow{sample: o.SampleText, patient: o.PatientText, code: o.MapCode, value: o.Reported, unit: o.Unit, role: o.Role, noValue: o.NoValue != 0}
}

// matcherFor makes a matcher for observations that are stored already.
func (b *Bench) matcherFor(ctx context.Context, tx *sqlite.Tx, id lab.ID) (*matcher, error) {
	made := newMatcher(&intake{b: b, tx: tx, q: queries.New(tx)})
	f := &made
	if id.IsZero() {
		return f, nil
	}
	row, err := f.q.Instrument(ctx, queries.ID(id))
	if err != nil {
		return nil, fmt.Errorf("read instrument %s: %w", id, err)
	}
	f.device = device{id: id, profile: row.Profile, approved: row.Approved != 0 && row.Enabled != 0, query: row.Query != 0, window: int(row.WindowDays), short: row.ShortIds != 0}
	return f, nil
}
