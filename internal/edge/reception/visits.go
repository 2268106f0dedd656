package reception

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Visit gives one visit with everything that belongs to it.
func (d *Desk) Visit(ctx context.Context, _ lab.Actor, id lab.ID) (Visit, error) {
	var out Visit
	err := d.view(ctx, func(tx *sqlite.ReadTx, _ *queries.Queries) error {
		var err error
		out, err = d.readVisit(ctx, tx, id)
		return err
	})
	return out, err
}

// Visits gives the visits of a day, newest first. The cursor is what the page before gave as next.
func (d *Desk) Visits(ctx context.Context, day, state, cursor string, limit int) (Visits, error) {
	out := Visits{Visits: []VisitSummary{}}
	from, err := d.midnight(day)
	if err != nil {
		return out, err
	}
	after, err := parseCursor(cursor)
	if err != nil {
		return out, err
	}
	err = d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		ids, err := q.VisitsOfDay(ctx, queries.VisitsOfDayParams{
			FromMs: from.UnixMilli(), ToMs: from.AddDate(0, 0, 1).UnixMilli(), State: state, AfterMs: after, N: int64(limit) + 1,
		})
		if err != nil {
			return fmt.Errorf("read the visits of a day: %w", err)
		}
		for i, v := range ids {
			if i == limit {
				out.Next = strconv.FormatInt(out.Visits[limit-1].At.UnixMilli(), 10)
				break
			}
			s, err := d.readSummary(ctx, tx, lab.ID(v))
			if err != nil {
				return err
			}
			out.Visits = append(out.Visits, s)
		}
		return nil
	})
	return out, err
}

func parseCursor(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, lab.Invalid("cursor_malformed", "The page cannot be continued. Begin again.")
	}
	return v, nil
}

// midnight gives the start of a day in the lab's zone; of today when the text is empty.
func (d *Desk) midnight(day string) (time.Time, error) {
	date := d.day(d.db.Now())
	if day != "" {
		var err error
		if date, err = lab.ParseDate(day); err != nil {
			return time.Time{}, lab.Invalid("day_malformed", "Write the day as YYYY-MM-DD.")
		}
	}
	return time.Date(date.Year, date.Month, date.Day, 0, 0, 0, 0, d.zone), nil
}

func (d *Desk) readVisit(ctx context.Context, tx *sqlite.ReadTx, id lab.ID) (Visit, error) {
	q := queries.New(tx)
	row, err := q.Visit(ctx, queries.ID(id))
	if err != nil {
		return Visit{}, visitError(id, err)
	}
	out := Visit{Note: row.Note, Language: row.Language, Delivery: []string{}, Items: []VisitItem{}, Samples: []Sample{}, Prints: []PrintJob{}}
	if out.VisitSummary, err = d.readSummary(ctx, tx, id); err != nil {
		return Visit{}, err
	}
	if err := json.Unmarshal([]byte(row.Delivery), &out.Delivery); err != nil {
		return Visit{}, fmt.Errorf("delivery of visit %s: %w", id, err)
	}
	if out.Patient, err = d.readPatient(ctx, tx, lab.ID(row.PatientID)); err != nil {
		return Visit{}, err
	}
	if out.Doctor, err = readDoctor(ctx, tx, lab.ID(row.DoctorID)); err != nil {
		return Visit{}, err
	}
	if out.Items, err = readItems(ctx, tx, id); err != nil {
		return Visit{}, err
	}
	if out.Samples, err = d.readSamples(ctx, tx, id); err != nil {
		return Visit{}, err
	}
	if out.Bill, err = readBill(ctx, q, id); err != nil {
		return Visit{}, err
	}
	if out.Prints, err = readPrints(ctx, q, id); err != nil {
		return Visit{}, err
	}
	versions, err := tx.Versions(ctx, "visit", id)
	out.Versions = versions.String()
	return out, err
}

