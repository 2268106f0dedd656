package release

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Case gives one visit with all that a pathologist needs to sign it.
func (d *Desk) Case(ctx context.Context, who Who, visit lab.ID) (Case, error) {
	var out Case
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		c, err := readChart(ctx, tx, visit)
		if err != nil {
			return err
		}
		rows, err := bench.NewReader(tx, d.zone, who.Actor.ID).Visit(ctx, visit)
		if err != nil {
			return err
		}
		out = d.head(c, rows.Rows)
		out.Panels = c.sheet(rows.Rows)
		out.Passed = passed(rows.Rows)
		if out.Comment, err = commentOf(ctx, q, c); err != nil {
			return err
		}
		if out.After, err = after(c); err != nil {
			return err
		}
		if last, ok := c.newest(); ok {
			line, err := d.line(ctx, q, c, last)
			if err != nil {
				return err
			}
			out.Report = &line
		}
		earlier, err := q.VisitsOfPatient(ctx, c.visit.PatientID)
		if err != nil {
			return fmt.Errorf("read the visits of a patient: %w", err)
		}
		out.Earlier = len(earlier) - 1
		out.Versions, err = c.versions()
		return err
	})
	if err == nil {
		err = d.note(ctx, who.Actor, visit)
	}
	if err != nil {
		return Case{}, err
	}
	if until := who.Proved.Add(ProofFor).UTC(); !who.Proved.IsZero() && until.After(d.db.Now()) {
		out.StepUp = &until
	}
	return out, nil
}

func (d *Desk) head(c *chart, rows []bench.Row) Case {
	out := Case{
		VisitID: c.id, Number: c.visit.Number, PatientID: c.person.ID, Name: c.person.Name, NameLocal: c.person.NameLocal, MRN: string(c.person.MRN),
		Sex: string(c.person.Sex), Doctor: c.doctor.Name, Phone: c.doctor.Phone, Note: c.visit.Note, Priority: c.visit.Priority, Dates: d.dates(rows),
	}
	out.Collected = timeOf(c.drawn())
	out.Age = reception.AgeText(c.person.Patient, d.day(c.collected()))
	return out
}

// dates gives the two newest days with earlier values: the heads of the earlier columns.
func (d *Desk) dates(rows []bench.Row) []time.Time {
	all := []time.Time{}
	for _, r := range rows {
		for _, p := range r.Previous {
			if !slices.ContainsFunc(all, func(t time.Time) bool { return d.day(t) == d.day(p.At) }) {
				all = append(all, p.At)
			}
		}
	}
	slices.SortFunc(all, func(a, b time.Time) int { return b.Compare(a) })
	return all[:min(2, len(all))]
}

// sheet groups the rows by panel; tests that were ordered alone stand under their department.
func (c *chart) sheet(rows []bench.Row) []CasePanel {
	out := []CasePanel{}
	index := map[string]int{}
	for i, row := range rows {
		t := c.tests[i]
		key := t.Panel
		if key == "" {
			key = "\x00" + c.defs[t.TestID].Department
		}
		at, ok := index[key]
		if !ok {
			at = len(out)
			index[key] = at
			p := CasePanel{Code: t.Panel, Name: c.defs[t.TestID].Department, QC: "none", Rows: []bench.Row{}, Specimen: c.samples[t.SampleID].Specimen}
			if panel, found := c.panels[t.Panel]; found {
				p.Name, p.NameLocal = panel.Name, panel.NameLocal
			}
			out = append(out, p)
		}
		out[at].Rows = append(out[at].Rows, row)
		if src := row.Source; src != nil {
			out[at].Instrument = cmp.Or(out[at].Instrument, src.Instrument)
			if out[at].At == nil || src.At.After(*out[at].At) {
				out[at].At = &src.At
			}
		}
	}
	for i := range out {
		out[i].QC = worst(out[i].Rows)
	}
	return out
}

// passed gives the rules that no value of the visit was stopped by.
func passed(rows []bench.Row) []string {
	rules := map[string][]string{
		"identity":    {result.HoldIdentity, result.HoldWrongTube},
		"flags":       {result.HoldInstrumentFlag},
		"qc":          {result.HoldQC},
		"limits":      {result.HoldNoLimit, result.HoldSexUnknown, result.HoldAgeUnknown, result.HoldUncertain},
		"critical":    {result.HoldCritical, result.HoldCriticalUncertain},
		"delta":       {result.HoldDelta},
		"consistency": {},
	}
	for _, r := range result.Rules() {
		rules["consistency"] = append(rules["consistency"], r.Code)
	}
	out := []string{}
	for _, name := range []string{"identity", "flags", "qc", "limits", "critical", "delta", "consistency"} {
		stopped := slices.ContainsFunc(rows, func(r bench.Row) bool {
			return slices.ContainsFunc(r.Holds, func(h bench.Hold) bool { return slices.Contains(rules[name], h.Code) })
		})
		if !stopped {
			out = append(out, name)
		}
	}
	if !slices.ContainsFunc(rows, func(r bench.Row) bool { return r.Value == "" && r.State != string(result.Cancelled) }) {
		out = append(out, "complete")
	}
	return out
}

// commentOf gives the comment as drafted, else that of the newest report.
func commentOf(ctx context.Context, q *queries.Queries, c *chart) (string, error) {
	text, err := q.CommentDraft(ctx, queries.ID(c.id))
	if err == nil {
		return text, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read the comment of visit %s: %w", c.id, err)
	}
	last, _ := c.newest()
	return last.Comment, nil
}

// after says what happens once the visit is signed.
func after(c *chart) ([]string, error) {
	var delivery []string
	if err := json.Unmarshal([]byte(c.visit.Delivery), &delivery); err != nil {
		return nil, fmt.Errorf("delivery of visit %s: %w", c.id, err)
	}
	out := []string{}
	for _, d := range delivery {
		if d == "whatsapp" || d == "email" {
			d = "deliver_" + d
		}
		out = append(out, d)
	}
	for _, t := range c.tests {
		r := c.standing[lab.ID(t.ID)].Result
		if r.Critical != 0 && c.told(r.ID) == nil && !slices.Contains(out, "call") {
			out = append(out, "call")
		}
	}
	return out, nil
}

// told gives the call by which somebody was told a critical value and read it back; nil while it is open.
func (c *chart) told(value queries.ID) *queries.CallsOfVisitRow {
	for i, call := range c.calls {
		if call.ResultID == value && call.Outcome == reached && call.ReadBack != 0 {
			return &c.calls[i]
		}
	}
	return nil
}

// SetComment keeps the comment on the report as it is typed.
func (d *Desk) SetComment(ctx context.Context, actor lab.Actor, visit lab.ID, in Comment) error {
	return d.db.Update(ctx, actor, "comment.keep", func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		if _, err := q.Visit(ctx, queries.ID(visit)); err != nil {
			return lab.NotFound("visit_not_found", "There is no such visit.")
		}
		if in.Text == "" {
			return q.DropComment(ctx, queries.ID(visit))
		}
		return q.KeepComment(ctx, queries.KeepCommentParams{VisitID: queries.ID(visit), Text: in.Text, SavedMs: tx.Now().UnixMilli()})
	})
}
