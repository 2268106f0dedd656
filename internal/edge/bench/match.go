package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"jaanch/internal/edge/filing"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
	"jaanch/internal/lab/result"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// The states of an observation.
const (
	stateMatched    = "matched"
	stateInbox      = "inbox"
	stateControl    = "control"
	stateKept       = "kept"
	stateDuplicate  = "duplicate"
	stateIncomplete = "incomplete"
)

// The reasons why an observation waits for a person.
const (
	reasonUnapproved = "unapproved_instrument"
	reasonUnclear    = "unclear_sender"
	reasonUnknown    = "unknown_sample"
	reasonCheck      = "accession_check"
	reasonAmbiguous  = "ambiguous_sample"
	reasonShort      = "short_id"
	reasonReceived   = "not_received"
	reasonClosed     = "closed_sample"
	reasonOld        = "sample_too_old"
	reasonMismatch   = "patient_mismatch"
	reasonUnmapped   = "unmapped_code"
	reasonNotOrdered = "test_not_ordered"
	reasonCorrection = "correction_after_release"
	reasonRepeat     = "possible_repeat"
	reasonIncomplete = "incomplete"
	reasonUnreadable = "unreadable_value"
)

// matcher files the observations of one message.
type matcher struct {
	*intake

	device    device
	message   int64
	duplicate bool
	repeat    bool
	cut       bool
	visits    map[lab.ID]bool
	filer     *filing.Filer
	tubes     map[string][]sqlite.Tube // by the id that was sent
}

func newMatcher(s *intake) matcher {
	return matcher{intake: s, visits: map[lab.ID]bool{}, filer: filing.New(s.tx, s.b.zone), tubes: map[string][]sqlite.Tube{}}
}

// place is where an observation belongs, or why nowhere.
type place struct {
	state  string
	reason string
	test   lab.ID
	sample lab.ID
	item   queries.OrderTestRow
}

func waits(reason string) place { return place{state: stateInbox, reason: reason} }

// observation stores one row and files it where it has exactly one home.
func (f *matcher) observation(ctx context.Context, idx int, o driver.Observation, kind driver.Kind) error {
	at, err := f.placeOf(ctx, seenRow{
		sample: o.SampleID, patient: o.PatientID, code: o.MapCode, value: o.Reported, unit: o.Unit, role: string(o.Role), noValue: o.NoValue, control: kind == driver.KindQC || kind == driver.KindCalibration,
	})
	if err != nil {
		return err
	}
	row := f.row(idx, o, at)
	var g *filing.Filing
	if at.state == stateMatched {
		entry, err := f.entry(ctx, storedAs(0, row), at.test)
		if err != nil {
			return err
		}
		g, err = f.filer.Prepare(ctx, at.item, entry)
		switch {
		case lab.KindOf(err) == lab.KindInvalid:
			row.State, row.Reason = stateInbox, reasonUnreadable
		case err != nil:
			return err
		default:
			row.ResultID = queries.ID(g.ID())
		}
	}
	id, err := f.q.AddObservation(ctx, row)
	if err != nil {
		return fmt.Errorf("keep an observation: %w", err)
	}
	if at.state == stateControl && kind != driver.KindCalibration {
		return f.fileControl(ctx, storedAs(id, row))
	}
	if g == nil {
		return nil
	}
	f.visits[lab.ID(at.item.VisitID)] = true
	return f.filer.Put(ctx, g, id)
}

func (f *matcher) row(idx int, o driver.Observation, at place) queries.AddObservationParams {
	return queries.AddObservationParams{
		MessageID: f.message, Idx: int64(idx), Grp: int64(o.Group), InstrumentID: queries.ID(f.device.id), SampleText: sampleText(o), PatientText: o.PatientID,
		TestCode: o.TestCode, MapCode: o.MapCode, TestName: o.TestName, Value: o.Value, Reported: o.Reported, Num: o.ValueNum, Comparator: o.Comparator, NoValue: flagOf(o.NoValue),
		Unit: o.Unit, RangeText: o.Range, Flag: o.Flag, Status: o.Status, Timestamp: o.Timestamp, Role: string(o.Role), State: at.state, Reason: at.reason,
		TestID: queries.ID(at.test), SampleID: queries.ID(at.sample), OrderTestID: at.item.ID, AtMs: f.tx.Now().UnixMilli(),
	}
}

