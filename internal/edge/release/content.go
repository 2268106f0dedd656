package release

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"jaanch/internal/edge/reception"
	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/patient"
	"jaanch/internal/lab/report"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite/queries"
)

// trendValues is how many earlier values a line of a report carries.
const trendValues = 4

// draft is a report before it is signed, with the values on it.
type draft struct {
	content  report.Report
	values   []result.Result
	critical bool
}

// composer builds the content of one report.
type composer struct {
	desk    *Desk
	chart   *chart
	names   map[queries.ID]queries.UserRow
	q       *queries.Queries
	out     draft
	amended []string // reasons of the changed values
	missing []string
}

// compose builds the next version of a visit's report out of what was released before and what is released now.
func (d *Desk) compose(ctx context.Context, q *queries.Queries, c *chart, id lab.ID, o issue) (draft, error) {
	m := &composer{desk: d, chart: c, q: q, names: map[queries.ID]queries.UserRow{}}
	_, zone := o.sketch.at.In(d.zone).Zone()
	m.out.content = report.Report{ID: id, Version: 1, IssuedAt: o.sketch.at, ZoneMin: zone / 60, Lab: c.laboratory(), Patient: d.patientBlock(c), Visit: c.visitBlock()}
	last, found := c.newest()
	if found {
		m.out.content.ID, m.out.content.Version = lab.ID(c.reports[len(c.reports)-1].ID), int(last.Version)+1
	}
	on := map[queries.ID]bool{}
	for _, t := range o.chosen {
		on[t.ID] = true
	}
	if err := m.sections(ctx, on); err != nil {
		return m.out, err
	}
	if err := m.signers(ctx); err != nil {
		return m.out, err
	}
	if len(m.missing) > 0 && !o.partial && o.reason == "" {
		e := lab.Conflict("results_missing", "Some tests have no verified value yet. Release a preliminary report, or wait.")
		e.Detail = map[string]any{"codes": m.missing}
		return m.out, e
	}
	m.state(last, found, o)
	m.comments(o.comment)
	return m.out, m.out.content.Check()
}

// state decides what the report says of itself. Once a released value was changed, every later version says so.
func (m *composer) state(last queries.ReportRowsRow, found bool, o issue) {
	r := &m.out.content
	withdrawn := found && last.State == stateWithdrawn
	switch {
	case found && (o.reason != "" || len(m.amended) > 0 || withdrawn):
		r.State = report.Amended
		reason := cmp.Or(o.reason, strings.Join(m.amended, "; "), "The version before was withdrawn.")
		r.Replaces = &report.Replaces{Version: int(last.Version), IssuedAt: time.UnixMilli(last.SignedMs).UTC(), Reason: reason}
		m.dropPending()
	case len(m.missing) > 0:
		r.State = report.Preliminary
	default:
		r.State = report.Final
	}
}

// dropPending takes the lines without a value off an amended report; a comment names them.
func (m *composer) dropPending() {
	sections := m.out.content.Sections[:0]
	for _, s := range m.out.content.Sections {
		s.Lines = slices.DeleteFunc(s.Lines, func(l report.Line) bool { return l.Pending })
		if len(s.Lines) > 0 {
			sections = append(sections, s)
		}
	}
	m.out.content.Sections = sections
}

func (m *composer) comments(text string) {
	r := &m.out.content
	if text = strings.TrimSpace(text); text != "" {
		r.Comments = append(r.Comments, text)
	}
	for _, v := range m.out.values {
		call := m.chart.told(queries.ID(v.ID))
		if call == nil || !m.chart.isCritical(v.ID) {
			continue
		}
		whom := cmp.Or(call.Reached, call.Role, "the requester")
		at := time.UnixMilli(call.AtMs).In(m.desk.zone).Format("15:04")
		r.Comments = append(r.Comments, fmt.Sprintf("%s %s: told to %s at %s, read back.", v.TestCode, m.chart.results[queries.ID(v.ID)].Value, whom, at))
	}
	if len(m.missing) > 0 {
		r.Comments = append(r.Comments, "Not ready yet: "+strings.Join(m.missing, ", ")+".")
	}
}

func (c *chart) isCritical(id lab.ID) bool { return c.results[queries.ID(id)].Critical != 0 }

