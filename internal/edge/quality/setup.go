package quality

import (
	"context"
	"fmt"
	"strings"
	"time"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// unknownFor is how long a control id that nobody set up stays on the list.
const unknownFor = 31

// Controls gives all controls, and ids that came and that nobody has set up.
func (c *Quality) Controls(ctx context.Context) (Controls, error) {
	out := Controls{Controls: []Control{}, Unknown: []UnknownControl{}}
	err := c.db.View(ctx, func(tx *sqlite.ReadTx) error {
		q := queries.New(tx)
		rows, err := q.Controls(ctx)
		if err != nil {
			return fmt.Errorf("read the controls: %w", err)
		}
		for _, r := range rows {
			one, err := control(ctx, tx, q, r)
			if err != nil {
				return err
			}
			out.Controls = append(out.Controls, one)
		}
		unknown, err := q.UnknownControls(ctx, tx.Now().AddDate(0, 0, -unknownFor).UnixMilli())
		if err != nil {
			return fmt.Errorf("read unknown controls: %w", err)
		}
		for _, u := range unknown {
			out.Unknown = append(out.Unknown, UnknownControl{InstrumentID: lab.ID(u.InstrumentID), SampleText: u.SampleText, Values: int(u.N), Last: time.UnixMilli(u.LastMs).UTC()})
		}
		return nil
	})
	return out, err
}

func control(ctx context.Context, tx *sqlite.ReadTx, q *queries.Queries, r queries.ControlsRow) (Control, error) {
	out := Control{
		ID: lab.ID(r.ID), Name: r.Name, Maker: r.Maker, Lot: r.Lot, Level: int(r.Level), Expiry: r.Expiry, SampleText: r.SampleText,
		InstrumentID: lab.ID(r.InstrumentID), Active: r.Active != 0, Targets: []ControlTarget{},
	}
	versions, err := tx.Versions(ctx, "control", out.ID)
	if err != nil {
		return out, err
	}
	out.Versions = versions.String()
	targets, err := q.ControlTargets(ctx, r.ID)
	if err != nil {
		return out, fmt.Errorf("read the targets of control %s: %w", out.ID, err)
	}
	seen := map[[2]queries.ID]bool{}
	for _, t := range targets {
		key := [2]queries.ID{t.InstrumentID, t.TestID}
		if seen[key] {
			continue // ended by the one before it in this order
		}
		seen[key] = true
		out.Targets = append(out.Targets, ControlTarget{
			ID: lab.ID(t.ID), InstrumentID: lab.ID(t.InstrumentID), Instrument: t.Instrument, TestID: lab.ID(t.TestID), TestCode: t.TestCode, Test: t.Test,
			Mean: t.Mean, SD: t.Sd, N: int(t.N), Source: t.Source, From: time.UnixMilli(t.ValidFromMs).UTC(),
		})
	}
	return out, nil
}

// AddControl sets up a control and files what waited under its id.
func (c *Quality) AddControl(ctx context.Context, actor lab.Actor, key string, in ControlInput) (Controls, error) {
	_, err := once.Do(ctx, c.db, actor, key, "control.add", in, func(tx *sqlite.Tx) (lab.ID, error) {
		id := tx.NewID()
		row, err := controlRow(in)
		if err != nil {
			return id, err
		}
		row["opened_ms"] = tx.Now().UnixMilli()
		if err := tx.Insert("control", id, row); err != nil {
			return id, err
		}
		return id, c.lookAgain(tx, in)
	})
	if err != nil {
		return Controls{}, err
	}
	return c.Controls(ctx)
}

// ChangeControl changes a control.
func (c *Quality) ChangeControl(ctx context.Context, actor lab.Actor, id lab.ID, in ControlInput) (Controls, error) {
	seen, err := journal.ParseVersions(in.Versions)
	if err != nil {
		return Controls{}, lab.Invalid("versions_malformed", "Reload the record.")
	}
	row, err := controlRow(in)
	if err != nil {
		return Controls{}, err
	}
	err = c.db.Update(ctx, actor, "control.change", func(tx *sqlite.Tx) error {
		if err := tx.Change("control", id, nil, row, sqlite.Expect(seen)); err != nil {
			return err
		}
		return c.lookAgain(tx, in)
	})
	if err != nil {
		return Controls{}, err
	}
	return c.Controls(ctx)
}

func (c *Quality) lookAgain(tx *sqlite.Tx, in ControlInput) error {
	if c.again == nil || !in.Active {
		return nil
	}
	return c.again(tx, strings.TrimSpace(in.SampleText))
}

func controlRow(in ControlInput) (sqlite.Row, error) {
	row := sqlite.Row{
		"name": in.Name, "maker": in.Maker, "lot": in.Lot, "level": in.Level, "expiry": nil, "sample_text": strings.TrimSpace(in.SampleText),
		"instrument_id": in.InstrumentID, "active": in.Active,
	}
	if in.Expiry != "" {
		if _, err := time.Parse(time.DateOnly, in.Expiry); err != nil {
			return nil, lab.Invalid("date_malformed", "Write the date as year-month-day.", lab.FieldError{Field: "expiry", Code: "malformed", Message: "Write the date as 2026-12-31."})
		}
		row["expiry"] = in.Expiry
	}
	if row["sample_text"] == "" {
		return nil, lab.Invalid("control_id_missing", "Write the id under which analyzers send this control.", lab.FieldError{Field: "sample_text", Code: "missing", Message: "Write the id."})
	}
	return row, nil
}

// SetTarget says what a control should read from now on. What was judged before keeps its target.
func (c *Quality) SetTarget(ctx context.Context, actor lab.Actor, key string, id lab.ID, in TargetInput) (Controls, error) {
	mean, err := lab.ParseDecimal(in.Mean)
	if err != nil {
		return Controls{}, lab.Invalid("mean_malformed", "The mean is no number.", lab.FieldError{Field: "mean", Code: "malformed", Message: "Write a number such as 5.02."})
	}
	sd, err := lab.ParseDecimal(in.SD)
	if err != nil || sd.Sign() <= 0 {
		return Controls{}, lab.Invalid("qc_sd", "The target's SD must be above zero.", lab.FieldError{Field: "sd", Code: "malformed", Message: "Write a number above zero."})
	}
	request := struct {
		ID lab.ID
		In TargetInput
	}{id, in}
	_, err = once.Do(ctx, c.db, actor, key, "control.target", request, func(tx *sqlite.Tx) (lab.ID, error) {
		q, target := queries.New(tx), tx.NewID()
		if _, err := q.Instrument(ctx, queries.ID(in.InstrumentID)); err != nil {
			return target, lab.Invalid("instrument_unknown", "Choose the analyzer.", lab.FieldError{Field: "instrument_id", Code: "unknown", Message: "Choose the analyzer."})
		}
		if _, err := q.Test(ctx, queries.ID(in.TestID)); err != nil {
			return target, lab.Invalid("test_unknown", "Choose the test.", lab.FieldError{Field: "test_id", Code: "unknown", Message: "Choose the test."})
		}
		row := sqlite.Row{
			"control_id": id, "instrument_id": in.InstrumentID, "test_id": in.TestID, "mean": mean.String(), "sd": sd.String(), "n": in.N, "source": in.Source,
			"valid_from_ms": tx.Now().UnixMilli(), "approved_by": actor.ID,
		}
		return target, tx.Insert("control_target", target, row)
	})
	if err != nil {
		return Controls{}, err
	}
	return c.Controls(ctx)
}