// storedAs is the row that AddObservation wrote.
func storedAs(id int64, p queries.AddObservationParams) queries.Observation {
	return queries.Observation{
		ID: id, MessageID: p.MessageID, Idx: p.Idx, Grp: p.Grp, InstrumentID: p.InstrumentID, SampleText: p.SampleText, PatientText: p.PatientText,
		TestCode: p.TestCode, MapCode: p.MapCode, TestName: p.TestName, Value: p.Value, Reported: p.Reported, Num: p.Num, Comparator: p.Comparator, NoValue: p.NoValue,
		Unit: p.Unit, RangeText: p.RangeText, Flag: p.Flag, Status: p.Status, Timestamp: p.Timestamp, Role: p.Role, State: p.State, Reason: p.Reason,
		TestID: p.TestID, SampleID: p.SampleID, OrderTestID: p.OrderTestID, ResultID: p.ResultID, AtMs: p.AtMs,
	}
}

// seenRow is what deciding where a row belongs needs of it.
type seenRow struct {
	sample, patient, code, value, role string
	unit                               string
	noValue, control                   bool
}

// placeOf decides where a row belongs. Nothing is guessed: a home is one sample by its exact id and one open test by the
// mapped code, and everything else says why it waits.
func (f *matcher) placeOf(ctx context.Context, o seenRow) (place, error) {
	switch {
	case f.duplicate:
		return place{state: stateDuplicate}, nil
	case o.control || o.role == string(driver.RoleControl):
		return place{state: stateControl}, nil
	case o.role != string(driver.RoleResult):
		return place{state: stateKept}, nil
	case f.cut:
		return place{state: stateIncomplete, reason: reasonIncomplete}, nil
	case f.device.unclear:
		return waits(reasonUnclear), nil
	case f.device.id.IsZero() || !f.device.approved:
		return waits(reasonUnapproved), nil
	case o.noValue:
		return place{state: stateKept, reason: "no_value"}, nil
	}
	at, sampleRow, err := f.sampleOf(ctx, o)
	if err != nil || at.reason != "" {
		return at, err
	}
	tests, err := f.codeOf(ctx, o.code)
	if err != nil {
		return at, err
	}
	if len(tests) != 1 {
		return place{state: stateInbox, reason: reasonUnmapped, sample: at.sample}, nil
	}
	at.test = lab.ID(tests[0].TestID)
	return f.itemOf(ctx, at, sampleRow, o)
}

// codeKey names what Keep holds of an analyzer's code map.
type codeKey struct {
	device lab.ID
	code   string
}

func (f *matcher) codeOf(ctx context.Context, code string) ([]queries.CodeOfRow, error) {
	return sqlite.Keep(f.tx, codeKey{f.device.id, code}, func() ([]queries.CodeOfRow, error) {
		tests, err := f.q.CodeOf(ctx, queries.CodeOfParams{InstrumentID: queries.ID(f.device.id), Code: code})
		if err != nil {
			return nil, fmt.Errorf("look for a code: %w", err)
		}
		return tests, nil
	}, "instrument_code")
}

// named gives the samples that an id stands for, looked up once for each message.
func (f *matcher) named(ctx context.Context, text string, window time.Duration) ([]sqlite.Tube, error) {
	if tubes, ok := f.tubes[text]; ok {
		return tubes, nil
	}
	tubes, err := tubesNamed(ctx, f.tx, f.device, f.b.day(f.tx.Now()), text, f.tx.Now().Add(-window))
	if err != nil {
		return nil, err
	}
	f.tubes[text] = tubes
	return tubes, nil
}