// sections adds one section for each panel, and one for each department of the tests that were ordered alone.
func (m *composer) sections(ctx context.Context, on map[queries.ID]bool) error {
	c := m.chart
	index := map[string]int{}
	tubes := map[queries.ID]bool{}
	for _, t := range c.tests {
		if t.Cancelled != 0 {
			continue
		}
		line, err := m.line(ctx, t, on[t.ID])
		if err != nil {
			return err
		}
		key := cmp.Or(t.Panel, "\x00"+c.defs[t.TestID].Department)
		at, ok := index[key]
		if !ok {
			at = len(m.out.content.Sections)
			index[key] = at
			m.out.content.Sections = append(m.out.content.Sections, c.section(t))
		}
		m.out.content.Sections[at].Lines = append(m.out.content.Sections[at].Lines, line)
		if s, ok := c.samples[t.SampleID]; ok && !tubes[s.ID] {
			tubes[s.ID] = true
			m.out.content.Samples = append(m.out.content.Samples, tubeBlock(s))
		}
	}
	return nil
}

func (c *chart) section(t queries.OrderTestsRow) report.Section {
	if p, ok := c.panels[t.Panel]; ok {
		return report.Section{Title: p.Name, TitleHi: c.hindi(p.NameLocal)}
	}
	return report.Section{Title: cmp.Or(t.Panel, c.defs[t.TestID].Department)}
}

// line is one test: its value if it goes out or went out before, else that it is not ready.
func (m *composer) line(ctx context.Context, t queries.OrderTestsRow, now bool) (report.Line, error) {
	c, def := m.chart, m.chart.defs[t.TestID]
	out := report.Line{TestCode: def.Code, Name: def.Name, NameHi: c.hindi(def.NameHi), Unit: def.PrintedUnit(), Method: def.Method, Accession: c.samples[t.SampleID].Accession}
	s := c.standing[lab.ID(t.ID)]
	if !now && !c.wasReleased(s.Result.ID) {
		out.Pending = true
		m.missing = append(m.missing, def.Code)
		return out, nil
	}
	v, _, err := c.value(t)
	if err != nil {
		return out, err
	}
	m.out.values = append(m.out.values, v)
	m.out.critical = m.out.critical || s.Result.Critical != 0
	out.ResultID, out.Value, out.Comment = v.ID, s.Result.Value, v.Comment
	if v.NotReported != "" {
		out.NotReported = "Not calculated: " + strings.ReplaceAll(v.NotReported, "_", " ")
	}
	out.Flag = v.Flag
	if out.Flag == result.Uncertain {
		out.Flag = result.Normal // a person has accepted it; what cannot be said is not printed as a mark
	}
	out.Low, out.High = v.Interval.Low, v.Interval.High
	if v.Value != nil && v.Value.Exact() {
		out.Number = v.Value.Num
	}
	out.Interval = intervalText(s.Result)
	out.Previous = c.previous(t)
	return out, m.change(ctx, &out, s.Result)
}

// change says what an amendment changed: the value that went out before, why, by whom and when.
func (m *composer) change(ctx context.Context, line *report.Line, row queries.ResultsOfVisitRow) error {
	old, ok := m.chart.results[row.Supersedes]
	if !ok || !m.chart.wasReleased(old.ID) {
		return nil
	}
	by, err := m.person(ctx, row.EnteredByID)
	if err != nil {
		return err
	}
	reason := cmp.Or(row.Reason, "An input was amended.")
	line.Old = &report.Change{Value: cmp.Or(old.Value, "not calculated"), Reason: reason, By: by.Name, At: time.UnixMilli(row.EnteredMs).UTC()}
	if !slices.Contains(m.amended, reason) {
		m.amended = append(m.amended, reason)
	}
	return nil
}

func intervalText(r queries.ResultsOfVisitRow) string {
	text := cmp.Or(r.IntervalText, catalogue.IntervalText(r.IntervalLow, r.IntervalHigh))
	switch r.NoLimit {
	case "adult_interval":
		return text + " (adult)"
	case result.HoldNoLimit:
		return "not established for this age"
	}
	return text
}

// previous gives the patient's earlier values that were drawn before this sample, newest first.
func (c *chart) previous(t queries.OrderTestsRow) []report.Previous {
	var out []report.Previous
	until := c.samples[t.SampleID].CollectedMs
	for _, e := range c.earlier[t.TestID] {
		if (until == 0 || e.AtMs < until) && len(out) < trendValues {
			out = append(out, report.Previous{Value: e.Value, At: time.UnixMilli(e.AtMs).UTC()})
		}
	}
	return out
}

