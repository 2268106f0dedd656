package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/edge/filing"
	"jaanch/internal/edge/quality"
	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/patient"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Reader builds rows within one snapshot; it remembers what many rows share.
type Reader struct {
	tx       *sqlite.ReadTx
	q        *queries.Queries
	zone     *time.Location
	me       lab.ID
	measures map[queries.ID]sqlite.Measure
	devices  map[queries.ID]string
	people   map[queries.ID]string
	visits   map[lab.ID]VisitRows
	controls map[qcKey]string
}

// NewReader makes a reader; me is whose drafts are marked as own.
func NewReader(tx *sqlite.ReadTx, zone *time.Location, me lab.ID) *Reader {
	return &Reader{tx: tx, q: queries.New(tx), zone: zone, me: me, measures: map[queries.ID]sqlite.Measure{}, devices: map[queries.ID]string{}, people: map[queries.ID]string{}, visits: map[lab.ID]VisitRows{}, controls: map[qcKey]string{}}
}

// VisitRows are all rows of a visit, with what rows of one visit share.
type VisitRows struct {
	Rows   []Row
	Tests  []queries.OrderTestsRow
	States map[lab.ID]sqlite.Standing
	Person sqlite.Person
}

// Visit builds the rows of a visit. What it gives is shared by all who ask for the same visit: it must not be changed.
func (r *Reader) Visit(ctx context.Context, visit lab.ID) (VisitRows, error) {
	if known, ok := r.visits[visit]; ok {
		return known, nil
	}
	out, err := r.visit(ctx, visit)
	if err == nil {
		r.visits[visit] = out
	}
	return out, err
}

