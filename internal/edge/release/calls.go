package release

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/once"
	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// When an open call is escalated, and how long critical values stay on the board. Starting values (lab-rules 2.3).
const (
	escalateFirst  = 15 * time.Minute
	escalateSecond = 30 * time.Minute
	boardDays      = 30
	reached        = "reached" // the outcome that may close a call
)

// CriticalCalls gives critical values with their calls: open ones first, the longest wait first; then those that were
// closed today.
func (d *Desk) CriticalCalls(ctx context.Context) (CriticalCalls, error) {
	out := CriticalCalls{Values: []Critical{}}
	var closed []Critical
	now := d.db.Now()
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.CriticalValues(ctx, now.AddDate(0, 0, -boardDays).UnixMilli())
		if err != nil {
			return fmt.Errorf("read critical values: %w", err)
		}
		for _, r := range rows {
			if r.ClosedMs > 0 && d.day(time.UnixMilli(r.ClosedMs)) != d.day(now) {
				continue
			}
			v, err := d.critical(ctx, tx, r, now)
			if err != nil {
				return err
			}
			if v.Closed {
				closed = append(closed, v)
			} else {
				out.Values = append(out.Values, v)
			}
		}
		return nil
	})
	out.Open, out.Closed = len(out.Values), len(closed)
	out.Values = append(out.Values, closed...)
	return out, err
}

func (d *Desk) critical(ctx context.Context, tx queries.DBTX, r queries.CriticalValuesRow, now time.Time) (Critical, error) {
	q := queries.New(tx)
	v, err := q.Visit(ctx, r.VisitID)
	if err != nil {
		return Critical{}, fmt.Errorf("read visit %s: %w", lab.ID(r.VisitID), err)
	}
	p, err := sqlite.ReadPerson(ctx, tx, lab.ID(r.PatientID))
	if err != nil {
		return Critical{}, err
	}
	test, err := sqlite.ReadTest(ctx, tx, lab.ID(r.TestID))
	if err != nil {
		return Critical{}, err
	}
	out := Critical{
		ItemID: lab.ID(r.OrderTestID), ResultID: lab.ID(r.ID), SampleID: lab.ID(r.SampleID), VisitID: lab.ID(r.VisitID), Test: test.Name, Value: r.Value, Unit: test.PrintedUnit(),
		Flag: r.Flag, Sex: string(p.Sex), Age: reception.AgeText(p.Patient, d.day(time.UnixMilli(v.RegisteredMs))), Since: time.UnixMilli(r.EnteredMs).UTC(), Calls: []bench.Call{},
	}
	if s, err := q.Sample(ctx, r.SampleID); err == nil {
		out.Accession = s.Accession
	} else if !errors.Is(err, sql.ErrNoRows) {
		return out, fmt.Errorf("read sample %s: %w", lab.ID(r.SampleID), err)
	}
	if v.DoctorID != (queries.ID{}) {
		doctor, err := q.Doctor(ctx, v.DoctorID)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return out, fmt.Errorf("read doctor %s: %w", lab.ID(v.DoctorID), err)
		}
		out.Doctor, out.Phone = doctor.Name, doctor.Phone
	}
	calls, err := q.CallsOfResult(ctx, r.ID)
	if err != nil {
		return out, fmt.Errorf("read the calls of result %s: %w", out.ResultID, err)
	}
	for _, c := range calls {
		out.Calls = append(out.Calls, bench.CallOf(c))
	}
	out.ClosedAt = sqlite.CallClosed(calls)
	out.Closed = out.ClosedAt != nil
	out.escalate(now)
	return out, nil
}

// escalate says which step an open call has reached, and when the next one comes.
func (c *Critical) escalate(now time.Time) {
	if c.Closed {
		return
	}
	for step, after := range []time.Duration{escalateFirst, escalateSecond} {
		due := c.Since.Add(after)
		if now.Before(due) {
			c.Step, c.EscalateAt = step, &due
			return
		}
	}
	c.Step = 2
}

// LogCall writes one attempt to tell a critical value. Attempts are only ever added; the value is closed by the first that
// reached somebody who read it back.
func (d *Desk) LogCall(ctx context.Context, who Who, key string, id lab.ID, in LogCall) (Critical, error) {
	if err := who.may(access.CriticalCall, d.db.Now()); err != nil {
		return Critical{}, err
	}
	if in.Outcome == reached && in.Reached == "" && in.Role == "" {
		return Critical{}, lab.Invalid("call_whom", "Say who was reached.", lab.FieldError{Field: "reached", Code: "missing", Message: "Enter the name or the role."})
	}
	if in.Outcome == reached && in.Said == "" {
		return Critical{}, lab.Invalid("call_said", "Write the value as it was said.", lab.FieldError{Field: "said", Code: "missing", Message: "Enter value and unit."})
	}
	request := struct {
		LogCall

		Result lab.ID
	}{in, id}
	_, err := once.Do(ctx, d.db, who.Actor, key, "critical.call", request, func(tx *sqlite.Tx) (lab.ID, error) {
		v, err := queries.New(tx).CriticalValue(ctx, queries.ID(id))
		if errors.Is(err, sql.ErrNoRows) {
			return lab.ID{}, lab.NotFound("result_not_found", "There is no such result.")
		}
		if err != nil {
			return lab.ID{}, fmt.Errorf("read result %s: %w", id, err)
		}
		if v.Critical == 0 {
			return lab.ID{}, lab.Conflict("not_critical", "This value is not critical.")
		}
		return id, tx.Insert("critical_call", tx.NewID(), sqlite.Row{
			"result_id": id, "order_test_id": lab.ID(v.OrderTestID), "patient_id": lab.ID(v.PatientID), "at_ms": tx.Now().UnixMilli(), "user_id": tx.Actor().ID,
			"reached": orNil(in.Reached), "role": orNil(in.Role), "phone": orNil(in.Phone), "said": in.Said, "read_back": in.ReadBack && in.Outcome == reached,
			"outcome": in.Outcome, "attempt": v.Attempts + 1,
		})
	})
	if err != nil {
		return Critical{}, err
	}
	return d.Critical(ctx, id)
}

// Critical gives one critical value with its calls.
func (d *Desk) Critical(ctx context.Context, id lab.ID) (Critical, error) {
	var out Critical
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		v, err := q.CriticalValue(ctx, queries.ID(id))
		if err != nil {
			return fmt.Errorf("read result %s: %w", id, err)
		}
		r, err := q.Result(ctx, queries.ID(id))
		if err != nil {
			return fmt.Errorf("read result %s: %w", id, err)
		}
		out, err = d.critical(ctx, tx, queries.CriticalValuesRow{
			ID: r.ID, OrderTestID: v.OrderTestID, SampleID: r.SampleID, VisitID: v.VisitID, PatientID: v.PatientID, TestID: r.TestID,
			Value: r.Value, Unit: r.Unit, Flag: r.Flag, EnteredMs: r.EnteredMs,
		}, tx.Now())
		return err
	})
	return out, err
}
