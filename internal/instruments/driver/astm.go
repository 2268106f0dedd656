package driver

import (
	"bytes"
	"crypto/sha256"
	"strings"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/charset"
	"jaanch/internal/instruments/profile"
)

// ASTM is the driver of all E1394 instruments.
type ASTM struct {
	profiles *profile.Set
	fixed    *profile.Profile // nil: found from each message
}

var _ Decoder = (*ASTM)(nil)

// NewASTM makes the driver. fixed is the profile of a configured instrument, nil to find it from the bytes.
func NewASTM(profiles *profile.Set, fixed *profile.Profile) *ASTM {
	return &ASTM{profiles: profiles, fixed: fixed}
}

// Decode reads records without frames.
func (d *ASTM) Decode(payload []byte) []Message {
	text, known := charset.Text(payload, d.charset())
	parsed := astm.Parse(text)
	out := make([]Message, 0, len(parsed))
	for i := range parsed {
		p := d.fixed
		if p == nil {
			p = d.profiles.DetectASTM(&parsed[i])
		}
		m := decodeASTM(&parsed[i], p)
		shift(&m, i)
		if !known {
			m.Warnings = append(m.Warnings, Warning{Code: string(astm.UndeclaredCharset), Where: "H-1"})
		}
		out = append(out, m)
	}
	return out
}

func (d *ASTM) charset() string {
	if d.fixed != nil {
		return d.fixed.Charset
	}
	if p, ok := d.profiles.Get(profile.GenericASTM); ok {
		return p.Charset
	}
	return ""
}

// astmRow is the record at hand and those above it.
type astmRow struct {
	h, p, o, r, q *astm.Record
}

func (w *astmRow) record(segment string) *astm.Record {
	switch segment {
	case "H":
		return w.h
	case "P":
		return w.p
	case "O":
		return w.o
	case "R":
		return w.r
	case "Q":
		return w.q
	}
	return nil
}

func (w *astmRow) field(at profile.Place) (field, bool) {
	rec := w.record(at.Segment)
	if rec == nil {
		return nil, false
	}
	return profile.ASTMField(rec, at), true
}

func (w *astmRow) raw(at profile.Place) string {
	if rec := w.record(at.Segment); rec != nil {
		return clip(profile.ASTMField(rec, at).Raw)
	}
	return ""
}

// astmReader turns one message into its normal form.
type astmReader struct {
	p       *profile.Profile
	row     astmRow
	out     Message
	group   int
	notes   []Comment // of the group, before its first result
	answers int       // O records
	reports int       // O records that say that something was done or can't be
}

func decodeASTM(m *astm.Message, p *profile.Profile) Message {
	rd := astmReader{p: p, group: -1}
	rd.out = Message{Protocol: profile.ASTM, Profile: p.ID, Ended: m.Ended, Digest: digestASTM(m)}
	for _, n := range m.Notes {
		where := "?"
		if n.Record >= 0 && n.Record < len(m.Records) && m.Records[n.Record].Type != 0 {
			where = string(m.Records[n.Record].Type) + "-1"
		}
		rd.out.Warnings = append(rd.out.Warnings, Warning{Code: string(n.Leniency), Where: where, Row: n.Record})
	}
	for i := range m.Records {
		rd.record(&m.Records[i], i)
	}
	rd.close()
	return rd.out
}

func (rd *astmReader) record(r *astm.Record, i int) {
	switch r.Type {
	case 'H':
		rd.row = astmRow{h: r}
		rd.header(r)
	case 'P':
		rd.row = astmRow{h: rd.row.h, p: r}
		rd.notes = nil
	case 'O':
		rd.row = astmRow{h: rd.row.h, p: rd.row.p, o: r}
		rd.group, rd.notes = i, nil
		rd.order(r)
		rd.refuse()
	case 'R':
		rd.row.r = r
		rd.result(r, i)
	case 'Q':
		rd.row.q = r
		rd.query(r)
	case 'C':
		rd.comment(r)
	case 'M':
		rd.plot(r)
	}
}

func (rd *astmReader) header(r *astm.Record) {
	rd.out.Sender = senderOf(&rd.row, rd.p, r.Field(5).Text())
	rd.out.ControlID = r.Field(3).Text()
	rd.out.Type = r.Field(11).Text()
	rd.out.Version = r.Field(13).Text()
	rd.out.SentAt = r.Field(14).Text()
}

