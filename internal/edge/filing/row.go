package filing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/patient"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// row gives the columns of a value. What identifies it (its test, version and predecessor) is added by insert alone.
func (f *Filer) row(r result.Result, t catalogue.Test, e Entry) (sqlite.Row, error) {
	hash := r.ContentHash()
	holds, err := sqlite.HoldsText(r.Holds)
	if err != nil {
		return nil, err
	}
	row := sqlite.Row{
		"sample_id": r.SampleID, "test_id": r.TestID, "raw": sqlite.NotCalculated + r.NotReported, "value": "", "comparator": "", "num": nil, "num_real": nil, "unit": r.Unit, "flag": string(r.Flag), "critical": r.Flag.Critical() || hasCode(r.Holds, result.HoldCritical),
		"interval_id": r.Interval.IntervalID, "interval_low": text(r.Interval.Low), "interval_high": text(r.Interval.High), "interval_text": r.Interval.Text,
		"critical_low": text(r.Interval.CriticalLow), "critical_high": text(r.Interval.CriticalHigh), "no_limit": orNil(r.Interval.Note), "method": orNil(t.Method),
		"source": string(r.Source), "entered_by": nil, "instrument_id": e.Instrument, "message_id": orZero(e.Message), "observation_id": orZero(e.Observation),
		"source_flag": orNil(e.Flag), "source_unit": orNil(e.Unit), "measured_ms": nil, "entered_ms": f.tx.Now().UnixMilli(), "reason": orNil(e.Reason),
		"content_hash": hash[:], "holds": holds, "conversion": nil,
	}
	if r.Value != nil {
		row["raw"], row["value"] = r.Value.Text, result.Print(*r.Value, t.Decimals, r.Interval.Limits())
		row["comparator"] = string(r.Value.Comparator)
	}
	if r.Value != nil && r.Value.Num != nil {
		row["num"], row["num_real"] = r.Value.Num.String(), r.Value.Num.Float()
	}
	if e.Convert != nil {
		row["conversion"] = e.Convert.String()
	}
	if r.Source == result.Manual {
		row["entered_by"] = f.tx.Actor().ID
	}
	if !e.Measured.IsZero() {
		row["measured_ms"] = e.Measured.UnixMilli()
	}
	return row, nil
}

// stored is the row of a value as the chart of its visit reads it back.
func stored(g *Filing, row sqlite.Row) queries.ResultsOfVisitRow {
	str := func(column string) string {
		s, _ := row[column].(string)
		return s
	}
	id := func(column string) queries.ID {
		v, _ := row[column].(lab.ID)
		return queries.ID(v)
	}
	num := func(column string) int64 {
		v, _ := row[column].(int64)
		return v
	}
	hash, _ := row["content_hash"].([]byte)
	out := queries.ResultsOfVisitRow{
		ID: queries.ID(g.result.ID), OrderTestID: id("order_test_id"), SampleID: id("sample_id"), TestID: id("test_id"), Version: int64(g.result.Version), Supersedes: id("supersedes"),
		Raw: str("raw"), Value: str("value"), Comparator: str("comparator"), Num: str("num"), Unit: str("unit"), Flag: str("flag"),
		IntervalID: id("interval_id"), IntervalLow: str("interval_low"), IntervalHigh: str("interval_high"), IntervalText: str("interval_text"),
		CriticalLow: str("critical_low"), CriticalHigh: str("critical_high"), NoLimit: str("no_limit"), Method: str("method"), Source: str("source"),
		EnteredByID: id("entered_by"), InstrumentID: id("instrument_id"), Message: num("message_id"), Observation: num("observation_id"),
		SourceFlag: str("source_flag"), SourceUnit: str("source_unit"), MeasuredMs: num("measured_ms"), EnteredMs: num("entered_ms"), Reason: str("reason"),
		ContentHash: hash, Conversion: str("conversion"), Holds: str("holds"), State: current,
	}
	if critical, _ := row["critical"].(bool); critical {
		out.Critical = 1
	}
	return out
}

