package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"jaanch/internal/edge/filing"
	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Resolve decides a card. What it attaches still waits for a person to verify.
func (b *Bench) Resolve(ctx context.Context, actor lab.Actor, key string, id int64, in Resolve) (Resolved, error) {
	if in.Forever {
		if !access.Visible(actor.Roles, access.InstrumentMap) {
			return Resolved{}, lab.Forbidden("forbidden", "Your role does not allow mapping a code for ever.")
		}
	}
	var filed []lab.ID
	_, err := once.Do(ctx, b.db, actor, key, "inbox.resolve", struct {
		ID int64
		In Resolve
	}{id, in}, func(tx *sqlite.Tx) (lab.ID, error) {
		d := deciding{b: b, tx: tx, q: queries.New(tx), in: in}
		err := d.run(ctx, id)
		filed = d.filed
		return lab.ID{}, err
	})
	if err != nil {
		return Resolved{}, err
	}
	out := Resolved{Filed: []Row{}}
	for _, item := range filed {
		row, err := b.rowOf(ctx, actor, item)
		if err != nil {
			return out, err
		}
		out.Filed = append(out.Filed, row)
	}
	if out.Card, err = b.Card(ctx, id); err != nil {
		return out, err
	}
	box, err := b.Inbox(ctx, "waiting", lab.ID{}, "", 1)
	out.Waiting = box.Wait
	return out, err
}

type deciding struct {
	b     *Bench
	tx    *sqlite.Tx
	q     *queries.Queries
	in    Resolve
	f     *matcher
	filed []lab.ID // ordered tests that got a value
}

func (d *deciding) run(ctx context.Context, id int64) error {
	head, err := d.q.Observation(ctx, id)
	if err != nil || cardState(head.State) != "waiting" {
		return lab.Conflict("already_decided", "Somebody has decided this already. Reload the inbox.")
	}
	rows, err := cardRows(ctx, d.q, head)
	if err != nil {
		return err
	}
	if len(d.in.Observed) > 0 {
		rows = slices.DeleteFunc(rows, func(o queries.Observation) bool { return !slices.Contains(d.in.Observed, o.ID) })
	}
	if d.f, err = d.b.matcherFor(ctx, d.tx, lab.ID(head.InstrumentID)); err != nil {
		return err
	}
	switch d.in.Action {
	case "discard":
		if d.in.Reason == "" {
			return lab.Invalid("reason_missing", "Say why the results are discarded.", lab.FieldError{Field: "reason", Code: "missing", Message: "Write the reason."})
		}
		err = d.put(ctx, rows, place{state: "discarded", reason: head.Reason})
	case "control":
		if err = d.put(ctx, rows, place{state: stateControl, reason: head.Reason}); err == nil {
			err = d.f.fileControls(ctx, rows)
		}
	case "map":
		err = d.mapThem(ctx, head, rows)
	default:
		err = d.attach(ctx, head, rows)
	}
	if err != nil {
		return err
	}
	return d.f.settle(ctx)
}

func (d *deciding) put(ctx context.Context, rows []queries.Observation, at place) error {
	for _, o := range rows {
		at.test, at.sample = lab.ID(o.TestID), lab.ID(o.SampleID)
		if err := d.f.mark(ctx, o.ID, at, lab.ID{}); err != nil {
			return err
		}
	}
	return d.note(ctx, rows, lab.ID{}, lab.ID{})
}

// note keeps who decided what.
func (d *deciding) note(ctx context.Context, rows []queries.Observation, item, filed lab.ID) error {
	ids := make([]int64, 0, len(rows))
	for _, o := range rows {
		ids = append(ids, o.ID)
	}
	raw, err := json.Marshal(ids)
	if err != nil || len(rows) == 0 {
		return err
	}
	about, err := d.patientOf(ctx, rows[0])
	if err != nil {
		return err
	}
	return d.tx.Insert("inbox_decision", d.tx.NewID(), sqlite.Row{
		"instrument_id": lab.ID(rows[0].InstrumentID), "message_id": rows[0].MessageID, "observations": string(raw), "action": d.in.Action,
		"sample_id": d.in.SampleID, "test_id": d.in.TestID, "order_test_id": item, "result_id": filed, "why": orNil(d.in.Reason),
		"user_id": d.tx.Actor().ID, "at_ms": d.tx.Now().UnixMilli(), "patient_id": about,
	})
}

// patientOf gives whom a decision is about: the patient of the tube that was chosen, or of the one that the row names. Zero
// where nobody knows.
func (d *deciding) patientOf(ctx context.Context, o queries.Observation) (lab.ID, error) {
	tube := d.in.SampleID
	if tube.IsZero() {
		tube = lab.ID(o.SampleID)
	}
	if tube.IsZero() {
		return lab.ID{}, nil
	}
	s, err := d.q.Sample(ctx, queries.ID(tube))
	if err != nil {
		return lab.ID{}, fmt.Errorf("read sample %s: %w", tube, err)
	}
	v, err := d.q.Visit(ctx, s.VisitID)
	if err != nil {
		return lab.ID{}, fmt.Errorf("read visit %s: %w", lab.ID(s.VisitID), err)
	}
	return lab.ID(v.PatientID), nil
}

