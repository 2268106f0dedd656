// Package filing puts a value on an ordered test: it judges it by the limits that fit the patient, compares it with the
// patient's last one and with the other values of the visit, derives what is calculated from it, and brings the states up
// to date, in the caller's transaction. A value by hand, one from an analyzer and an amendment all take this way.
package filing

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Entry is a value to be filed.
type Entry struct {
	Text        string
	Raw         string // what was sent, where Text is only its number; empty: Text
	Source      result.Source
	Form        result.Form
	Unit        string // as the analyzer sent it
	Flag        string // the analyzer's own
	Instrument  lab.ID
	Message     int64
	Observation int64
	Measured    time.Time
	Reason      string           // of an amendment
	Amend       bool             // follow a released value by a new version
	Seen        journal.Versions // what the person saw of the present value; nil where no person decides
	NotReported string           // reason of a calculated test without a value
}

// Filer files values inside one transaction. It reads a patient and a sample once: a use case that changes one of them
// files with a new filer afterwards.
type Filer struct {
	tx      *sqlite.Tx
	q       *queries.Queries
	zone    *time.Location
	people  map[queries.ID]sqlite.Person
	samples map[queries.ID]queries.SampleRow
}

// New makes a filer.
func New(tx *sqlite.Tx, zone *time.Location) *Filer {
	return &Filer{tx: tx, q: queries.New(tx), zone: zone, people: map[queries.ID]sqlite.Person{}, samples: map[queries.ID]queries.SampleRow{}}
}

func (f *Filer) person(ctx context.Context, id queries.ID) (sqlite.Person, error) {
	if p, ok := f.people[id]; ok {
		return p, nil
	}
	p, err := sqlite.ReadPerson(ctx, f.tx, lab.ID(id))
	if err == nil {
		f.people[id] = p
	}
	return p, err
}

// Sample reads a sample.
func (f *Filer) Sample(ctx context.Context, id queries.ID) (queries.SampleRow, error) {
	if s, ok := f.samples[id]; ok {
		return s, nil
	}
	s, err := f.q.Sample(ctx, id)
	if err != nil {
		return s, fmt.Errorf("read sample %s: %w", lab.ID(id), err)
	}
	f.samples[id] = s
	return s, nil
}

// Item reads an ordered test.
func Item(ctx context.Context, q *queries.Queries, id lab.ID) (queries.OrderTestRow, error) {
	row, err := q.OrderTest(ctx, queries.ID(id))
	if errors.Is(err, sql.ErrNoRows) {
		return row, lab.NotFound("item_not_found", "There is no such test.")
	}
	if err != nil {
		return row, fmt.Errorf("read ordered test %s: %w", id, err)
	}
	return row, nil
}

// File puts the value on the test and gives the result's id. The caller finishes with Settle.
func (f *Filer) File(ctx context.Context, item queries.OrderTestRow, e Entry) (lab.ID, error) {
	if item.Cancelled != 0 {
		return lab.ID{}, lab.Conflict("test_cancelled", "This test was cancelled.")
	}
	m, err := sqlite.ReadMeasure(ctx, f.tx, lab.ID(item.TestID))
	if err != nil {
		return lab.ID{}, err
	}
	var value result.Value
	if e.NotReported == "" {
		if value, err = result.Parse(m.Test, e.Text, e.Form); err != nil {
			return lab.ID{}, err
		}
	}
	if e.Raw != "" {
		value.Text = e.Raw
	}
	old, err := f.q.ResultsOfTest(ctx, item.ID)
	if err != nil {
		return lab.ID{}, fmt.Errorf("read the values of test %s: %w", lab.ID(item.ID), err)
	}
	return f.write(ctx, item, m, value, old, e)
}

func (f *Filer) write(ctx context.Context, item queries.OrderTestRow, m sqlite.Measure, value result.Value, old []queries.ResultsOfTestRow, e Entry) (lab.ID, error) {
	j, err := f.judge(ctx, item, m, value, e)
	if err != nil {
		return lab.ID{}, err
	}
	j.Holds = append(j.Holds, senderHolds(m.Test, e)...)
	r := result.Result{
		ID: f.tx.NewID(), VisitID: lab.ID(item.VisitID), SampleID: lab.ID(item.SampleID), TestID: m.Test.ID, TestCode: m.Test.Code, Version: 1,
		Value: &value, Unit: m.Test.Unit, Flag: j.Flag, Interval: j.Snapshot, Source: e.Source, Holds: j.Holds,
	}
	if e.NotReported != "" {
		r.Value, r.NotReported = nil, e.NotReported
	}
	if len(old) == 0 {
		return r.ID, f.insert(item, r, m.Test, e)
	}
	newest := old[0]
	state, err := f.standing(ctx, item)
	if err != nil {
		return lab.ID{}, err
	}
	switch {
	case state.Released && !e.Amend:
		return lab.ID{}, locked("result_released", "This value is released. Amend it instead.")
	case state.Level > 0 && !e.Amend && item.RerunMs <= newest.EnteredMs:
		return lab.ID{}, locked("result_verified", "This value is verified. Ask for a rerun first.")
	case correctable(newest, item, e) && state.Level == 0:
		r.ID, r.Version = lab.ID(newest.ID), int(newest.Version)
		return r.ID, f.correct(r, m.Test, e)
	default:
		r.Version, r.Supersedes = int(newest.Version)+1, lab.ID(newest.ID)
		if err := f.q.SetResultState(ctx, queries.SetResultStateParams{State: string(result.Superseded), ID: newest.ID}); err != nil {
			return lab.ID{}, fmt.Errorf("supersede the value of test %s: %w", lab.ID(item.ID), err)
		}
		return r.ID, f.insert(item, r, m.Test, e)
	}
}

func locked(code, message string) error {
	return &lab.Error{Kind: lab.KindLocked, Code: code, Message: message}
}

// correctable tells whether a value may be corrected in place: a person corrects what a person typed, and a calculation
// replaces a calculation. The journal keeps the old one. Everything else becomes a new version.
func correctable(newest queries.ResultsOfTestRow, item queries.OrderTestRow, e Entry) bool {
	return newest.Source == string(e.Source) && e.Source != result.Analyzer && !e.Amend && item.RerunMs <= newest.EnteredMs
}

func (f *Filer) standing(ctx context.Context, item queries.OrderTestRow) (sqlite.Standing, error) {
	all, _, err := sqlite.Standings(ctx, f.tx, lab.ID(item.VisitID))
	return all[lab.ID(item.ID)], err
}

func (f *Filer) insert(item queries.OrderTestRow, r result.Result, t catalogue.Test, e Entry) error {
	row, err := f.row(r, t, e)
	if err != nil {
		return err
	}
	row["order_test_id"], row["version"], row["supersedes"], row["patient_id"] = lab.ID(item.ID), r.Version, r.Supersedes, lab.ID(item.PatientID)
	return f.tx.Insert("result", r.ID, row)
}

func (f *Filer) correct(r result.Result, t catalogue.Test, e Entry) error {
	row, err := f.row(r, t, e)
	if err != nil {
		return err
	}
	var opts []sqlite.Option
	if e.Seen != nil {
		opts = append(opts, sqlite.Expect(e.Seen))
	}
	return f.tx.Change("result", r.ID, nil, row, opts...)
}