// signers are those who verified what stands on the report, each with what they vouch for.
func (m *composer) signers(ctx context.Context) error {
	newest := map[report.Signer]int64{}
	for _, v := range m.chart.verified {
		if !slices.ContainsFunc(m.out.values, func(r result.Result) bool { return queries.ID(r.ID) == v.ResultID }) {
			continue
		}
		u, err := m.person(ctx, v.UserID)
		if err != nil {
			return err
		}
		s := report.Signer{UserID: lab.ID(v.UserID), Name: u.Name, Qualification: u.Qualification, Registration: u.Registration, Meaning: v.Meaning}
		newest[s] = max(newest[s], v.AtMs)
	}
	for s, ms := range newest {
		s.At = time.UnixMilli(ms).UTC()
		m.out.content.Signers = append(m.out.content.Signers, s)
	}
	slices.SortFunc(m.out.content.Signers, func(a, b report.Signer) int {
		return cmp.Or(cmp.Compare(b.Meaning, a.Meaning), a.At.Compare(b.At), cmp.Compare(a.UserID.String(), b.UserID.String()))
	})
	return nil
}

func (m *composer) person(ctx context.Context, id queries.ID) (queries.UserRow, error) {
	if id == (queries.ID{}) {
		return queries.UserRow{}, nil
	}
	if u, ok := m.names[id]; ok {
		return u, nil
	}
	u, err := m.q.User(ctx, id)
	if err != nil {
		return u, fmt.Errorf("read account %s: %w", lab.ID(id), err)
	}
	m.names[id] = u
	return u, nil
}

func (c *chart) hindi(text string) string {
	if c.setting.ReportLanguage == "hi+en" {
		return text
	}
	return ""
}

func (c *chart) laboratory() report.Laboratory {
	s := c.setting
	var place []string
	for _, part := range []string{s.Address, s.City, s.State, s.PinCode} {
		if part != "" {
			place = append(place, part)
		}
	}
	return report.Laboratory{Name: s.Name, NameHi: c.hindi(s.NameLocal), Address: strings.Join(place, ", "), Phone: s.Phone, Email: s.Email, Accreditation: s.Nabl}
}

func (d *Desk) patientBlock(c *chart) report.Patient {
	sex := map[patient.Sex]string{patient.Male: "male", patient.Female: "female", patient.Other: "other"}[c.person.Sex]
	age := reception.AgeText(c.person.Patient, d.day(c.collected()))
	words := []string{}
	for _, w := range []string{age, sex} {
		if w != "" {
			words = append(words, w)
		}
	}
	name := strings.TrimSpace(c.person.Title + " " + c.person.Name)
	return report.Patient{ID: c.person.ID, Name: name, MRN: string(c.person.MRN), AgeSex: strings.Join(words, ", "), ABHA: maskABHA(c.person.ABHA)}
}

// drawn is when the first tube was drawn, 0 while none is.
func (c *chart) drawn() int64 {
	first := int64(0)
	for _, s := range c.samples {
		if s.CollectedMs > 0 && (first == 0 || s.CollectedMs < first) {
			first = s.CollectedMs
		}
	}
	return first
}

// collected is when the first tube was drawn, else when the visit was registered: ages go by it.
func (c *chart) collected() time.Time {
	return time.UnixMilli(cmp.Or(c.drawn(), c.visit.RegisteredMs))
}

// maskABHA shows the first two and the last four digits.
func maskABHA(abha string) string {
	if len(abha) != 14 {
		return ""
	}
	return abha[:2] + "-••••-••••-" + abha[10:]
}

func (c *chart) visitBlock() report.Visit {
	referrer := c.doctor.Name
	if referrer != "" && c.doctor.Degree != "" {
		referrer += ", " + c.doctor.Degree
	}
	return report.Visit{Number: c.visit.Number, Referrer: referrer, RegisteredAt: time.UnixMilli(c.visit.RegisteredMs).UTC()}
}

func tubeBlock(s queries.SamplesRow) report.Sample {
	out := report.Sample{Accession: s.Accession, Specimen: s.Specimen}
	if s.CollectedMs > 0 {
		out.CollectedAt = time.UnixMilli(s.CollectedMs).UTC()
	}
	if s.ReceivedMs > 0 {
		out.ReceivedAt = time.UnixMilli(s.ReceivedMs).UTC()
	}
	if s.State != "rejected" && s.RejectReason != "" {
		out.Condition = strings.ReplaceAll(s.RejectReason, "_", " ")
	}
	return out
}
