package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/edge/filing"
	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Detail gives one row with history, source and calls.
func (b *Bench) Detail(ctx context.Context, actor lab.Actor, id lab.ID) (RowDetail, error) {
	out := RowDetail{History: []Point{}, Versions: []ValueRow{}, Calls: []Call{}, Reruns: []ValueRow{}, Orders: []ItemTransfer{}}
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		item, err := filing.Item(ctx, q, id)
		if err != nil {
			return err
		}
		r := NewReader(tx, b.zone, actor.ID)
		all, err := r.Visit(ctx, lab.ID(item.VisitID))
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all.Rows, func(row Row) bool { return row.ItemID == id })
		out.Row, out.Name, out.MRN = all.Rows[i], all.Person.Name, string(all.Person.MRN)
		if item.SampleID != (queries.ID{}) {
			if out.Sample, err = r.group(ctx, lab.ID(item.SampleID), Filter{}, narrowed{}); err != nil {
				return err
			}
			out.Sample.Rows = []Row{}
		}
		if err := r.doctor(ctx, &out, item.VisitID); err != nil {
			return err
		}
		return r.detail(ctx, &out, item)
	})
	return out, err
}

func (r *Reader) doctor(ctx context.Context, out *RowDetail, visit queries.ID) error {
	v, err := r.q.Visit(ctx, visit)
	if err != nil {
		return fmt.Errorf("read visit %s: %w", lab.ID(visit), err)
	}
	if v.DoctorID == (queries.ID{}) {
		return nil
	}
	d, err := r.q.Doctor(ctx, v.DoctorID)
	if err != nil {
		return fmt.Errorf("read doctor %s: %w", lab.ID(v.DoctorID), err)
	}
	out.Doctor, out.DocPhone = d.Name, d.Phone
	return nil
}

func (r *Reader) detail(ctx context.Context, out *RowDetail, item queries.OrderTestRow) error {
	var err error
	if out.Orders, err = r.orders(ctx, item.ID); err != nil {
		return err
	}
	earlier, err := r.q.Previous(ctx, queries.PreviousParams{PatientID: item.PatientID, TestID: item.TestID, VisitID: item.VisitID, Limit: 50})
	if err != nil {
		return fmt.Errorf("read the earlier values of a test: %w", err)
	}
	for _, p := range slices.Backward(earlier) {
		out.History = append(out.History, pointOf(p))
	}
	values, err := r.q.ResultsOfTest(ctx, item.ID)
	if err != nil {
		return fmt.Errorf("read the values of test %s: %w", lab.ID(item.ID), err)
	}
	for i, v := range values {
		shown := ValueRow{ResultID: lab.ID(v.ID), Version: int(v.Version), Value: v.Value, Unit: catalogue.FriendlyUnit(v.Unit), Flag: v.Flag, At: time.UnixMilli(v.EnteredMs).UTC(), Reason: v.Reason, State: "superseded"}
		if i == 0 {
			shown.State = "current"
		}
		if shown.By, err = r.person(ctx, v.EnteredByID); err != nil {
			return err
		}
		if shown.By == "" {
			if shown.By, err = r.device(ctx, v.InstrumentID); err != nil {
				return err
			}
		}
		out.Versions = append(out.Versions, shown)
		if out.Calls, err = r.calls(ctx, out.Calls, v.ID); err != nil {
			return err
		}
	}
	return nil
}

// orders tells how the test went to analyzers: what waits, what was taken, and what was refused with its reason.
func (r *Reader) orders(ctx context.Context, item queries.ID) ([]ItemTransfer, error) {
	rows, err := r.q.TransfersOfTest(ctx, item)
	if err != nil {
		return nil, fmt.Errorf("read the orders of test %s: %w", lab.ID(item), err)
	}
	out := []ItemTransfer{}
	for _, t := range rows {
		one := ItemTransfer{ID: lab.ID(t.ID), Kind: t.Kind, State: t.State, Tries: int(t.Tries), Made: time.UnixMilli(t.MadeMs).UTC(), Sent: timeOf(t.Sent), Problem: t.Problem}
		if t.TestState != askedTest {
			one.State = t.TestState // refused or withdrawn alone, out of a message that went
		}
		if one.Instrument, err = r.device(ctx, t.InstrumentID); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (r *Reader) calls(ctx context.Context, to []Call, id queries.ID) ([]Call, error) {
	rows, err := r.q.CallsOfResult(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the calls of result %s: %w", lab.ID(id), err)
	}
	for _, c := range rows {
		to = append(to, CallOf(c))
	}
	return to, nil
}

// CallOf shows one stored call.
func CallOf(c queries.CallsOfResultRow) Call {
	return Call{ID: lab.ID(c.ID), At: time.UnixMilli(c.AtMs).UTC(), By: c.ByName, Reached: c.Reached, Role: c.Role, Said: c.Said, ReadBack: c.ReadBack != 0, Outcome: c.Outcome, Attempt: int(c.Attempt)}
}

// History gives one test of one patient over time.
func (b *Bench) History(ctx context.Context, patient, test lab.ID) (History, error) {
	out := History{TestID: test, Points: []Point{}}
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		t, err := sqlite.ReadTest(ctx, tx, test)
		if err != nil {
			return lab.NotFound("test_not_found", "There is no such test.")
		}
		out.Name, out.Unit = t.Name, unitText(t)
		rows, err := q.Previous(ctx, queries.PreviousParams{PatientID: queries.ID(patient), TestID: queries.ID(test), VisitID: queries.ID{}, Limit: 200})
		if err != nil {
			return fmt.Errorf("read the values of a test: %w", err)
		}
		for _, p := range slices.Backward(rows) {
			out.Points = append(out.Points, pointOf(p))
		}
		return nil
	})
	return out, err
}