// sampleOf finds the one sample that the row names.
func (f *matcher) sampleOf(ctx context.Context, o seenRow) (place, queries.SamplesRow, error) {
	window := time.Duration(f.device.window) * 24 * time.Hour
	tubes, err := f.named(ctx, o.sample, window)
	switch {
	case err != nil:
		return place{}, queries.SamplesRow{}, err
	case len(tubes) == 0:
		return waits(unknownReason(o.sample)), queries.SamplesRow{}, nil
	case len(tubes) > 1:
		return waits(reasonAmbiguous), queries.SamplesRow{}, nil
	}
	row, err := f.filer.Sample(ctx, tubes[0])
	if err != nil {
		return place{}, row, err
	}
	at := place{state: stateInbox, sample: lab.ID(row.ID)}
	switch {
	case row.State == string(sample.Expected), row.State == string(sample.Collected):
		at.reason = reasonReceived
	case row.State != string(sample.Received) && row.State != string(sample.Stored):
		at.reason = reasonClosed
	case f.tx.Now().Sub(time.UnixMilli(row.ReceivedMs)) > window:
		at.reason = reasonOld
	default:
		at.reason, err = f.mismatch(ctx, row, o.patient)
	}
	return at, row, err
}

// tubesNamed gives the samples that an id from an analyzer names: by our number, by the tube's own barcode, else by its
// place in the analyzer's load list of the day.
func tubesNamed(ctx context.Context, tx queries.DBTX, d device, day lab.Date, text string, since time.Time) ([]sqlite.Tube, error) {
	if text == "" {
		return nil, nil
	}
	out, err := sqlite.FindTubes(ctx, tx, text, since)
	if err != nil || len(out) > 0 {
		return out, err
	}
	ids, err := queries.New(tx).LoadPlace(ctx, queries.LoadPlaceParams{InstrumentID: queries.ID(d.id), Day: day.String(), Position: text})
	if err != nil {
		return nil, fmt.Errorf("look in the load list: %w", err)
	}
	for _, id := range ids {
		out = append(out, sqlite.Tube{ID: lab.ID(id)})
	}
	return out, nil
}

// unknownReason says what is wrong with an id that no sample has.
func unknownReason(text string) string {
	_, err := sample.ParseAccession(text)
	switch {
	case err == nil:
		return reasonUnknown
	case len(text) == sample.AccessionLength:
		return reasonCheck
	case len(text) > 0 && len(text) < sample.BarcodeMin:
		return reasonShort
	default:
		return reasonUnknown
	}
}

// mismatch catches a message that names another patient of ours than the sample's.
func (f *matcher) mismatch(ctx context.Context, row queries.SamplesRow, named string) (string, error) {
	mrn, err := patient.ParseMRN(named)
	if err != nil {
		return "", nil //nolint:nilerr // no number of ours
	}
	v, err := f.q.Visit(ctx, row.VisitID)
	if err != nil {
		return "", fmt.Errorf("read visit %s: %w", lab.ID(row.VisitID), err)
	}
	p, err := sqlite.ReadPerson(ctx, f.tx, lab.ID(v.PatientID))
	if err != nil {
		return "", err
	}
	if p.MRN != mrn {
		return reasonMismatch, nil
	}
	return "", nil
}

// itemOf finds the one open test on the sample.
func (f *matcher) itemOf(ctx context.Context, at place, row queries.SamplesRow, o seenRow) (place, error) {
	c, err := f.filer.Chart(ctx, lab.ID(row.VisitID))
	if err != nil {
		return at, err
	}
	i := slices.IndexFunc(c.Tests, func(t queries.OrderTestsRow) bool {
		return t.SampleID == row.ID && lab.ID(t.TestID) == at.test && t.Cancelled == 0
	})
	if i < 0 {
		at.reason = reasonNotOrdered
		return at, nil
	}
	at.item = queries.OrderTestRow(c.Tests[i])
	if f.repeat {
		at.reason = reasonRepeat
		return at, nil
	}
	return against(c, at, o, f.message), nil
}

