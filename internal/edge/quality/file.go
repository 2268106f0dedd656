package quality

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/qc"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Reading is one control value as an analyzer sent it.
type Reading struct {
	Instrument  lab.ID
	Test        lab.ID
	SampleText  string // the id under which it came
	Raw         string
	Num         string // the number in it, empty where it is none
	Unit        string
	UnitFits    bool // the unit is the test's
	Measured    time.Time
	Message     int64
	Observation int64
}

// The reasons why a control value has no home.
const (
	ReasonUnknown   = "unknown_control"   // nobody set up a control with this id
	ReasonAmbiguous = "ambiguous_control" // two active controls have it
)

// sameRun is how far apart the levels of one run may come: analyzers send each level as a message of its own.
const sameRun = time.Hour

// history is how many runs the rules look back over: the longest rule needs twelve results of one level.
const history = 30

// File puts a control value into its run and judges the run. A reason tells that it has no home; then nothing is written.
func File(ctx context.Context, tx *sqlite.Tx, r Reading) (result lab.ID, reason string, err error) {
	f := filer{tx: tx, q: queries.New(tx), r: r}
	controls, err := f.q.ControlsByText(ctx, queries.ControlsByTextParams{SampleText: r.SampleText, InstrumentID: queries.ID(r.Instrument)})
	switch {
	case err != nil:
		return result, "", fmt.Errorf("look for a control: %w", err)
	case len(controls) == 0:
		return result, ReasonUnknown, nil
	case len(controls) > 1:
		return result, ReasonAmbiguous, nil
	}
	f.control = controls[0]
	if result, err = f.file(ctx); err != nil {
		return result, "", err
	}
	return result, "", judge(ctx, tx, f.run, r.Instrument, r.Test)
}

// filer files one value.
type filer struct {
	tx      *sqlite.Tx
	q       *queries.Queries
	r       Reading
	control queries.ControlsByTextRow
	run     lab.ID
}

func (f *filer) file(ctx context.Context) (lab.ID, error) {
	id, at := f.tx.NewID(), f.at()
	replicate, err := f.place(ctx, at)
	if err != nil {
		return id, err
	}
	row := sqlite.Row{
		"run_id": f.run, "control_id": lab.ID(f.control.ID), "target_id": nil, "replicate": replicate, "raw": f.r.Raw, "num": nil, "num_real": nil,
		"unit": f.r.Unit, "z": nil, "measured_ms": nil, "entered_ms": f.tx.Now().UnixMilli(), "message_id": orNil(f.r.Message), "observation_id": orNil(f.r.Observation),
		"excluded": nil, "excluded_by": nil, "excluded_with": nil,
	}
	if !f.r.Measured.IsZero() {
		row["measured_ms"] = f.r.Measured.UnixMilli()
	}
	if num, err := lab.ParseDecimal(f.r.Num); err == nil {
		row["num"], row["num_real"] = num.String(), num.Float()
		if err := f.score(ctx, num, at, row); err != nil {
			return id, err
		}
	}
	return id, f.tx.Insert("control_result", id, row)
}

