package bench

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// keepReleased is how long released rows stay on the worklist.
const keepReleased = 24 * time.Hour

// openSince bounds how far back open work is looked for.
const openSince = 60 * 24 * time.Hour

func statesOf(state string) []string {
	switch state {
	case "to_enter":
		return []string{"pending", "sent_to_analyzer"}
	case "held":
		return []string{"held"}
	case "released":
		return []string{"released"}
	case "all":
		return []string{"pending", "sent_to_analyzer", "entered", "held", "verified", "released", "rejected"}
	default:
		return []string{"pending", "sent_to_analyzer", "entered", "held", "verified", "rejected"}
	}
}

// Worklist gives one page of samples with their rows.
func (b *Bench) Worklist(ctx context.Context, actor lab.Actor, f Filter) (Worklist, error) {
	out := Worklist{Groups: []Group{}, Columns: []Column{}}
	skip, err := cursorOf(f.Cursor)
	if err != nil {
		return out, err
	}
	err = b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		only, err := narrow(ctx, q, f)
		if err != nil {
			return err
		}
		page, err := q.WorklistPage(ctx, queries.WorklistPageParams{
			Department: f.Department, VisitID: orNull(f.Visit), SampleID: orNull(f.Sample), SinceMs: since(tx, f.State).UnixMilli(), States: statesOf(f.State),
			Narrowed: only.flag(), Tests: only.tests,
		})
		if err != nil {
			return fmt.Errorf("read the worklist: %w", err)
		}
		if out.Counts, err = b.counts(ctx, tx, q, f.Department); err != nil {
			return err
		}
		end := min(skip+f.Limit, len(page))
		if end < len(page) {
			out.Next = strconv.Itoa(end)
		}
		r := NewReader(tx, b.zone, actor.ID)
		if out.Columns, err = r.columns(ctx, f.Pick, only); err != nil {
			return err
		}
		for _, s := range page[min(skip, len(page)):end] {
			g, err := r.group(ctx, lab.ID(s.ID), f, only)
			if err != nil {
				return err
			}
			out.Groups = append(out.Groups, g)
		}
		return nil
	})
	return out, err
}

func cursorOf(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, lab.Invalid("cursor_malformed", "The page cannot be continued. Begin again.")
	}
	return n, nil
}

func orNull(id lab.ID) any {
	if id.IsZero() {
		return nil
	}
	return id.Bytes()
}

// Sections gives the departments with what waits there.
func (b *Bench) Sections(ctx context.Context) (Sections, error) {
	out := Sections{Sections: []Section{}}
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		names, err := q.Departments(ctx)
		if err != nil {
			return fmt.Errorf("read departments: %w", err)
		}
		for _, name := range names {
			c, err := b.counts(ctx, tx, q, name)
			if err != nil {
				return err
			}
			out.Sections = append(out.Sections, Section{Department: name, Counts: c})
		}
		return nil
	})
	return out, err
}

func (b *Bench) counts(ctx context.Context, tx *sqlite.ReadTx, q *queries.Queries, department string) (Counts, error) {
	rows, err := q.CountStates(ctx, tx.Now().Add(-keepReleased).UnixMilli())
	if err != nil {
		return Counts{}, fmt.Errorf("count the worklist: %w", err)
	}
	var c Counts
	for _, r := range rows {
		if department != "" && r.Department != department {
			continue
		}
		n := int(r.N)
		c.All += n
		switch r.State {
		case "released":
			c.Released += n
			continue
		case "held":
			c.Held += n
		case "pending", "sent_to_analyzer":
			c.ToEnter += n
		}
		c.Open += n
	}
	samples, err := q.WorklistSamples(ctx, department)
	if err != nil {
		return c, fmt.Errorf("count the samples of the worklist: %w", err)
	}
	c.Samples = int(samples)
	return c, nil
}

func (r *Reader) group(ctx context.Context, id lab.ID, f Filter, only narrowed) (Group, error) {
	s, err := r.q.Sample(ctx, queries.ID(id))
	if err != nil {
		return Group{}, fmt.Errorf("read sample %s: %w", id, err)
	}
	v, err := r.q.Visit(ctx, s.VisitID)
	if err != nil {
		return Group{}, fmt.Errorf("read visit %s: %w", lab.ID(s.VisitID), err)
	}
	all, err := r.Visit(ctx, lab.ID(s.VisitID))
	if err != nil {
		return Group{}, err
	}
	at := sampleAt(s)
	g := Group{
		SampleID: id, Accession: s.Accession, VisitID: lab.ID(s.VisitID), PatientID: all.Person.ID, Sex: string(all.Person.Sex), Age: ageText(all.Person, lab.DateOf(at.In(r.zone))),
		Priority: v.Priority, Panels: []string{}, Sample: s.State, Reason: s.RejectReason, Recollect: s.Recollect != 0, DueAt: timeOf(v.DueMs), Note: v.Note,
		Collected: timeOf(s.CollectedMs), Received: timeOf(s.ReceivedMs), Specimen: s.Specimen, Rows: []Row{},
	}
	if s.State == "rejected" {
		g.DueAt = nil
	}
	for i, t := range all.Tests {
		if t.SampleID != s.ID {
			continue
		}
		g.add(all.Rows[i])
		m, err := r.measure(ctx, t.TestID)
		if err != nil {
			return g, err
		}
		if only.has(t.TestID) && (f.Department == "" || m.Test.Department == f.Department) && f.shows(all.Rows[i].State) {
			g.Rows = append(g.Rows, all.Rows[i])
		}
	}
	return g, nil
}

// add counts a row of the sample, whether it is shown or not.
func (g *Group) add(row Row) {
	name := row.Panel
	if name == "" {
		name = row.Code
	}
	if !slices.Contains(g.Panels, name) {
		g.Panels = append(g.Panels, name)
	}
	if row.State == "cancelled" {
		return
	}
	g.Total++
	if row.Value != "" {
		g.Done++
	}
}

func sampleAt(s queries.SampleRow) time.Time {
	if s.CollectedMs > 0 {
		return time.UnixMilli(s.CollectedMs)
	}
	return time.UnixMilli(s.MadeMs)
}

func ageText(p sqlite.Person, on lab.Date) string {
	age, known := p.AgeOn(on)
	if !known {
		return ""
	}
	value, unit := age.Value()
	return strconv.Itoa(value) + " " + string(unit)
}