func (d *Desk) readSummary(ctx context.Context, tx *sqlite.ReadTx, id lab.ID) (VisitSummary, error) {
	q := queries.New(tx)
	v, err := q.Visit(ctx, queries.ID(id))
	if err != nil {
		return VisitSummary{}, visitError(id, err)
	}
	p, err := sqlite.ReadPerson(ctx, tx, lab.ID(v.PatientID))
	if err != nil {
		return VisitSummary{}, err
	}
	out := VisitSummary{
		ID: id, Number: v.Number, PatientID: p.ID, Sex: string(p.Sex), Age: AgeText(p.Patient, d.day(time.UnixMilli(v.RegisteredMs))),
		At: time.UnixMilli(v.RegisteredMs).UTC(), Priority: v.Priority, State: v.State, Panels: []string{}, ReportDue: msTime(v.DueMs),
	}
	items, err := q.OrderItems(ctx, v.ID)
	if err != nil {
		return out, fmt.Errorf("read the order of visit %s: %w", id, err)
	}
	for _, it := range items {
		if it.Cancelled == 0 {
			out.Panels = append(out.Panels, it.Code)
		}
	}
	tests, err := q.OrderTests(ctx, v.ID)
	if err != nil {
		return out, fmt.Errorf("read the tests of visit %s: %w", id, err)
	}
	for _, t := range tests {
		if t.State != "cancelled" {
			out.Total++
		}
		if t.State == "released" {
			out.Done++
		}
	}
	billed, err := q.VisitBilled(ctx, v.ID)
	if err != nil {
		return out, fmt.Errorf("add up the bills of visit %s: %w", id, err)
	}
	paid, err := q.VisitPaid(ctx, v.ID)
	if err != nil {
		return out, fmt.Errorf("add up the payments of visit %s: %w", id, err)
	}
	out.Due = lab.Paise(billed - paid)
	return out, nil
}

func readItems(ctx context.Context, tx *sqlite.ReadTx, visit lab.ID) ([]VisitItem, error) {
	q := queries.New(tx)
	tests, err := q.OrderTests(ctx, queries.ID(visit))
	if err != nil {
		return nil, fmt.Errorf("read the tests of visit %s: %w", visit, err)
	}
	out := make([]VisitItem, 0, len(tests))
	for _, t := range tests {
		test, err := q.Test(ctx, t.TestID)
		if err != nil {
			return nil, fmt.Errorf("read test %s: %w", lab.ID(t.TestID), err)
		}
		versions, err := tx.Versions(ctx, "order_test", lab.ID(t.ID))
		if err != nil {
			return nil, err
		}
		out = append(out, VisitItem{
			ID: lab.ID(t.ID), TestID: lab.ID(t.TestID), Code: t.Code, Name: test.Name, NameLocal: test.NameLocal, Panel: t.Panel,
			SampleID: lab.ID(t.SampleID), State: t.State, Versions: versions.String(),
		})
	}
	return out, nil
}

func (d *Desk) readSamples(ctx context.Context, tx *sqlite.ReadTx, visit lab.ID) ([]Sample, error) {
	rows, err := queries.New(tx).Samples(ctx, queries.ID(visit))
	if err != nil {
		return nil, fmt.Errorf("read the samples of visit %s: %w", visit, err)
	}
	out := make([]Sample, 0, len(rows))
	for _, r := range rows {
		s, err := readSample(ctx, tx, queries.SampleRow(r))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func readSample(ctx context.Context, tx *sqlite.ReadTx, r queries.SampleRow) (Sample, error) {
	q := queries.New(tx)
	c := container(r.Container)
	out := Sample{
		ID: lab.ID(r.ID), Accession: r.Accession, Barcode: r.Barcode, VisitID: lab.ID(r.VisitID), Container: r.Container, Text: c.Name, Colour: c.Colour, Specimen: r.Specimen,
		Tests: []string{}, State: r.State, Reason: r.RejectReason, Collected: msTime(r.CollectedMs), Received: msTime(r.ReceivedMs), DrawOrder: c.Draw,
	}
	tests, err := q.OrderTestsOfSample(ctx, r.ID)
	if err != nil {
		return out, fmt.Errorf("read the tests of sample %s: %w", out.ID, err)
	}
	for _, t := range tests {
		name := t.Code
		if t.Panel != "" {
			name = t.Panel
		}
		if t.Cancelled == 0 && !slices.Contains(out.Tests, name) {
			out.Tests = append(out.Tests, name)
		}
	}
	next, err := q.Replacement(ctx, r.ID)
	if err != nil {
		return out, fmt.Errorf("look for the replacement of sample %s: %w", out.ID, err)
	}
	if len(next) > 0 {
		out.Recollect = lab.ID(next[0])
	}
	prints, err := q.PrintsOfSample(ctx, r.ID)
	if err != nil {
		return out, fmt.Errorf("count the labels of sample %s: %w", out.ID, err)
	}
	out.Prints = int(prints.Labels)
	if out.Collector, err = personName(ctx, q, lab.ID(r.CollectedByID)); err != nil {
		return out, err
	}
	setting, err := sqlite.ReadSetting(ctx, tx)
	if err != nil {
		return out, err
	}
	out.NodeIsHome = r.Home == setting.NodeCode
	versions, err := tx.Versions(ctx, "sample", out.ID)
	out.Versions = versions.String()
	return out, err
}

func container(code string) sample.Container {
	for _, c := range sample.Containers() {
		if c.Code == code {
			return c
		}
	}
	return sample.Container{Code: code, Name: code}
}
