package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/quality"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// inControl refuses to release a value whose test is locked by quality control on the analyzer that measured it. Nobody's
// role lifts this: the way out is to close the rejected run with its cause and to have another run accepted (lab-rules 1.5).
// It runs in the transaction of the release, so that a run that is rejected meanwhile stops it.
func (c *chart) inControl(ctx context.Context, q *queries.Queries, tx *sqlite.Tx, chosen []queries.OrderTestsRow) error {
	for _, t := range chosen {
		r := c.standing[lab.ID(t.ID)].Result
		if r.InstrumentID == (queries.ID{}) {
			continue
		}
		state, err := quality.State(ctx, q, lab.ID(r.InstrumentID), lab.ID(t.TestID), tx.Now())
		if err != nil {
			return err
		}
		if state != quality.StateLocked {
			continue
		}
		device, err := q.Instrument(ctx, r.InstrumentID)
		if err != nil {
			return fmt.Errorf("read instrument %s: %w", lab.ID(r.InstrumentID), err)
		}
		name := c.defs[t.TestID].Name
		return &lab.Error{
			Kind: lab.KindLocked, Code: "qc_locked",
			Message: name + " is locked by quality control on " + device.Name + ": close the rejected run with its cause and have another run accepted. Until then nobody releases it.",
			Detail:  map[string]any{"test": name, "test_id": lab.ID(t.TestID).String(), "instrument": device.Name, "instrument_id": lab.ID(r.InstrumentID).String()},
		}
	}
	return nil
}

// overControl checks who lets a value go on that was measured while its test was not in control: a permission of its own,
// and a reason that stays on the record.
func (w Who) overControl(codes, note string, tx *sqlite.Tx) error {
	var list []string
	if err := json.Unmarshal([]byte(codes), &list); err != nil {
		return fmt.Errorf("codes of a decision: %w", err)
	}
	if !slices.Contains(list, result.HoldQC) {
		return nil
	}
	if err := w.may(access.ReleaseStaleQC, tx.Now()); err != nil {
		return err
	}
	if strings.TrimSpace(note) == "" {
		const message = "Say why this value may stand although its test was not in control."
		return lab.Invalid("qc_reason", message, lab.FieldError{Field: "note", Code: "missing", Message: message})
	}
	return nil
}

// worst gives the state of quality control that a panel shows: of its rows the one that somebody should look at first.
func worst(rows []bench.Row) string {
	order := []string{quality.StateLocked, quality.StateStale, quality.StateWarn, quality.StateOpen}
	for _, state := range order {
		if slices.ContainsFunc(rows, func(r bench.Row) bool { return r.QC == state }) {
			return state
		}
	}
	return quality.StateNone
}