func (rd *astmReader) result(r *astm.Record, i int) {
	w, p := &rd.row, rd.p
	o := Observation{
		Group: rd.group, Row: i,
		TestCode: codeOf(w, p.TestCode),
		Value:    astmValue(w, p.Value),
		Unit:     wholeText(w, p.Unit),
		Range:    wholeText(w, p.Range),
		Flag:     wholeText(w, p.Flag),
		Status:   wholeText(w, p.Status),
		Operator: wholeText(w, p.Operator),
	}
	var sample, when profile.Place
	o.SampleID, sample = find(w, p.Sample)
	o.Timestamp, when = find(w, p.Time)
	o.Timed = o.Timestamp != ""
	o.PatientID, _ = find(w, p.Patient)
	o.TestName, _ = find(w, p.TestName)
	o.LOINC, _ = find(w, p.LOINC)
	o.Aspect, _ = find(w, p.Aspect.At)
	o.Specimen, _ = find(w, p.Specimen)
	o.Comments = append(o.Comments, rd.notes...)
	o.Raw = RawFields{
		Record: clip(r.Raw), Sample: w.raw(sample), Code: clip(r.Field(3).Raw), Value: clip(r.Field(4).Raw),
		Unit: clip(r.Field(5).Raw), Flag: clip(r.Field(7).Raw), Time: w.raw(when),
	}
	for _, n := range [...]int{3, 4, 5, 6, 7} {
		if _, malformed := r.Field(n).Decode(); malformed {
			o.Warnings = append(o.Warnings, Warning{
				Code: string(astm.MalformedEscape), Where: profile.Place{Segment: "R", Field: n}.String(), Row: i,
			})
		}
	}
	if rd.group < 0 {
		o.Warnings = append(o.Warnings, Warning{Code: "result_without_order", Where: "R-1", Row: i})
	}
	settle(w, p, &o)
	rd.out.Observations = append(rd.out.Observations, o)
}

func (rd *astmReader) comment(r *astm.Record) {
	text := r.Field(4)
	c := Comment{Source: r.Field(3).Text(), Text: text.Text(), Type: r.Field(5).Text()}
	if text.Components() > 1 {
		c.Code = text.Component(1).Text()
	}
	if rd.row.r == nil {
		rd.notes = append(rd.notes, c)
		rd.refusalReason(c.Text)
		return
	}
	last := &rd.out.Observations[len(rd.out.Observations)-1]
	last.Comments = append(last.Comments, c)
}

// order keeps an O record as an order; whether the message is one is decided when it has ended.
func (rd *astmReader) order(r *astm.Record) {
	rd.answers++
	switch r.Field(26).Text() {
	case "F", "C", "P", "X", "I", "Y", "Z":
		rd.reports++
	}
	o := Order{Action: r.Field(12).Text(), Priority: r.Field(6).Component(1).Text()}
	o.SampleID, _ = find(&rd.row, rd.p.Sample)
	for test := range r.Field(5).EachRepeat() {
		if code := orderCode(test, rd.p.OrderCode); code != "" {
			o.Tests = append(o.Tests, code)
		}
	}
	rd.out.Orders = append(rd.out.Orders, o)
}

func (rd *astmReader) query(r *astm.Record) {
	q := Query{Name: rd.out.Type, Cancel: holds(&rd.row, &Observation{}, rd.p.Query.Cancel)}
	q.origin.profile = rd.p
	q.origin.delimiters = r.Delimiters()
	q.origin.record = string(r.Raw)
	if rd.row.h != nil {
		q.origin.header = string(rd.row.h.Raw)
	}
	for one := range r.Field(3).EachRepeat() {
		if one.Empty() {
			continue
		}
		id := askedID(one, rd.p.Query.Sample)
		if strings.EqualFold(id, "ALL") {
			q.All = true
		}
		q.SampleIDs, q.Asked = append(q.SampleIDs, id), append(q.Asked, id)
		q.origin.asked = append(q.origin.asked, string(one.Raw))
	}
	if q.All {
		q.SampleIDs = nil
	}
	for test := range r.Field(5).EachRepeat() {
		code := test.Component(4).Text()
		if code == "" {
			code = firstFilled(test)
		}
		if code != "" && !strings.EqualFold(code, "ALL") {
			q.Tests = append(q.Tests, code)
		}
	}
	rd.out.Queries = append(rd.out.Queries, q)
}