// against decides beside the value that stands there already. One that came in the same message is no earlier value: the
// analyzer measured twice, and a person says whether the second is a rerun, also where both are equal.
func against(c *sqlite.Chart, at place, o seenRow, message int64) place {
	values := c.ResultsOf(at.item.ID)
	if len(values) == 0 || values[0].Source == string(result.Calculated) || at.item.RerunMs > values[0].EnteredMs {
		at.state = stateMatched
		return at
	}
	replicate := message != 0 && values[0].Message == message
	same := !replicate && strings.TrimSpace(values[0].Raw) == strings.TrimSpace(o.value) && !filing.UnitDiffers(values[0].SourceUnit, o.unit)
	switch state := at.item.State; {
	case same:
		at.state, at.reason = stateKept, "same_value"
	case state == string(result.Released), state == string(result.Verified), at.item.Level > 0:
		at.reason = reasonCorrection
	default:
		at.reason = reasonRepeat
	}
	return at
}

// file puts a stored observation on its test.
func (f *matcher) file(ctx context.Context, o queries.Observation, at place) error {
	entry, err := f.entry(ctx, o, at.test)
	if err != nil {
		return err
	}
	id, err := f.filer.File(ctx, at.item, entry)
	if lab.KindOf(err) == lab.KindInvalid {
		return f.mark(ctx, o.ID, place{state: stateInbox, reason: reasonUnreadable, test: at.test, sample: at.sample, item: at.item}, lab.ID{})
	}
	if err != nil {
		return err
	}
	f.visits[lab.ID(at.item.VisitID)] = true
	return f.mark(ctx, o.ID, at, id)
}

func (f *matcher) mark(ctx context.Context, id int64, at place, filed lab.ID) error {
	err := f.q.FileObservation(ctx, queries.FileObservationParams{
		State: at.state, Reason: at.reason, TestID: queries.ID(at.test), SampleID: queries.ID(at.sample), OrderTestID: at.item.ID, ResultID: queries.ID(filed), ID: id,
	})
	if err != nil {
		return fmt.Errorf("mark observation %d: %w", id, err)
	}
	return nil
}

// settle derives what follows from the filed values.
func (f *matcher) settle(ctx context.Context) error {
	for visit := range f.visits {
		if err := f.filer.Settle(ctx, visit); err != nil {
			return err
		}
	}
	return nil
}

// entry is what an observation reports, to be filed on a test: the number as the profile reads it, the text exactly as sent.
// Where the value only says that the result stands in the flag, the flag is filed. What the lab declared for the unit goes
// with it, where the code means this very test, and what quality control has against it.
func (f *matcher) entry(ctx context.Context, o queries.Observation, test lab.ID) (filing.Entry, error) {
	e := entryOf(o, f.b.zone)
	var err error
	if e.Holds, err = f.controlHolds(ctx, test); err != nil {
		return e, err
	}
	mapped, err := f.codeOf(ctx, o.MapCode)
	if err != nil || len(mapped) != 1 || lab.ID(mapped[0].TestID) != test {
		return e, err
	}
	e.Convert, err = declared(mapped[0])
	return e, err
}

func entryOf(o queries.Observation, zone *time.Location) filing.Entry {
	e := filing.Entry{
		Text: o.Reported, Raw: o.Reported, Source: result.Analyzer, Unit: o.Unit, Flag: o.Flag, Instrument: lab.ID(o.InstrumentID), Message: o.MessageID, Observation: o.ID,
		Measured: measuredAt(o.Timestamp, zone),
	}
	if o.Num != "" {
		e.Text = o.Comparator + o.Num
	}
	return e
}

// measuredAt reads an analyzer's digits as its local time; the zero time where they are none.
func measuredAt(digits string, zone *time.Location) time.Time {
	for _, layout := range []string{"20060102150405", "200601021504", "20060102"} {
		if len(digits) < len(layout) {
			continue
		}
		if t, err := time.ParseInLocation(layout, digits[:len(layout)], zone); err == nil {
			return t
		}
	}
	return time.Time{}
}
