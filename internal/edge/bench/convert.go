package bench

import (
	"context"
	"fmt"
	"slices"

	"jaanch/internal/edge/filing"
	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// declared gives what the lab declared for the unit of a code; nil for nothing.
func declared(c queries.CodeOfRow) (*result.Conversion, error) {
	if c.Factor == "" {
		return nil, nil //nolint:nilnil // no declaration is an answer, not a fault
	}
	conv, err := result.NewConversion(c.FromUnit, c.Factor, c.Shift)
	if err != nil {
		return nil, fmt.Errorf("conversion of code %s: %w", lab.ID(c.ID), err)
	}
	return &conv, nil
}

// codeRow gives what a mapping says, as columns. A conversion is refused where it could never be used: on a test without
// numbers or without a unit, and from the test's own unit.
func codeRow(ctx context.Context, tx *sqlite.Tx, in CodeInput) (sqlite.Row, error) {
	row := sqlite.Row{"test_id": in.TestID, "from_unit": nil, "factor": nil, "shift": nil}
	if _, err := queries.New(tx).Test(ctx, queries.ID(in.TestID)); err != nil {
		return nil, lab.Invalid("test_unknown", "Choose the test that the code means.", lab.FieldError{Field: "test_id", Code: "unknown", Message: "Choose a test."})
	}
	if in.Convert == nil {
		return row, nil
	}
	conv, err := result.NewConversion(in.Convert.From, in.Convert.Factor, in.Convert.Offset)
	if err != nil {
		return nil, err
	}
	def, err := sqlite.ReadTest(ctx, tx, in.TestID)
	if err != nil {
		return nil, err
	}
	if !filing.UnitDiffers(conv.From, def.Unit) {
		const message = "The test is in this unit already, or has none: there is nothing to convert."
		return nil, lab.Invalid("conversion_same", message, lab.FieldError{Field: "unit", Code: "conversion_same", Message: message})
	}
	row["from_unit"], row["factor"] = conv.From, conv.Factor.String()
	if conv.Offset.Sign() != 0 {
		row["shift"] = conv.Offset.String()
	}
	return row, nil
}

// convertHeld files again what waits on its test because of its unit, now that somebody declared how to convert it: as a new
// version, with the one before it kept. A value that a person verified stays as it is.
func (b *Bench) convertHeld(ctx context.Context, tx *sqlite.Tx, id lab.ID, code string) error {
	q := queries.New(tx)
	held, err := q.HeldByUnit(ctx, queries.HeldByUnitParams{InstrumentID: queries.ID(id), MapCode: code})
	if err != nil {
		return fmt.Errorf("read what is held by its unit: %w", err)
	}
	f, err := b.matcherFor(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, n := range held {
		if err := f.convertOne(ctx, n); err != nil {
			return err
		}
	}
	return f.settle(ctx)
}

// convertOne files one held value again, unless the declaration is for another unit or the value is signed by now.
func (f *matcher) convertOne(ctx context.Context, n int64) error {
	o, err := f.q.Observation(ctx, n)
	if err != nil {
		return fmt.Errorf("read observation %d: %w", n, err)
	}
	item, err := filing.Item(ctx, f.q, lab.ID(o.OrderTestID))
	if err != nil {
		return err
	}
	c, err := f.filer.Chart(ctx, lab.ID(item.VisitID))
	if err != nil {
		return err
	}
	values := c.ResultsOf(item.ID)
	if len(values) == 0 || values[0].ID != o.ResultID || item.Level > 0 || item.State == string(result.Released) {
		return nil
	}
	old, err := sqlite.ParseHolds(values[0].Holds)
	if err != nil || !slices.ContainsFunc(old, func(h result.Hold) bool { return h.Code == filing.HoldUnit }) {
		return err
	}
	entry, err := f.entry(ctx, o, lab.ID(o.TestID))
	if err != nil || entry.Convert == nil || !filing.SameUnit(entry.Unit, entry.Convert.From) {
		return err
	}
	return f.file(ctx, o, place{state: o.State, reason: o.Reason, test: lab.ID(o.TestID), sample: lab.ID(o.SampleID), item: item})
}
