// Package filing puts a value on an ordered test: it judges it by the limits that fit the patient, compares it with the
// patient's last one and with the other values of the visit, derives what is calculated from it, and brings the states up
// to date, in the caller's transaction. A value by hand, one from an analyzer and an amendment all take this way.
package filing

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/patient"
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
	Reason      string             // of an amendment
	Amend       bool               // follow a released value by a new version
	Seen        journal.Versions   // what the person saw of the present value; nil where no person decides
	NotReported string             // reason of a calculated test without a value
	Holds       []result.Hold      // reasons to look that the sender's standing gives
	Convert     *result.Conversion // what the lab declared for the sender's unit; nil: nothing
}

// Filer files values inside one transaction. What it reads it reads once: a use case that changes a patient, a sample or a
// visit files with a new filer afterwards. What it knows of a visit's tests it forgets by itself when an entry is written
// that is not its own.
type Filer struct {
	tx       *sqlite.Tx
	q        *queries.Queries
	zone     *time.Location
	people   map[queries.ID]patient.Patient
	visits   map[queries.ID]queries.VisitRow
	released map[queries.ID][]queries.ID // by visit: tests of which its patient has a released value from another one
	charts   map[lab.ID]*sqlite.Chart
	stamp    int // entries of the update when charts was last known to be right
}

// New makes a filer.
func New(tx *sqlite.Tx, zone *time.Location) *Filer {
	return &Filer{
		tx: tx, q: queries.New(tx), zone: zone, people: map[queries.ID]patient.Patient{}, visits: map[queries.ID]queries.VisitRow{},
		released: map[queries.ID][]queries.ID{}, charts: map[lab.ID]*sqlite.Chart{},
	}
}

func (f *Filer) person(ctx context.Context, id queries.ID) (patient.Patient, error) {
	if p, ok := f.people[id]; ok {
		return p, nil
	}
	p, err := sqlite.ReadBody(ctx, f.tx, lab.ID(id))
	if err == nil {
		f.people[id] = p
	}
	return p, err
}

// Chart gives the tests of a visit as they stand in this transaction. It belongs to the filer: nobody else changes it.
func (f *Filer) Chart(ctx context.Context, visit lab.ID) (*sqlite.Chart, error) {
	if n := f.tx.Entries(); n != f.stamp {
		clear(f.charts)
		f.stamp = n
	}
	if c, ok := f.charts[visit]; ok {
		return c, nil
	}
	c, err := sqlite.ReadChart(ctx, f.tx, visit)
	if err == nil {
		f.charts[visit] = c
	}
	return c, err
}

