package quality

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Board gives how every test stands on every analyzer that ran a control in the last month.
func (c *Quality) Board(ctx context.Context) (ControlBoard, error) {
	out := ControlBoard{Tests: []BoardTest{}}
	err := c.db.View(ctx, func(tx *sqlite.ReadTx) error {
		q := queries.New(tx)
		rows, err := q.ControlBoard(ctx, tx.Now().AddDate(0, 0, -unknownFor).UnixMilli())
		if err != nil {
			return fmt.Errorf("read the quality board: %w", err)
		}
		for _, r := range rows {
			one := BoardTest{
				InstrumentID: lab.ID(r.InstrumentID), Instrument: r.Instrument, TestID: lab.ID(r.TestID), TestCode: r.TestCode, Test: r.Test,
				TestLocal: r.TestLocal, Runs: int(r.Runs),
			}
			if r.LastMs > 0 {
				last := time.UnixMilli(r.LastMs).UTC()
				one.Last = &last
			}
			if one.State, err = State(ctx, q, one.InstrumentID, one.TestID, tx.Now()); err != nil {
				return err
			}
			last, err := q.LastControlRuns(ctx, queries.LastControlRunsParams{InstrumentID: r.InstrumentID, TestID: r.TestID, Limit: 1})
			if err != nil {
				return fmt.Errorf("read the last control run: %w", err)
			}
			for _, l := range last {
				one.FirstRule = l.FirstRule
			}
			out.Tests = append(out.Tests, one)
		}
		return nil
	})
	return out, err
}

// Chart gives the newest runs of a test on an analyzer, oldest first.
func (c *Quality) Chart(ctx context.Context, instrument, test lab.ID, limit int) (ControlChart, error) {
	out := ControlChart{Runs: []ControlRun{}, Levels: []ControlLevel{}, Rules: []string{}}
	err := c.db.View(ctx, func(tx *sqlite.ReadTx) error {
		q := queries.New(tx)
		rows, err := q.LastControlRuns(ctx, queries.LastControlRunsParams{InstrumentID: queries.ID(instrument), TestID: queries.ID(test), Limit: int64(limit)})
		if err != nil {
			return fmt.Errorf("read control runs: %w", err)
		}
		slices.Reverse(rows)
		d := drawing{q: q, instrument: instrument, test: test, now: tx.Now(), out: &out, targets: map[queries.ID]queries.ID{}, sums: map[queries.ID]*figures{}}
		for _, r := range rows {
			if err := d.run(ctx, r); err != nil {
				return err
			}
		}
		levels, err := q.CountControlLevels(ctx, queries.CountControlLevelsParams{InstrumentID: queries.ID(instrument), TestID: queries.ID(test)})
		if err != nil {
			return fmt.Errorf("count the levels of a test: %w", err)
		}
		for _, r := range Preset(int(levels)) {
			out.Rules = append(out.Rules, string(r))
		}
		if out.State, err = State(ctx, q, instrument, test, tx.Now()); err != nil {
			return err
		}
		def, err := sqlite.ReadTest(ctx, tx, test)
		if err != nil {
			return lab.NotFound("test_not_found", "There is no such test.")
		}
		out.Unit = def.Unit
		if err := d.lock(ctx); err != nil {
			return err
		}
		return d.levels(ctx)
	})
	return out, err
}

// drawing gathers a chart.
type drawing struct {
	q                *queries.Queries
	instrument, test lab.ID
	now              time.Time
	out              *ControlChart
	targets          map[queries.ID]queries.ID // by control: the target of the value before
	order            []queries.ID
	heads            map[queries.ID]ControlLevel
	sums             map[queries.ID]*figures
}

func (d *drawing) run(ctx context.Context, r queries.LastControlRunsRow) error {
	run := ControlRun{
		ID: lab.ID(r.ID), At: time.UnixMilli(r.StartedMs).UTC(), Status: r.Status, FirstRule: r.FirstRule, Violations: []RuleViolation{}, Points: []ControlPoint{},
		Cause: r.Cause, Action: r.Did, ClosedBy: lab.ID(r.ClosedBy),
	}
	if r.Closed > 0 {
		at := time.UnixMilli(r.Closed).UTC()
		run.Closed, run.Closer = &at, r.Closer
	}
	if err := json.Unmarshal([]byte(r.Violations), &run.Violations); err != nil {
		return fmt.Errorf("verdict of control run %s: %w", run.ID, err)
	}
	values, err := d.q.ControlResultsOfRun(ctx, r.ID)
	if err != nil {
		return fmt.Errorf("read control run %s: %w", run.ID, err)
	}
	for _, v := range values {
		run.Points = append(run.Points, d.point(v))
	}
	d.out.Runs = append(d.out.Runs, run)
	return nil
}