// current is the bookkeeping state of a value that nothing has superseded.
const current = "current"

func hasCode(holds []result.Hold, code string) bool {
	return slices.ContainsFunc(holds, func(h result.Hold) bool { return h.Code == code })
}

func text(d *lab.Decimal) any {
	if d == nil {
		return nil
	}
	return d.String()
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orZero(v int64) any {
	if v == 0 {
		return nil
	}
	return v
}

// judge flags a value and finds the holds that it gets by itself and beside the patient's last one.
func (f *Filer) judge(ctx context.Context, item queries.OrderTestRow, m sqlite.Measure, v result.Value, e Entry) (result.Judgement, error) {
	if e.NotReported != "" {
		return result.Judgement{}, nil
	}
	p, err := f.person(ctx, item.PatientID)
	if err != nil {
		return result.Judgement{}, err
	}
	collected, err := f.collected(ctx, item)
	if err != nil {
		return result.Judgement{}, err
	}
	j := result.Judge(m.Test, v, m.Intervals, m.Criticals, Subject(p, lab.DateOf(collected.In(f.zone))))
	prior, found, err := f.prior(ctx, item, m.Test)
	if err != nil || !found {
		return j, err
	}
	if hold, over := result.Delta(m.Deltas, v, collected, prior); over {
		j.Holds = append(j.Holds, hold)
	}
	return j, nil
}

// Subject is what an interval is chosen by: the age at collection.
func Subject(p patient.Patient, on lab.Date) catalogue.Subject {
	s := catalogue.Subject{Sex: p.Sex}
	if age, ok := p.AgeOn(on); ok {
		s.AgeDays, s.AgeKnown = age.Days, true
	}
	return s
}

// collected is when the sample was drawn, else when it arrived, else now.
func (f *Filer) collected(ctx context.Context, item queries.OrderTestRow) (time.Time, error) {
	if item.SampleID == (queries.ID{}) {
		return f.tx.Now(), nil
	}
	s, err := f.Sample(ctx, sqlite.Tube{ID: lab.ID(item.SampleID), Visit: lab.ID(item.VisitID)})
	if err != nil {
		return time.Time{}, err
	}
	switch {
	case s.CollectedMs > 0:
		return time.UnixMilli(s.CollectedMs), nil
	case s.ReceivedMs > 0:
		return time.UnixMilli(s.ReceivedMs), nil
	default:
		return f.tx.Now(), nil
	}
}

// prior is the patient's newest released value of the test from another visit.
func (f *Filer) prior(ctx context.Context, item queries.OrderTestRow, t catalogue.Test) (result.Prior, bool, error) {
	known, ok := f.released[item.VisitID]
	if !ok {
		var err error
		if known, err = f.q.ReleasedElsewhere(ctx, queries.ReleasedElsewhereParams{PatientID: item.PatientID, VisitID: item.VisitID}); err != nil {
			return result.Prior{}, false, fmt.Errorf("look for earlier values: %w", err)
		}
		f.released[item.VisitID] = known
	}
	if !slices.Contains(known, item.TestID) {
		return result.Prior{}, false, nil
	}
	rows, err := f.q.Previous(ctx, queries.PreviousParams{PatientID: item.PatientID, TestID: item.TestID, VisitID: item.VisitID, Limit: 1})
	if err != nil {
		return result.Prior{}, false, fmt.Errorf("read the last value of a test: %w", err)
	}
	if len(rows) == 0 {
		return result.Prior{}, false, nil
	}
	v, err := result.Parse(t, rows[0].Value, result.Form{})
	if err != nil {
		return result.Prior{}, false, nil // the test's kind changed since; there is nothing to compare with
	}
	return result.Prior{Value: v, Collected: time.UnixMilli(rows[0].AtMs)}, true, nil
}
