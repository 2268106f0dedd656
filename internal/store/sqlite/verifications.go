package sqlite

import (
	"fmt"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite/queries"
)

// NotCalculated stands before the code of the reason in the raw text of a result that has no value.
const NotCalculated = "not_calculated:"

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
		out.NotReported = strings.TrimPrefix(r.Raw, NotCalculated)
	} else {
		out.Value = &result.Value{Text: r.Raw, Comparator: result.Comparator(r.Comparator), Num: decimalOrNil(r.Num)}
	}
	var err error
	if out.Holds, err = ParseHolds(r.Holds); err != nil {
		return out, fmt.Errorf("result %s: %w", out.ID, err)
	}
	return out, nil
}
