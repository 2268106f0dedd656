package sqlite

import (
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite/queries"
)

// ResultOf gives a stored value as the domain knows it: without its verifications and answers, which are rows of their
// own. Its ContentHash is what a verification of it signs.
func ResultOf(r queries.ResultsOfVisitRow, t queries.OrderTestsRow) (result.Result, error) {
	out := result.Result{
		ID: lab.ID(r.ID), VisitID: lab.ID(t.VisitID), SampleID: lab.ID(r.SampleID), TestID: lab.ID(r.TestID), TestCode: t.Code,
		Version: int(r.Version), Supersedes: lab.ID(r.Supersedes), Unit: r.Unit, Flag: result.Flag(r.Flag), Comment: r.Comment,
		Source: result.Source(r.Source), EnteredBy: lab.ID(r.EnteredByID), EnteredAt: time.UnixMilli(r.EnteredMs).UTC(),
		Instrument: lab.ID(r.InstrumentID), Reason: r.Reason, Levels: int(t.Levels),
		Interval: result.Snapshot{
			Low: decimalOrNil(r.IntervalLow), High: decimalOrNil(r.IntervalHigh), CriticalLow: decimalOrNil(r.CriticalLow),
			CriticalHigh: decimalOrNil(r.CriticalHigh), Text: r.IntervalText, IntervalID: lab.ID(r.IntervalID), Note: r.NoLimit,
		},
	}
	if r.Value == "" {
		out.NotReported = r.Reason
	} else {
		out.Value = &result.Value{Text: r.Value, Comparator: result.Comparator(r.Comparator), Num: decimalOrNil(r.Num)}
	}
	var err error
	if out.Holds, err = ParseHolds(r.Holds); err != nil {
		return out, fmt.Errorf("result %s: %w", out.ID, err)
	}
	return out, nil
}

// ResultRow gives the columns of a result for Insert, with the hash of its content. Raw is the text exactly as it came.
func ResultRow(r result.Result, item lab.ID, raw string) (Row, error) {
	holds, err := HoldsText(r.Holds)
	if err != nil {
		return nil, err
	}
	hash := r.ContentHash()
	row := Row{
		"order_test_id": item, "sample_id": r.SampleID, "test_id": r.TestID, "version": r.Version, "supersedes": r.Supersedes, "raw": raw,
		"value": "", "comparator": "", "num": nil, "num_real": nil, "unit": r.Unit, "flag": string(r.Flag), "critical": r.Flag.Critical(),
		"interval_id": r.Interval.IntervalID, "interval_low": decimalText(r.Interval.Low), "interval_high": decimalText(r.Interval.High),
		"interval_text": r.Interval.Text, "critical_low": decimalText(r.Interval.CriticalLow), "critical_high": decimalText(r.Interval.CriticalHigh),
		"no_limit": orNull(r.Interval.Note), "source": string(r.Source), "entered_by": r.EnteredBy, "instrument_id": r.Instrument,
		"entered_ms": r.EnteredAt.UnixMilli(), "reason": orNull(r.Reason), "content_hash": hash[:], "holds": holds, "comment": orNull(r.Comment),
	}
	for _, h := range r.Holds {
		if h.Code == result.HoldCritical {
			row["critical"] = true
		}
	}
	if r.Value != nil {
		row["value"], row["comparator"], row["num"] = r.Value.Text, string(r.Value.Comparator), decimalText(r.Value.Num)
		if r.Value.Num != nil {
			row["num_real"] = r.Value.Num.Float()
		}
	} else {
		row["reason"] = orNull(r.NotReported)
	}
	return row, nil
}

func decimalText(d *lab.Decimal) any {
	if d == nil {
		return nil
	}
	return d.String()
}