func orNil(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// at is when the value was measured, else when it came.
func (f *filer) at() time.Time {
	if f.r.Measured.IsZero() {
		return f.tx.Now()
	}
	return f.r.Measured
}

// score compares a number with the target that was valid when it was measured. A value in another unit is compared with
// nothing.
func (f *filer) score(ctx context.Context, num lab.Decimal, at time.Time, row sqlite.Row) error {
	targets, err := f.q.ControlTarget(ctx, queries.ControlTargetParams{
		ControlID: f.control.ID, InstrumentID: queries.ID(f.r.Instrument), TestID: queries.ID(f.r.Test), ValidFromMs: at.UnixMilli(),
	})
	if err != nil {
		return fmt.Errorf("read a target: %w", err)
	}
	if len(targets) == 0 || !f.r.UnitFits {
		return nil
	}
	mean, err1 := lab.ParseDecimal(targets[0].Mean)
	sd, err2 := lab.ParseDecimal(targets[0].Sd)
	if err1 != nil || err2 != nil {
		return fmt.Errorf("read target %s: its numbers are damaged", lab.ID(targets[0].ID))
	}
	z, err := qc.Z(num, mean, sd)
	if err != nil {
		return err
	}
	row["target_id"], row["z"] = lab.ID(targets[0].ID), z.String()
	return nil
}

// place finds the run that the value belongs to, or begins one: the newest of this test on this analyzer, if it began
// within the hour before and has no value of this control from another message. Values of one message are replicates.
func (f *filer) place(ctx context.Context, at time.Time) (replicate int, err error) {
	runs, err := f.q.LastControlRuns(ctx, queries.LastControlRunsParams{InstrumentID: queries.ID(f.r.Instrument), TestID: queries.ID(f.r.Test), Limit: 1})
	if err != nil {
		return 0, fmt.Errorf("read the last control run: %w", err)
	}
	if len(runs) == 1 && runs[0].Closed == 0 {
		began := time.UnixMilli(runs[0].StartedMs)
		have, err := f.q.ControlResultsOfRun(ctx, runs[0].ID)
		if err != nil {
			return 0, fmt.Errorf("read a control run: %w", err)
		}
		n, other := 0, false
		for _, h := range have {
			if h.ControlID == f.control.ID {
				n, other = n+1, other || h.Message != f.r.Message
			}
		}
		if !other && at.Sub(began).Abs() <= sameRun {
			f.run = lab.ID(runs[0].ID)
			return n + 1, nil
		}
	}
	f.run = f.tx.NewID()
	return 1, f.tx.Insert("control_run", f.run, sqlite.Row{
		"instrument_id": f.r.Instrument, "test_id": f.r.Test, "started_ms": at.UnixMilli(), "status": statusUnjudged, "first_rule": nil, "violations": "[]",
		"cause": nil, "action": nil, "closed_ms": nil, "closed_by": nil,
	})
}

// judge applies the multirules to a run in the light of those before it, and keeps the verdict on it.
func judge(ctx context.Context, tx *sqlite.Tx, run, instrument, test lab.ID) error {
	q := queries.New(tx)
	runs, settings, err := upTo(ctx, q, run, instrument, test)
	if err != nil {
		return err
	}
	status, first, violations := statusUnjudged, any(nil), []RuleViolation{}
	if n := len(runs); n > 0 && len(runs[n-1].Points) > 0 {
		v := qc.Evaluate(runs, settings)
		status = map[qc.Status]string{qc.Accept: statusAccept, qc.Warn: statusWarn, qc.Reject: statusReject}[v.Status]
		if v.First != "" {
			first = string(v.First)
		}
		for _, x := range v.Violations {
			violations = append(violations, RuleViolation{Rule: string(x.Rule), Scope: x.Scope, Side: x.Side})
		}
	}
	raw, err := json.Marshal(violations)
	if err != nil {
		return fmt.Errorf("encode a verdict: %w", err)
	}
	return tx.Change("control_run", run, nil, sqlite.Row{"status": status, "first_rule": first, "violations": string(raw)})
}

// upTo gives the runs of a test on an analyzer up to and with one, oldest first, and the rules that hold there: the preset
// for two levels or for three, by how many levels have targets.
func upTo(ctx context.Context, q *queries.Queries, run, instrument, test lab.ID) ([]qc.Run, qc.Settings, error) {
	var settings qc.Settings
	levels, err := q.CountControlLevels(ctx, queries.CountControlLevelsParams{InstrumentID: queries.ID(instrument), TestID: queries.ID(test)})
	if err != nil {
		return nil, settings, fmt.Errorf("count the levels of a test: %w", err)
	}
	settings.Rules = Preset(int(levels))
	rows, err := q.LastControlRuns(ctx, queries.LastControlRunsParams{InstrumentID: queries.ID(instrument), TestID: queries.ID(test), Limit: 10 * history})
	if err != nil {
		return nil, settings, fmt.Errorf("read the control runs of a test: %w", err)
	}
	if i := slices.IndexFunc(rows, func(r queries.LastControlRunsRow) bool { return lab.ID(r.ID) == run }); i > 0 {
		rows = rows[i:]
	}
	rows = rows[:min(len(rows), history)]
	slices.Reverse(rows)
	var out []qc.Run
	targets := map[queries.ID]queries.ID{} // by control
	reset := false
	for _, r := range rows {
		values, err := q.ControlResultsOfRun(ctx, r.ID)
		if err != nil {
			return nil, settings, fmt.Errorf("read a control run: %w", err)
		}
		one := qc.Run{Reset: reset}
		for _, v := range values {
			if left(v) || v.Z == "" {
				continue
			}
			z, err := lab.ParseDecimal(v.Z)
			if err != nil {
				return nil, settings, fmt.Errorf("z of control result %s: %w", lab.ID(v.ID), err)
			}
			if old, known := targets[v.ControlID]; known && old != v.TargetID {
				one.Reset = true
			}
			targets[v.ControlID] = v.TargetID
			one.Points = append(one.Points, qc.Point{Level: int(v.Level), Z: z})
		}
		out = append(out, one)
		reset = r.Status == statusReject && r.Closed > 0
	}
	return out, settings, nil
}

// Preset gives the rules for so many levels: N2 for one or two, N3 for three and more (lab-rules 1.2).
func Preset(levels int) []qc.Rule {
	if levels >= 3 {
		return []qc.Rule{qc.Rule13s, qc.Rule2of3, qc.RuleR4s, qc.Rule31s, qc.Rule6x, qc.Rule12s}
	}
	return []qc.Rule{qc.Rule13s, qc.Rule22s, qc.RuleR4s, qc.Rule41s, qc.Rule10x, qc.Rule12s}
}

// Standing is what decides how the quality control of a test on an analyzer stands.
type Standing struct {
	status  string
	started time.Time
	open    bool // a rejected run is not closed
}

// Stand reads how the quality control of a test on an analyzer stands; it changes with control_run alone.
func Stand(ctx context.Context, q *queries.Queries, instrument, test lab.ID) (Standing, error) {
	key := queries.LastControlRunsParams{InstrumentID: queries.ID(instrument), TestID: queries.ID(test), Limit: 1}
	runs, err := q.LastControlRuns(ctx, key)
	if err != nil {
		return Standing{}, fmt.Errorf("read the last control run: %w", err)
	}
	if len(runs) == 0 {
		return Standing{}, nil
	}
	open, err := q.OpenRejects(ctx, queries.OpenRejectsParams{InstrumentID: key.InstrumentID, TestID: key.TestID})
	if err != nil {
		return Standing{}, fmt.Errorf("count the rejected control runs: %w", err)
	}
	return Standing{status: runs[0].Status, started: time.UnixMilli(runs[0].StartedMs), open: open > 0}, nil
}

// State gives the state at a time. A rejected run locks until it is closed and another run is accepted.
func (s Standing) State(now time.Time) string {
	switch {
	case s.open, s.status == statusReject:
		return StateLocked
	case s.status == "", s.status == statusUnjudged:
		return StateNone
	case now.Sub(s.started) > Window:
		return StateStale
	case s.status == statusWarn:
		return StateWarn
	default:
		return StateOpen
	}
}

// State tells how the quality control of a test on an analyzer stands now.
func State(ctx context.Context, q *queries.Queries, instrument, test lab.ID, now time.Time) (string, error) {
	s, err := Stand(ctx, q, instrument, test)
	return s.State(now), err
}
