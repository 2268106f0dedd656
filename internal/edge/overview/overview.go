package overview

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/release"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Overview reads the day.
type Overview struct {
	db       *sqlite.DB
	zone     *time.Location
	devices  func(context.Context) (bench.Instruments, error)
	critical func(context.Context) (release.CriticalCalls, error)
}

// Options are what an overview needs.
type Options struct {
	DB       *sqlite.DB
	Zone     *time.Location
	Devices  func(context.Context) (bench.Instruments, error)
	Critical func(context.Context) (release.CriticalCalls, error) // nil shows none
}

// New makes an overview.
func New(o Options) *Overview {
	return &Overview{db: o.DB, zone: o.Zone, devices: o.Devices, critical: o.Critical}
}

// targetMinutes is the target of turnaround until labs set their own: received to released, routine.
const targetMinutes = 240

// Today gives the first screen of the day.
func (o *Overview) Today(ctx context.Context) (Today, error) {
	now := o.db.Now().In(o.zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, o.zone)
	out := Today{
		Day: now.Format(time.DateOnly), Late: []LateRow{}, Critical: []release.Critical{}, Needs: []Need{}, Hours: []HourRow{}, FirstHour: 7, ThisHour: now.Hour(),
		Turnaround: Turnaround{TargetMin: targetMinutes, Buckets: make([]int, 12)},
	}
	err := o.db.View(ctx, func(tx *sqlite.ReadTx) error {
		d := day{tx: tx, q: queries.New(tx), now: now, midnight: midnight, zone: o.zone, out: &out}
		for _, part := range []func(context.Context) error{d.counts, d.late, d.hours, d.turnaround, d.needs} {
			if err := part(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	if o.critical != nil {
		calls, err := o.critical(ctx)
		if err != nil {
			return out, err
		}
		out.Critical, out.CritOpen, out.CritClosed = calls.Values, calls.Open, calls.Closed
	}
	return out, o.silent(ctx, &out)
}

// silent adds analyzers that need somebody.
func (o *Overview) silent(ctx context.Context, out *Today) error {
	all, err := o.devices(ctx)
	if err != nil {
		return err
	}
	for _, i := range all.Instruments {
		if i.State == "silent" {
			out.Needs = append(out.Needs, Need{
				Code: "instrument_silent", Params: map[string]string{"name": i.Name, "waiting": strconv.Itoa(i.Waiting)},
				Text: i.Name + " is silent, " + strconv.Itoa(i.Waiting) + " orders wait", Link: "/instruments",
			})
		}
	}
	if n := len(all.Senders); n > 0 {
		out.Needs = append(out.Needs, Need{Code: "instrument_unapproved", Params: map[string]string{"count": strconv.Itoa(n)}, Text: strconv.Itoa(n) + " senders wait for approval", Link: "/instruments"})
	}
	return nil
}

// day builds one Today.
type day struct {
	tx       *sqlite.ReadTx
	q        *queries.Queries
	now      time.Time
	midnight time.Time
	zone     *time.Location
	out      *Today
}

const lookBack = 14 * 24 * time.Hour

func (d *day) counts(ctx context.Context) error {
	c := &d.out.Counts
	visits, err := d.q.CountVisits(ctx, queries.CountVisitsParams{HourMs: d.now.Add(-time.Hour).UnixMilli(), DayMs: d.midnight.UnixMilli()})
	if err != nil {
		return fmt.Errorf("count visits: %w", err)
	}
	c.Ordered, c.OrderedHour, c.Visits = int(visits.N), int(visits.Hour), int(visits.N)
	samples, err := d.q.CountSamples(ctx, d.now.Add(-lookBack).UnixMilli())
	if err != nil {
		return fmt.Errorf("count samples: %w", err)
	}
	c.ToCollect, c.ToReceive = int(samples.Expected), int(samples.Collected)
	if samples.OldestMs > 0 {
		c.LongestMin = int(d.now.Sub(time.UnixMilli(samples.OldestMs)) / time.Minute)
	}
	tests, err := d.q.CountTests(ctx, d.now.Add(-lookBack).UnixMilli())
	if err != nil {
		return fmt.Errorf("count tests: %w", err)
	}
	for _, t := range tests {
		switch t.State {
		case "pending":
			c.Bench += int(t.Visits)
		case "sent_to_analyzer":
			c.Bench += int(t.Visits)
			c.OnAnalyzers = int(t.Visits)
		case "held":
			c.Held, c.HeldCrit = int(t.Visits), int(t.Critical)
		case "entered", "verified":
			c.ToSign += int(t.Visits)
		}
	}
	released, err := d.q.CountReleased(ctx, d.midnight.UnixMilli())
	if err != nil {
		return fmt.Errorf("count reports: %w", err)
	}
	c.Released, c.Delivered, c.Reports = int(released.Released), int(released.Printed), int(released.Released-released.Printed)
	inbox, err := d.q.CountWaiting(ctx)
	if err != nil {
		return fmt.Errorf("count the inbox: %w", err)
	}
	c.Inbox = int(inbox)
	return nil
}

func (d *day) late(ctx context.Context) error {
	rows, err := d.q.DueSamples(ctx, d.now.Add(-lookBack).UnixMilli())
	if err != nil {
		return fmt.Errorf("read what is due: %w", err)
	}
	for _, r := range rows {
		due := time.UnixMilli(r.Due)
		switch left := due.Sub(d.now); {
		case left < 0:
			d.out.LateCount++
		case left <= 30*time.Minute:
			d.out.Soon++
		}
		row, err := d.lateRow(ctx, r.ID, due)
		if err != nil {
			return err
		}
		if len(d.out.Late) < 12 {
			d.out.Late = append(d.out.Late, row)
		}
	}
	return nil
}

func (d *day) lateRow(ctx context.Context, id queries.ID, due time.Time) (LateRow, error) {
	s, err := d.q.Sample(ctx, id)
	if err != nil {
		return LateRow{}, fmt.Errorf("read sample %s: %w", lab.ID(id), err)
	}
	v, err := d.q.Visit(ctx, s.VisitID)
	if err != nil {
		return LateRow{}, fmt.Errorf("read visit %s: %w", lab.ID(s.VisitID), err)
	}
	p, err := sqlite.ReadPerson(ctx, d.tx, lab.ID(v.PatientID))
	if err != nil {
		return LateRow{}, err
	}
	row := LateRow{SampleID: lab.ID(id), VisitID: lab.ID(s.VisitID), Accession: s.Accession, Sex: string(p.Sex), Priority: v.Priority, Panels: []string{}, DueAt: due.UTC(), Params: map[string]string{}}
	if age, ok := p.AgeOn(lab.DateOf(d.now)); ok {
		n, unit := age.Value()
		row.Age = strconv.Itoa(n) + " " + string(unit)
	}
	tests, err := d.q.OrderTestsOfSample(ctx, id)
	if err != nil {
		return row, fmt.Errorf("read the tests of sample %s: %w", row.SampleID, err)
	}
	states := map[string]int{}
	for _, t := range tests {
		states[t.State]++
		name := t.Panel
		if name == "" {
			name = t.Code
		}
		if !slices.Contains(row.Panels, name) {
			row.Panels = append(row.Panels, name)
		}
	}
	row.Where = where(s.State, states)
	row.Params["waiting"] = strconv.Itoa(states["pending"] + states["sent_to_analyzer"])
	return row, nil
}

// where says in a code what a sample waits for.
func where(sample string, states map[string]int) string {
	switch {
	case sample == "expected":
		return "to_collect"
	case sample == "collected":
		return "to_receive"
	case states["held"] > 0:
		return "held"
	case states["sent_to_analyzer"] > 0:
		return "on_analyzer"
	case states["pending"] > 0:
		return "to_enter"
	default:
		return "to_verify"
	}
}

// hours counts the results of today by department and hour, beside the mean of the same weekday in the last four weeks.
func (d *day) hours(ctx context.Context) error {
	const first, last = 7, 18
	rows := map[string]*HourRow{}
	row := func(name string) *HourRow {
		if rows[name] == nil {
			rows[name] = &HourRow{Department: name, Done: make([]int, last-first), Expected: make([]int, last-first)}
		}
		return rows[name]
	}
	for week := range 5 {
		counts, err := d.q.ResultsByHour(ctx, d.midnight.AddDate(0, 0, -7*week).UnixMilli())
		if err != nil {
			return fmt.Errorf("count results by hour: %w", err)
		}
		for _, c := range counts {
			h := int(c.Hour) - first
			if h < 0 || h >= last-first {
				continue
			}
			if week == 0 {
				row(c.Department).Done[h] = int(c.N)
			} else {
				row(c.Department).Expected[h] += int(c.N)
			}
		}
	}
	for _, r := range rows {
		for h := range r.Expected {
			r.Expected[h] /= 4
		}
		d.out.Hours = append(d.out.Hours, *r)
	}
	slices.SortFunc(d.out.Hours, func(a, b HourRow) int {
		if a.Department < b.Department {
			return -1
		}
		return 1
	})
	return nil
}

func (d *day) turnaround(ctx context.Context) error {
	rows, err := d.q.TurnaroundOf(ctx, d.midnight.UnixMilli())
	if err != nil {
		return fmt.Errorf("read turnaround: %w", err)
	}
	t := &d.out.Turnaround
	if len(rows) == 0 {
		return nil
	}
	slices.Sort(rows)
	t.MedianMin = int(time.Duration(rows[len(rows)/2]) * time.Millisecond / time.Minute)
	in := 0
	for _, ms := range rows {
		minutes := int(time.Duration(ms) * time.Millisecond / time.Minute)
		if minutes <= targetMinutes {
			in++
		}
		t.Buckets[min(max(minutes, 0)/30, len(t.Buckets)-1)]++
	}
	t.InTarget = in * 1000 / len(rows)
	return nil
}

func (d *day) needs(ctx context.Context) error {
	if n := d.out.Counts.Inbox; n > 0 {
		d.out.Needs = append(d.out.Needs, Need{Code: "inbox", Params: map[string]string{"count": strconv.Itoa(n)}, Text: strconv.Itoa(n) + " unmatched results", Link: "/inbox"})
	}
	printers, err := d.q.Printers(ctx)
	if err != nil {
		return fmt.Errorf("read printers: %w", err)
	}
	for _, p := range printers {
		n, err := d.q.PrinterBacklog(ctx, p.ID)
		if err != nil {
			return fmt.Errorf("count the jobs of printer %s: %w", lab.ID(p.ID), err)
		}
		if n > 0 {
			d.out.Needs = append(d.out.Needs, Need{Code: "printer", Params: map[string]string{"name": p.Name, "count": strconv.FormatInt(n, 10)}, Text: p.Name + " has not taken " + strconv.FormatInt(n, 10) + " labels", Link: "/setup/printers"})
		}
	}
	return nil
}
