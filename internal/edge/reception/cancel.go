package reception

import (
	"context"
	"fmt"
	"slices"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/identifier"
	"jaanch/internal/lab/order"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// CancelVisit ends an order of which nothing was released.
func (d *Desk) CancelVisit(ctx context.Context, actor lab.Actor, id lab.ID, in Cancel) (Visit, error) {
	seen, err := ParseVersions(in.Versions)
	if err != nil {
		return Visit{}, err
	}
	err = d.db.Update(ctx, actor, "visit.cancel", func(tx *sqlite.Tx) error {
		states, tests, err := sqlite.Standings(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, s := range states {
			if s.Released {
				return lab.Conflict("visit_released", "A report of this visit is out. It cannot be cancelled any more.")
			}
		}
		if err := tx.Change("visit", id, nil, sqlite.Row{"cancelled": 1, "cancel_reason": in.Reason}, sqlite.Expect(seen)); err != nil {
			return err
		}
		for _, t := range tests {
			if t.Cancelled == 0 {
				if err := tx.Change("order_test", lab.ID(t.ID), nil, sqlite.Row{"cancelled": 1, "cancel_reason": in.Reason}); err != nil {
					return err
				}
			}
		}
		if err := cancelTubes(ctx, tx, id); err != nil {
			return err
		}
		return sqlite.RefreshStates(ctx, tx, id)
	})
	if err != nil {
		return Visit{}, err
	}
	return d.Visit(ctx, actor, id)
}

// cancelTubes lets go of tubes that were never drawn and have no test any more.
func cancelTubes(ctx context.Context, tx *sqlite.Tx, visit lab.ID) error {
	q := queries.New(tx)
	rows, err := q.Samples(ctx, queries.ID(visit))
	if err != nil {
		return fmt.Errorf("read the samples of visit %s: %w", visit, err)
	}
	for _, r := range rows {
		tests, err := q.OrderTestsOfSample(ctx, r.ID)
		if err != nil {
			return fmt.Errorf("read the tests of sample %s: %w", lab.ID(r.ID), err)
		}
		open := slices.ContainsFunc(tests, func(t queries.OrderTestsOfSampleRow) bool { return t.Cancelled == 0 })
		if open || r.State != string(sample.Expected) {
			continue
		}
		if err := tx.Change("sample", lab.ID(r.ID), nil, sqlite.Row{"state": string(sample.Cancelled)}); err != nil {
			return err
		}
	}
	return nil
}

// CancelItem takes one test off a visit.
func (d *Desk) CancelItem(ctx context.Context, actor lab.Actor, id lab.ID, in Cancel) (Visit, error) {
	seen, err := ParseVersions(in.Versions)
	if err != nil {
		return Visit{}, err
	}
	var visit lab.ID
	err = d.db.Update(ctx, actor, "test.cancel", func(tx *sqlite.Tx) error {
		item, err := queries.New(tx).OrderTest(ctx, queries.ID(id))
		if err != nil {
			return lab.NotFound("item_not_found", "There is no such test.")
		}
		visit = lab.ID(item.VisitID)
		if item.State == "released" {
			return lab.Conflict("test_released", "This test is released. It cannot be cancelled any more.")
		}
		if err := tx.Change("order_test", id, nil, sqlite.Row{"cancelled": 1, "cancel_reason": in.Reason}, sqlite.Expect(seen)); err != nil {
			return err
		}
		if err := cancelTubes(ctx, tx, visit); err != nil {
			return err
		}
		return sqlite.RefreshStates(ctx, tx, visit)
	})
	if err != nil {
		return Visit{}, err
	}
	return d.Visit(ctx, actor, visit)
}

// AddItems orders more tests on a visit: on a tube that is there where one serves, else on a new one, with a bill of their
// own.
func (d *Desk) AddItems(ctx context.Context, actor lab.Actor, key string, id lab.ID, in AddItems) (Visit, error) {
	seen, err := ParseVersions(in.Versions)
	if err != nil {
		return Visit{}, err
	}
	_, err = once.Do(ctx, d.db, actor, key, "visit.add", struct {
		ID lab.ID
		In AddItems
	}{id, in}, func(tx *sqlite.Tx) (lab.ID, error) {
		versions, err := tx.Versions("visit", id)
		if err != nil {
			return id, err
		}
		if versions.String() != seen.String() {
			return id, lab.Conflict("stale_record", "Somebody else changed this visit in the meantime. Look at it again.")
		}
		return id, d.addItems(ctx, tx, id, in)
	})
	if err != nil {
		return Visit{}, err
	}
	return d.Visit(ctx, actor, id)
}

func (d *Desk) addItems(ctx context.Context, tx *sqlite.Tx, id lab.ID, in AddItems) error {
	q := queries.New(tx)
	v, err := q.Visit(ctx, queries.ID(id))
	if err != nil {
		return visitError(id, err)
	}
	if v.State == string(order.StateCancelled) || v.State == string(order.StateCompleted) {
		return lab.Conflict("visit_closed", "This visit is closed. Register a new one.")
	}
	r := registration{desk: d, tx: tx, in: Register{Items: in.Items, Priority: v.Priority, Bill: in.Bill, Print: in.Print}, patient: lab.ID(v.PatientID), visit: id}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	have, err := q.OrderTests(ctx, v.ID)
	if err != nil {
		return fmt.Errorf("read the tests of visit %s: %w", id, err)
	}
	r.plan.tests = slices.DeleteFunc(r.plan.tests, func(l order.Line) bool {
		return slices.ContainsFunc(have, func(t queries.OrderTestsRow) bool { return lab.ID(t.TestID) == l.Test.ID && t.Cancelled == 0 })
	})
	if len(r.plan.tests) == 0 {
		return lab.Conflict("already_ordered", "These tests are on the visit already.")
	}
	if err := r.reuseTubes(ctx, q); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{r.insertTests, r.issueBill} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return sqlite.RefreshStates(ctx, tx, id)
}

// reuseTubes puts the plan on tubes of the visit that serve, and makes the missing ones.
func (r *registration) reuseTubes(ctx context.Context, q *queries.Queries) error {
	rows, err := q.Samples(ctx, queries.ID(r.visit))
	if err != nil {
		return fmt.Errorf("read the samples of visit %s: %w", r.visit, err)
	}
	now := r.tx.Now()
	for i, tube := range r.plan.tubes {
		found := slices.IndexFunc(rows, func(s queries.SamplesRow) bool {
			usable := s.State == string(sample.Expected) || s.State == string(sample.Collected) || s.State == string(sample.Received) || s.State == string(sample.Stored)
			return usable && s.Container == tube.Container.Code && s.Specimen == tube.Specimen && s.Draw == tube.Draw
		})
		if found >= 0 {
			r.samples = append(r.samples, sample.Sample{ID: lab.ID(rows[found].ID)})
			continue
		}
		accession, err := sqlite.NewNumbers(r.tx, identifier.Node(r.setting.NodeCode)).Accession(ctx, r.desk.day(now))
		if err != nil {
			return err
		}
		s, err := sample.New(r.tx.NewID(), r.visit, accession, tube)
		if err != nil {
			return err
		}
		if err := addSample(ctx, r.tx, s, len(rows)+i, now.UnixMilli(), r.setting.NodeCode); err != nil {
			return err
		}
		r.samples = append(r.samples, s)
		if r.in.Print {
			if err := r.desk.queueLabel(ctx, r.tx, s.ID, 1, lab.ID{}, ""); err != nil {
				return err
			}
		}
	}
	return nil
}