// Sample reads a sample, from the chart of its visit.
func (f *Filer) Sample(ctx context.Context, t sqlite.Tube) (queries.SamplesRow, error) {
	if !t.Visit.IsZero() {
		c, err := f.Chart(ctx, t.Visit)
		if err != nil {
			return queries.SamplesRow{}, err
		}
		if i := slices.IndexFunc(c.Samples, func(s queries.SamplesRow) bool { return lab.ID(s.ID) == t.ID }); i >= 0 {
			return c.Samples[i], nil
		}
	}
	s, err := f.q.Sample(ctx, queries.ID(t.ID))
	if err != nil {
		return queries.SamplesRow{}, fmt.Errorf("read sample %s: %w", t.ID, err)
	}
	return queries.SamplesRow(s), nil
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

// Filing is a value that was judged and is ready to be written.
type Filing struct {
	item   queries.OrderTestRow
	test   catalogue.Test
	entry  Entry
	result result.Result
	newest queries.ID                  // of the value that stands there; zero for the first one
	inside bool                        // the value that stands there is corrected in place
	others []queries.ResultsOfVisitRow // values that were filed apart from the one that stands there; this one follows them too
}

// ID gives the id that the result will have.
func (g *Filing) ID() lab.ID { return g.result.ID }

// File puts the value on the test and gives the result's id. The caller finishes with Settle.
func (f *Filer) File(ctx context.Context, item queries.OrderTestRow, e Entry) (lab.ID, error) {
	g, err := f.Prepare(ctx, item, e)
	if err != nil {
		return lab.ID{}, err
	}
	return g.ID(), f.Put(ctx, g, e.Observation)
}

// Prepare reads and judges the value and finds what it follows. Nothing is written yet. An error of kind Invalid says that
// the text is no value of this test.
func (f *Filer) Prepare(ctx context.Context, item queries.OrderTestRow, e Entry) (*Filing, error) {
	if item.Cancelled != 0 {
		return nil, lab.Conflict("test_cancelled", "This test was cancelled.")
	}
	m, err := sqlite.ReadMeasure(ctx, f.tx, lab.ID(item.TestID))
	if err != nil {
		return nil, err
	}
	var value result.Value
	if e.NotReported == "" {
		if value, err = result.Parse(m.Test, e.Text, e.Form); err != nil {
			return nil, err
		}
	}
	if e.Raw != "" {
		value.Text = e.Raw
	}
	value, e.Convert = convert(m.Test, value, e)
	return f.prepare(ctx, item, m, value, e)
}

func (f *Filer) prepare(ctx context.Context, item queries.OrderTestRow, m sqlite.Measure, value result.Value, e Entry) (*Filing, error) {
	c, err := f.Chart(ctx, lab.ID(item.VisitID))
	if err != nil {
		return nil, err
	}
	j, err := f.judge(ctx, item, m, value, e)
	if err != nil {
		return nil, err
	}
	j.Holds = append(append(j.Holds, senderHolds(m.Test, e)...), e.Holds...)
	r := result.Result{
		ID: f.tx.NewID(), VisitID: lab.ID(item.VisitID), SampleID: lab.ID(item.SampleID), TestID: m.Test.ID, TestCode: m.Test.Code, Version: 1,
		Value: &value, Unit: m.Test.Unit, Flag: j.Flag, Interval: j.Snapshot, Source: e.Source, Holds: j.Holds,
	}
	if e.NotReported != "" {
		r.Value, r.NotReported = nil, e.NotReported
	}
	g := &Filing{item: item, test: m.Test, entry: e, result: r}
	if old := c.ResultsOf(item.ID); len(old) > 0 {
		return g, g.after(c, old[0])
	}
	return g, nil
}

// after decides how the value follows the one that stands there.
func (g *Filing) after(c *sqlite.Chart, newest queries.ResultsOfVisitRow) error {
	all, err := c.Standings()
	if err != nil {
		return err
	}
	state, e := all[lab.ID(g.item.ID)], g.entry
	last := newest.Version
	newest = state.Result // of several that were filed apart, the one that counts
	g.newest, g.others = newest.ID, state.Others
	switch {
	case state.Released && !e.Amend:
		return locked("result_released", "This value is released. Amend it instead.")
	case state.Level > 0 && !e.Amend && g.item.RerunMs <= newest.EnteredMs:
		return locked("result_verified", "This value is verified. Ask for a rerun first.")
	case correctable(newest, g.item, e) && state.Level == 0:
		g.inside, g.result.ID, g.result.Version = true, lab.ID(newest.ID), int(newest.Version)
	default:
		g.result.Version, g.result.Supersedes = int(last)+1, lab.ID(newest.ID)
	}
	return nil
}

// Put writes what was prepared. Observation is the stored row that the value came from, zero for none.
func (f *Filer) Put(ctx context.Context, g *Filing, observation int64) error {
	g.entry.Observation = observation
	if g.inside {
		return f.correct(g)
	}
	if g.newest == (queries.ID{}) {
		return f.insert(g)
	}
	if err := f.q.SetResultState(ctx, queries.SetResultStateParams{State: string(result.Superseded), ID: g.newest}); err != nil {
		return fmt.Errorf("supersede the value of test %s: %w", lab.ID(g.item.ID), err)
	}
	delete(f.charts, g.result.VisitID)
	if err := f.insert(g); err != nil || len(g.others) == 0 {
		return err
	}
	return f.overOthers(g)
}

// overOthers says of a value that was filed in the sight of several that were not, that it follows all of them.
func (f *Filer) overOthers(g *Filing) error {
	codes, err := json.Marshal(sqlite.ChosenOver(g.others))
	if err != nil {
		return fmt.Errorf("write the codes of a decision: %w", err)
	}
	return f.tx.Insert("hold_decision", f.tx.NewID(), sqlite.Row{
		"result_id": g.result.ID, "order_test_id": lab.ID(g.item.ID), "decision": "accept", "codes": string(codes), "note": nil,
		"patient_id": lab.ID(g.item.PatientID), "user_id": f.tx.Actor().ID, "at_ms": f.tx.Now().UnixMilli(),
	})
}

func locked(code, message string) error {
	return &lab.Error{Kind: lab.KindLocked, Code: code, Message: message}
}

// correctable tells whether a value may be corrected in place: a person corrects what a person typed, and a calculation
// replaces a calculation. The journal keeps the old one. Everything else becomes a new version.
func correctable(newest queries.ResultsOfVisitRow, item queries.OrderTestRow, e Entry) bool {
	return newest.Source == string(e.Source) && e.Source != result.Analyzer && !e.Amend && item.RerunMs <= newest.EnteredMs
}

func (f *Filer) insert(g *Filing) error {
	row, err := f.row(g.result, g.test, g.entry)
	if err != nil {
		return err
	}
	row["order_test_id"], row["version"], row["supersedes"], row["patient_id"] = lab.ID(g.item.ID), g.result.Version, g.result.Supersedes, lab.ID(g.item.PatientID)
	fresh := f.stamp == f.tx.Entries()
	if err := f.tx.Insert("result", g.result.ID, row); err != nil || !fresh {
		return err
	}
	if c, ok := f.charts[g.result.VisitID]; ok {
		c.Results = append(c.Results, stored(g, row))
	}
	f.stamp = f.tx.Entries()
	return nil
}

func (f *Filer) correct(g *Filing) error {
	row, err := f.row(g.result, g.test, g.entry)
	if err != nil {
		return err
	}
	var opts []sqlite.Option
	if g.entry.Seen != nil {
		opts = append(opts, sqlite.Expect(g.entry.Seen))
	}
	return f.tx.Change("result", g.result.ID, nil, row, opts...)
}