func (d *drawing) point(v queries.ControlResultsOfRunRow) ControlPoint {
	if d.heads == nil {
		d.heads = map[queries.ID]ControlLevel{}
	}
	if _, known := d.heads[v.ControlID]; !known {
		d.heads[v.ControlID] = ControlLevel{ControlID: lab.ID(v.ControlID), Name: v.Name, Lot: v.Lot, Level: int(v.Level)}
		d.order = append(d.order, v.ControlID)
		d.sums[v.ControlID] = &figures{}
	}
	old, known := d.targets[v.ControlID]
	fresh := known && old != v.TargetID
	d.targets[v.ControlID] = v.TargetID
	if fresh {
		d.sums[v.ControlID] = &figures{}
	}
	if num, err := lab.ParseDecimal(v.Num); err == nil && !left(v) {
		d.sums[v.ControlID].add(num)
	}
	out := ControlPoint{
		ID: lab.ID(v.ID), ControlID: lab.ID(v.ControlID), Level: int(v.Level), Replicate: int(v.Replicate), Value: v.Raw, Num: v.Num, Unit: v.Unit, Z: v.Z, Mean: v.TargetMean, SD: v.TargetSd,
		NewTarget: fresh, MessageID: v.Message,
	}
	if left(v) {
		out.Excluded = v.Excluded
	} else {
		out.Proposed, out.ProposedBy = v.Excluded, lab.ID(v.ExcludedBy)
	}
	return out
}

// left tells whether two people left a value out.
func left(v queries.ControlResultsOfRunRow) bool {
	return v.Excluded != "" && v.ExcludedWith != (queries.ID{})
}

// levels gives the controls on the chart with their targets of today and their own figures.
func (d *drawing) levels(ctx context.Context) error {
	for _, id := range d.order {
		l := d.heads[id]
		target, err := d.q.ControlTarget(ctx, queries.ControlTargetParams{
			ControlID: id, InstrumentID: queries.ID(d.instrument), TestID: queries.ID(d.test), ValidFromMs: d.now.UnixMilli(),
		})
		if err != nil {
			return fmt.Errorf("read a target: %w", err)
		}
		for _, t := range target {
			l.Mean, l.SD = t.Mean, t.Sd
		}
		l.N, l.OwnMean, l.OwnSD, l.OwnCV = d.sums[id].texts()
		d.out.Levels = append(d.out.Levels, l)
	}
	slices.SortStableFunc(d.out.Levels, func(a, b ControlLevel) int { return a.Level - b.Level })
	return nil
}

// figures are the values of one control, for mean, SD (n-1) and CV by two passes (lab-rules 1.1).
type figures struct{ values []lab.Decimal }

func (f *figures) add(v lab.Decimal) { f.values = append(f.values, v) }

// texts gives the count and the figures, rounded for people to two places more than the values have.
func (f *figures) texts() (n int, mean, sd, cv string) {
	n = len(f.values)
	if n == 0 {
		return 0, "", "", ""
	}
	places, sum := 0, lab.Decimal{}
	for _, v := range f.values {
		sum, places = sum.Add(v), max(places, v.Places())
	}
	m, _ := sum.Div(lab.DecimalFromInt(int64(n)))
	mean = m.Round(places + 2).String()
	if n < 2 {
		return n, mean, "", ""
	}
	squares := lab.Decimal{}
	for _, v := range f.values {
		d := v.Sub(m)
		squares = squares.Add(d.Mul(d))
	}
	variance, _ := squares.Div(lab.DecimalFromInt(int64(n - 1)))
	root, ok := variance.Sqrt()
	if !ok {
		return n, mean, "", ""
	}
	sd = root.Round(places + 2).String()
	if share, ok := root.Mul(lab.DecimalFromInt(100)).Div(m.Abs()); ok && m.Sign() != 0 {
		cv = share.Round(2).String()
	}
	return n, mean, sd, cv
}