// mapThem says what a code means, for ever or for these rows alone, and looks for their home again.
func (d *deciding) mapThem(ctx context.Context, head queries.Observation, rows []queries.Observation) error {
	if d.in.TestID.IsZero() {
		return lab.Invalid("test_unknown", "Choose the test that the code means.", lab.FieldError{Field: "test_id", Code: "missing", Message: "Choose a test."})
	}
	if d.in.Forever {
		if err := d.b.mapCode(ctx, d.tx, lab.ID(head.InstrumentID), CodeInput{Code: head.MapCode, TestID: d.in.TestID}); err != nil {
			return err
		}
		return d.note(ctx, rows, lab.ID{}, lab.ID{})
	}
	d.in.SampleID = lab.ID(head.SampleID)
	return d.attach(ctx, head, rows)
}

// attach puts the rows on a sample: each on the ordered test that its code means. A test that is not ordered is added
// where that was asked for.
func (d *deciding) attach(ctx context.Context, head queries.Observation, rows []queries.Observation) error {
	target := d.in.SampleID
	if target.IsZero() {
		target = lab.ID(head.SampleID)
	}
	if target.IsZero() {
		return lab.Invalid("sample_missing", "Choose the sample.", lab.FieldError{Field: "sample_id", Code: "missing", Message: "Choose the sample."})
	}
	tests, err := d.q.OrderTestsOfSample(ctx, queries.ID(target))
	if err != nil {
		return fmt.Errorf("read the tests of sample %s: %w", target, err)
	}
	for _, o := range rows {
		test, err := d.testOf(ctx, o)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(tests, func(t queries.OrderTestsOfSampleRow) bool { return lab.ID(t.TestID) == test && t.Cancelled == 0 })
		if i < 0 && d.in.Action != "add_test" {
			return lab.Conflict("test_not_ordered", "The sample has no open order for one of these tests.")
		}
		var item queries.OrderTestRow
		if i >= 0 {
			item = queries.OrderTestRow(tests[i])
		} else if item, err = d.addTest(ctx, target, test); err != nil {
			return err
		}
		if err := d.fileOne(ctx, o, item, target, test); err != nil {
			return err
		}
	}
	return nil
}

func (d *deciding) testOf(ctx context.Context, o queries.Observation) (lab.ID, error) {
	if !d.in.TestID.IsZero() {
		return d.in.TestID, nil
	}
	mapped, err := d.q.CodeOf(ctx, queries.CodeOfParams{InstrumentID: o.InstrumentID, Code: o.MapCode})
	if err != nil {
		return lab.ID{}, fmt.Errorf("look for a code: %w", err)
	}
	if len(mapped) != 1 {
		return lab.ID{}, lab.Conflict("unmapped_code", "Say first which test the code "+o.MapCode+" means.")
	}
	return lab.ID(mapped[0].TestID), nil
}

func (d *deciding) fileOne(ctx context.Context, o queries.Observation, item queries.OrderTestRow, target, test lab.ID) error {
	if item.State == string(result.Released) || item.State == string(result.Verified) {
		return &lab.Error{Kind: lab.KindLocked, Code: "result_released", Message: "The test is verified or released: amend it on the verify screen."}
	}
	if item.ResultID != (queries.ID{}) && item.RerunMs == 0 {
		if err := AskRerun(ctx, d.tx, lab.ID(item.ID), "tech", ""); err != nil {
			return err
		}
		again, err := d.q.OrderTest(ctx, item.ID)
		if err != nil {
			return fmt.Errorf("read ordered test %s: %w", lab.ID(item.ID), err)
		}
		item = again
	}
	entry, err := d.f.entry(ctx, o, test)
	if err != nil {
		return err
	}
	id, err := filing.New(d.tx, d.b.zone).File(ctx, item, entry)
	if err != nil {
		return err
	}
	d.f.visits[lab.ID(item.VisitID)] = true
	d.filed = append(d.filed, lab.ID(item.ID))
	if err := d.f.mark(ctx, o.ID, place{state: "attached", reason: o.Reason, test: test, sample: target, item: item}, id); err != nil {
		return err
	}
	return d.note(ctx, []queries.Observation{o}, lab.ID(item.ID), id)
}

// addTest orders one more test on the sample's visit, without a charge: the desk is told by the daily list.
func (d *deciding) addTest(ctx context.Context, target, test lab.ID) (queries.OrderTestRow, error) {
	s, err := d.q.Sample(ctx, queries.ID(target))
	if err != nil {
		return queries.OrderTestRow{}, fmt.Errorf("read sample %s: %w", target, err)
	}
	v, err := d.q.Visit(ctx, s.VisitID)
	if err != nil {
		return queries.OrderTestRow{}, fmt.Errorf("read visit %s: %w", lab.ID(s.VisitID), err)
	}
	t, err := sqlite.ReadTest(ctx, d.tx, test)
	if err != nil {
		return queries.OrderTestRow{}, lab.Invalid("test_unknown", "There is no such test.")
	}
	setting, err := sqlite.ReadSetting(ctx, d.tx)
	if err != nil {
		return queries.OrderTestRow{}, err
	}
	id := d.tx.NewID()
	err = d.tx.Insert("order_test", id, sqlite.Row{
		"visit_id": lab.ID(s.VisitID), "patient_id": lab.ID(v.PatientID), "test_id": test, "code": t.Code, "position": 1000, "added_ms": d.tx.Now().UnixMilli(),
		"levels": setting.VerifyLevels, "sample_id": target, "cancelled": 0,
	})
	if err != nil {
		return queries.OrderTestRow{}, err
	}
	row, err := d.q.OrderTest(ctx, queries.ID(id))
	if err != nil {
		return row, fmt.Errorf("read ordered test %s: %w", id, err)
	}
	return row, nil
}