func (r *Reader) visit(ctx context.Context, visit lab.ID) (VisitRows, error) {
	c, err := sqlite.ReadChart(ctx, r.tx, visit)
	if err != nil {
		return VisitRows{}, err
	}
	out := VisitRows{Tests: c.Tests, Rows: make([]Row, 0, len(c.Tests))}
	if out.States, err = c.Standings(); err != nil || len(c.Tests) == 0 {
		return out, err
	}
	patient := c.Tests[0].PatientID
	if out.Person, err = sqlite.ReadPerson(ctx, r.tx, lab.ID(patient)); err != nil {
		return out, err
	}
	beside, err := r.beside(ctx, visit, patient)
	if err != nil {
		return out, err
	}
	for _, t := range c.Tests {
		row, err := r.row(ctx, t, out.States[lab.ID(t.ID)], out.Person, beside, sampleTime(c.Samples, t.SampleID))
		if err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// beside is what stands beside the values of a visit, read with one query each for all of its rows.
type beside struct {
	decided  []queries.HoldDecisionsOfVisitRow
	drafts   map[queries.ID]queries.DraftsOfVisitRow // the newest of each test
	versions map[queries.ID][]byte                   // of tests and of results
	earlier  []queries.ID                            // tests of which the patient has a released value from another visit
}

func (r *Reader) beside(ctx context.Context, visit lab.ID, patient queries.ID) (*beside, error) {
	id, out := queries.ID(visit), &beside{drafts: map[queries.ID]queries.DraftsOfVisitRow{}, versions: map[queries.ID][]byte{}}
	var err error
	if out.decided, err = r.q.HoldDecisionsOfVisit(ctx, id); err != nil {
		return nil, fmt.Errorf("read the decisions of visit %s: %w", visit, err)
	}
	drafts, err := r.q.DraftsOfVisit(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the drafts of visit %s: %w", visit, err)
	}
	for _, d := range drafts {
		out.drafts[d.Record] = d
	}
	tests, err := r.q.VersionsOfTests(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the versions of visit %s: %w", visit, err)
	}
	for _, v := range tests {
		out.versions[v.ID] = v.Gv
	}
	results, err := r.q.VersionsOfResults(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the versions of visit %s: %w", visit, err)
	}
	for _, v := range results {
		out.versions[v.ID] = v.Gv
	}
	if out.earlier, err = r.q.ReleasedElsewhere(ctx, queries.ReleasedElsewhereParams{PatientID: patient, VisitID: id}); err != nil {
		return nil, fmt.Errorf("look for earlier values: %w", err)
	}
	return out, nil
}

func sampleTime(samples []queries.SamplesRow, id queries.ID) time.Time {
	for _, s := range samples {
		if s.ID == id && s.CollectedMs > 0 {
			return time.UnixMilli(s.CollectedMs)
		}
		if s.ID == id {
			return time.UnixMilli(s.MadeMs)
		}
	}
	return time.Time{}
}

func (r *Reader) row(ctx context.Context, t queries.OrderTestsRow, s sqlite.Standing, p sqlite.Person, b *beside, at time.Time) (Row, error) {
	m, err := r.measure(ctx, t.TestID)
	if err != nil {
		return Row{}, err
	}
	def := m.Test
	row := Row{
		ItemID: lab.ID(t.ID), TestID: def.ID, Code: def.Code, Name: def.Name, NameLocal: def.NameHi, Panel: t.Panel, Kind: string(def.Type), Options: options(def),
		Decimals: def.Decimals, Calculated: def.Type == catalogue.Calculated, Unit: unitText(def), State: s.State, Level: s.Level, Levels: int(t.Levels),
		Holds: []Hold{}, Previous: []Point{}, QC: "none", Note: t.Note,
	}
	if t.SentMs > 0 && s.State == string(result.Sent) {
		if row.Waiting, err = r.device(ctx, t.SentToID); err != nil {
			return row, err
		}
	}
	if slices.Contains(b.earlier, t.TestID) {
		if err := r.history(ctx, &row, t); err != nil {
			return row, err
		}
	}
	if row.QC, err = r.quality(ctx, t, s); err != nil {
		return row, err
	}
	if s.Result.ID == (queries.ID{}) {
		row.Interval = expected(m, p.Patient, lab.DateOf(at.In(r.zone)))
	} else if err := r.value(ctx, &row, s, b.decided, at); err != nil {
		return row, err
	}
	if d, ok := b.drafts[t.ID]; ok {
		row.Draft = &Draft{Text: d.Value, By: d.ByName, At: time.UnixMilli(d.SavedMs).UTC(), Mine: lab.ID(d.UserID) == r.me}
	}
	row.Why = notEditable(row.State, row.Level)
	row.Editable = row.Why == ""
	row.Versions, err = b.token(t.ID, s.Result.ID)
	return row, err
}

// qcKey names what a reader remembers of quality control.
type qcKey struct{ instrument, test queries.ID }

// quality tells how the control of the row's test stands on the analyzer that measured it, or that has its order.
func (r *Reader) quality(ctx context.Context, t queries.OrderTestsRow, s sqlite.Standing) (string, error) {
	key := qcKey{s.Result.InstrumentID, t.TestID}
	if key.instrument == (queries.ID{}) {
		key.instrument = t.SentToID
	}
	if key.instrument == (queries.ID{}) {
		return quality.StateNone, nil
	}
	if state, ok := r.controls[key]; ok {
		return state, nil
	}
	state, err := quality.State(ctx, r.q, lab.ID(key.instrument), lab.ID(key.test), r.tx.Now())
	if err == nil {
		r.controls[key] = state
	}
	return state, err
}

func notEditable(state string, level int) string {
	switch {
	case state == string(result.Released), state == "rejected", state == string(result.Cancelled):
		return state
	case level > 0 && state != string(result.Pending) && state != string(result.Sent):
		return "verified"
	default:
		return ""
	}
}

// value fills in what stands on the row.
func (r *Reader) value(ctx context.Context, row *Row, s sqlite.Standing, decided []queries.HoldDecisionsOfVisitRow, at time.Time) error {
	v := s.Result
	row.ResultID, row.Version, row.Value, row.Raw, row.Flag, row.Critical = lab.ID(v.ID), int(v.Version), v.Value, v.Raw, v.Flag, v.Critical != 0
	row.Interval = Interval{Low: v.IntervalLow, High: v.IntervalHigh, CritLow: v.CriticalLow, CritHigh: v.CriticalHigh, Missing: v.NoLimit == result.HoldNoLimit, Text: v.IntervalText}
	if row.Value == "" {
		row.Value = "not calculated"
	}
	if row.Interval.Text == "" {
		row.Interval.Text = catalogue.IntervalText(v.IntervalLow, v.IntervalHigh)
	}
	holds, err := sqlite.ParseHolds(v.Holds)
	if err != nil {
		return err
	}
	for _, h := range holds {
		shown := Hold{Code: h.Code, Params: h.Params, Text: filing.HoldText(h)}
		if shown.Params == nil {
			shown.Params = map[string]string{}
		}
		if err := decision(&shown, v.ID, decided); err != nil {
			return err
		}
		row.Holds = append(row.Holds, shown)
	}
	if len(s.Rivals) > 0 {
		h := result.NewHold(result.HoldTwoValues)
		row.Holds = append(row.Holds, Hold{Code: h.Code, Params: map[string]string{}, Text: filing.HoldText(h)})
		if err := r.rivals(ctx, row, s); err != nil {
			return err
		}
	}
	src := Source{Kind: sourceKind(v.Source), At: time.UnixMilli(v.EnteredMs).UTC(), Raw: v.Raw, Flag: v.SourceFlag, Unit: v.SourceUnit, Conversion: v.Conversion, MessageID: v.Message}
	if src.By, err = r.person(ctx, v.EnteredByID); err != nil {
		return err
	}
	if src.Instrument, err = r.device(ctx, v.InstrumentID); err != nil {
		return err
	}
	row.Source = &src
	row.Delta = deltaOf(*row, v, at)
	return nil
}

// rivals lists the values that a person has to choose from.
func (r *Reader) rivals(ctx context.Context, row *Row, s sqlite.Standing) (err error) {
	for i, v := range append([]queries.ResultsOfVisitRow{s.Result}, s.Rivals...) {
		out := Rival{ResultID: lab.ID(v.ID), Value: v.Value, Unit: v.Unit, Flag: v.Flag, At: time.UnixMilli(v.EnteredMs).UTC()}
		if i == 0 {
			out.Level = s.Level
		}
		if out.By, err = r.person(ctx, v.EnteredByID); err != nil {
			return err
		}
		if out.Instrument, err = r.device(ctx, v.InstrumentID); err != nil {
			return err
		}
		row.Rivals = append(row.Rivals, out)
	}
	return nil
}

func decision(h *Hold, id queries.ID, decided []queries.HoldDecisionsOfVisitRow) error {
	for _, d := range decided {
		if d.ResultID != id {
			continue
		}
		var codes []string
		if err := json.Unmarshal([]byte(d.Codes), &codes); err != nil {
			return fmt.Errorf("codes of decision %s: %w", lab.ID(d.ID), err)
		}
		if slices.Contains(codes, h.Code) {
			h.Decision, h.By = map[string]string{"accept": "accepted", "rerun": "rerun", "new_sample": "new_sample"}[d.Decision], d.ByName
		}
	}
	return nil
}

func sourceKind(source string) string {
	if source == string(result.Manual) {
		return "hand"
	}
	return source
}

// deltaOf shows the change since the newest earlier value; whether it is over the limit is what the hold says.
func deltaOf(row Row, v queries.ResultsOfVisitRow, at time.Time) *Delta {
	if len(row.Previous) == 0 || v.Num == "" || v.Comparator != "" {
		return nil
	}
	before, now := row.Previous[0], v.Num
	old, err1 := lab.ParseDecimal(before.Value)
	cur, err2 := lab.ParseDecimal(now)
	if err1 != nil || err2 != nil {
		return nil
	}
	diff := cur.Sub(old).Round(row.Decimals)
	sign := ""
	if diff.Sign() > 0 {
		sign = "+"
	}
	d := &Delta{Text: sign + diff.String(), From: before.Value, Days: int(at.Sub(before.At) / (24 * time.Hour))}
	d.Over = slices.ContainsFunc(row.Holds, func(h Hold) bool { return h.Code == result.HoldDelta })
	return d
}

func (r *Reader) history(ctx context.Context, row *Row, t queries.OrderTestsRow) error {
	rows, err := r.q.Previous(ctx, queries.PreviousParams{PatientID: t.PatientID, TestID: t.TestID, VisitID: t.VisitID, Limit: 5})
	if err != nil {
		return fmt.Errorf("read the earlier values of a test: %w", err)
	}
	for _, p := range rows {
		row.Previous = append(row.Previous, pointOf(p))
	}
	return nil
}

func pointOf(p queries.PreviousRow) Point {
	out := Point{At: time.UnixMilli(p.AtMs).UTC(), Value: p.Value, Flag: p.Flag, Unit: catalogue.FriendlyUnit(p.Unit)}
	if p.NumReal.Valid {
		out.Num = &p.NumReal.Float64
	}
	return out
}

func (r *Reader) measure(ctx context.Context, id queries.ID) (sqlite.Measure, error) {
	if m, ok := r.measures[id]; ok {
		return m, nil
	}
	m, err := sqlite.ReadMeasure(ctx, r.tx, lab.ID(id))
	if err == nil {
		r.measures[id] = m
	}
	return m, err
}

func (r *Reader) device(ctx context.Context, id queries.ID) (string, error) {
	if id == (queries.ID{}) {
		return "", nil
	}
	if name, ok := r.devices[id]; ok {
		return name, nil
	}
	row, err := r.q.Instrument(ctx, id)
	if err != nil {
		return "", fmt.Errorf("read instrument %s: %w", lab.ID(id), err)
	}
	r.devices[id] = row.Name
	return row.Name, nil
}

func (r *Reader) person(ctx context.Context, id queries.ID) (string, error) {
	if id == (queries.ID{}) {
		return "", nil
	}
	if name, ok := r.people[id]; ok {
		return name, nil
	}
	names, err := r.q.PersonName(ctx, id)
	if err != nil {
		return "", fmt.Errorf("read the name of user %s: %w", lab.ID(id), err)
	}
	for _, n := range names {
		r.people[id] = n
	}
	return r.people[id], nil
}

// expected is the interval that a value of this test would be judged by.
func expected(m sqlite.Measure, p patient.Patient, on lab.Date) Interval {
	choice := catalogue.ChooseInterval(m.Intervals, filing.Subject(p, on))
	out := Interval{Missing: m.Test.Type.IsNumber() && !choice.Flaggable}
	if row, ok := choice.Row(); ok {
		out.Low, out.High, out.Text = show(row.Low), show(row.High), row.Text
	}
	if c, ok := catalogue.ChooseCritical(m.Criticals, filing.Subject(p, on)); ok {
		out.CritLow, out.CritHigh = show(c.Low), show(c.High)
	}
	if out.Text == "" {
		out.Text = catalogue.IntervalText(out.Low, out.High)
	}
	if out.Text == "" {
		out.Text = m.Test.Normal
	}
	return out
}

func show(d *lab.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}

// unitText is the unit as it prints.
func unitText(t catalogue.Test) string {
	return t.PrintedUnit()
}

func options(t catalogue.Test) []Option {
	var out []Option
	for i, o := range t.Options {
		opt := Option{Value: o.Text, Text: o.TextHi}
		if i < 9 {
			opt.Key = string(rune('1' + i))
		}
		out = append(out, opt)
	}
	return out
}