// askedID gives the sample id of one repeat of Q-3.
func askedID(one astm.Field, sources []profile.Source) string {
	for _, s := range sources {
		if one.Components() < s.MinComponents {
			continue
		}
		if id := one.Component(max(s.At.Component, 1)).Text(); id != "" || s.MinComponents > 0 {
			return id
		}
	}
	return ""
}

// close decides what the message is about.
func (rd *astmReader) close() {
	out := &rd.out
	switch {
	case len(out.Observations) > 0:
		out.Kind, out.Orders = KindResult, nil
	case len(out.Queries) > 0:
		out.Kind, out.Orders = KindQuery, nil
	case rd.answers > rd.reports:
		out.Kind = KindOrder
	default:
		out.Kind = KindOther
	}
	if rd.row.h != nil {
		if kind, ok := kindOverride(&rd.row, rd.p); ok {
			out.Kind = kind
		}
	}
	finish(out)
}

// codeOf gives the test code by the first rule that makes one.
func codeOf(w *astmRow, rules []profile.Code) string {
	for _, rule := range rules {
		rec := w.record(rule.Field.Segment)
		if rec == nil {
			continue
		}
		if code := makeCode(rec.Field(rule.Field.Field), rule); code != "" {
			return code
		}
	}
	return ""
}

// orderCode is codeOf for one repeat of a list of tests.
func orderCode(one astm.Field, rules []profile.Code) string {
	for _, rule := range rules {
		if code := makeCode(one, rule); code != "" {
			return code
		}
	}
	return ""
}

func makeCode(f astm.Field, rule profile.Code) string {
	var code string
	if rule.FirstOf {
		code = firstFilled(f)
	} else {
		parts := make([]string, len(rule.Components))
		for i, n := range rule.Components {
			parts[i] = f.Component(n).Text()
		}
		code = strings.TrimRight(strings.Join(parts, "^"), "^")
	}
	return refine(code, rule)
}

// refine applies what a rule says about the text that its components gave.
func refine(code string, rule profile.Code) string {
	if rule.Cut != "" {
		code, _, _ = strings.Cut(code, rule.Cut)
		code = strings.TrimSpace(code)
	}
	if rule.Pattern != nil {
		code, _ = rule.Pattern.First(code)
	}
	return code
}

func firstFilled(f astm.Field) string {
	for c := range f.EachComponent() {
		if text := c.Text(); text != "" {
			return text
		}
	}
	return ""
}

// astmValue reads the value: the whole field without empty components at its ends, or one of its components.
func astmValue(w *astmRow, rule profile.Value) string {
	rec := w.record(rule.At.Segment)
	if rec == nil {
		return ""
	}
	f := profile.ASTMField(rec, rule.At)
	d := rec.Delimiters()
	cut := f.Cut(cutEnds(f.Raw, d.Component))
	switch rule.Take {
	case "first":
		return cut.Component(1).Text()
	case "last":
		return cut.Component(cut.Components()).Text()
	default:
		return cut.Text()
	}
}

// cutEnds cuts blanks and empty components at both ends.
func cutEnds(raw []byte, component byte) []byte {
	if component == 0 {
		return bytes.TrimSpace(raw)
	}
	return bytes.Trim(raw, " \t"+string(rune(component)))
}

// digestASTM is the digest of a message that does not change when it is sent again: H-3 and H-14 are left out.
func digestASTM(m *astm.Message) [32]byte {
	h := sha256.New()
	for i := range m.Records {
		r := &m.Records[i]
		if r.Type != 'H' {
			h.Write(r.Raw)
			h.Write([]byte{'\r'})
			continue
		}
		for n := 1; n <= r.Fields(); n++ {
			if n != 3 && n != 14 {
				h.Write(r.Field(n).Raw)
			}
			h.Write([]byte{r.Delimiters().Field})
		}
		h.Write([]byte{'\r'})
	}
	return [32]byte(h.Sum(nil))
}
