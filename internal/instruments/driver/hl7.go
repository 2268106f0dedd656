package driver

import (
	"crypto/sha256"
	"strings"

	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
)

// HL7 is the driver of all HL7 v2 instruments.
type HL7 struct {
	profiles *profile.Set
	fixed    *profile.Profile // nil: found from each message
}

var _ Decoder = (*HL7)(nil)

// NewHL7 makes the driver. fixed is the profile of a configured instrument, nil to find it from the bytes.
func NewHL7(profiles *profile.Set, fixed *profile.Profile) *HL7 {
	return &HL7{profiles: profiles, fixed: fixed}
}

// Decode reads the payload of one block: one message, or the messages of a batch that came in one block.
func (d *HL7) Decode(payload []byte) []Message {
	var out []Message
	for _, one := range hl7.Batch(payload) {
		m, p := d.parse(one)
		if len(m.Segments) == 0 {
			continue
		}
		out = append(out, decodeHL7(m, p))
		shift(&out[len(out)-1], len(out)-1)
	}
	return out
}

func (d *HL7) parse(payload []byte) (*hl7.Message, *profile.Profile) {
	fallback := ""
	if d.fixed != nil {
		fallback = d.fixed.Charset
	} else if p, ok := d.profiles.Get(profile.GenericHL7); ok {
		fallback = p.Charset
	}
	m := hl7.Parse(payload, fallback)
	if d.fixed != nil {
		return m, d.fixed
	}
	return m, d.profiles.DetectHL7(m)
}

// Ack makes the acknowledgement of a message as its instrument wants it.
func (d *HL7) Ack(payload []byte, code hl7.Code, r hl7.Reply) []byte {
	m, p := d.parse(payload)
	if r.Text == "" && code == hl7.AA {
		r.Text = p.Ack.Text
	}
	r.Extra = p.Ack.Extra
	return hl7.Ack(m, code, r)
}

// hl7Row is the segment at hand and those that it belongs to.
type hl7Row struct{ current map[string]*hl7.Segment }

func (w *hl7Row) field(at profile.Place) (field, bool) {
	g := w.current[at.Segment]
	if g == nil {
		return nil, false
	}
	return profile.HL7Field(g, at), true
}

func (w *hl7Row) raw(at profile.Place) string {
	if g := w.current[at.Segment]; g != nil {
		return clip(profile.HL7Field(g, at).Raw)
	}
	return ""
}

// drop forgets the segments of a level that has ended.
func (w *hl7Row) drop(names ...string) {
	for _, n := range names {
		delete(w.current, n)
	}
}

type hl7Reader struct {
	m     *hl7.Message
	p     *profile.Profile
	row   hl7Row
	out   Message
	group int
	rows  int // observations of the group so far
	notes []Comment
	// late tells that specimens follow their order (ORU, OML^O21) instead of leading it (OUL, OML^O33).
	late bool
}

func decodeHL7(m *hl7.Message, p *profile.Profile) Message {
	rd := hl7Reader{m: m, p: p, group: -1, row: hl7Row{current: map[string]*hl7.Segment{}}}
	rd.out = Message{Protocol: profile.HL7, Profile: p.ID, Ended: true, Digest: digestHL7(m)}
	for _, n := range m.Notes {
		rd.out.Warnings = append(rd.out.Warnings, Warning{Code: string(n.Leniency), Where: segmentName(m, n.Segment), Row: n.Segment})
	}
	rd.late = specimensFollow(m)
	for i := range m.Segments {
		rd.segment(&m.Segments[i], i)
	}
	rd.endGroup()
	rd.close()
	rd.out.Refusals = refusalsHL7(m, p)
	return rd.out
}

func segmentName(m *hl7.Message, i int) string {
	if i < 0 || i >= len(m.Segments) || len(m.Segments[i].Name) != 3 {
		return "?"
	}
	return m.Segments[i].Name
}

// specimensFollow tells whether the first order stands before the first specimen.
func specimensFollow(m *hl7.Message) bool {
	for i := range m.Segments {
		switch m.Segments[i].Name {
		case segOBR:
			return true
		case segSPM, segSAC:
			return false
		}
	}
	return false
}

func (rd *hl7Reader) segment(g *hl7.Segment, i int) {
	w := &rd.row
	switch g.Name {
	case segMSH:
		w.current[segMSH] = g
		rd.header(g)
	case segPID:
		rd.endGroup()
		w.drop(segPV1, segSPM, segSAC, segORC, segOBR, segOBX)
		w.current[segPID] = g
	case segSPM:
		if !rd.late {
			rd.endGroup()
			w.drop(segSAC, segORC, segOBR, segOBX)
		}
		w.current[segSPM] = g
	case segORC:
		w.current[segORC] = g
		rd.orderControl(g)
	case segOBR:
		rd.begin(g, i)
	case segOBX:
		w.current[segOBX] = g
		rd.result(g, i)
	case segNTE:
		rd.note(g)
	case segQPD, segQRD:
		w.current[g.Name] = g
		rd.query(g)
	default:
		w.current[g.Name] = g
	}
}

func (rd *hl7Reader) header(g *hl7.Segment) {
	out := &rd.out
	out.Type, out.Version = g.Field(9).Text(), g.Field(12).Component(1).Text()
	out.ControlID, out.SentAt = g.Field(10).Component(1).Text(), g.Field(7).Component(1).Text()
	out.Sender = senderOf(&rd.row, rd.p, g.Field(3).Text()+"|"+g.Field(4).Text())
	if out.Sender.Vendor == "" {
		out.Sender.Vendor = g.Field(4).Component(1).Text()
	}
}

// begin opens the group of an OBR. Where specimens follow their order, the one of this order is looked up now.
func (rd *hl7Reader) begin(g *hl7.Segment, i int) {
	rd.endGroup()
	w := &rd.row
	w.drop(segOBX)
	if rd.late {
		w.drop(segSPM, segSAC)
		for j := i + 1; j < len(rd.m.Segments); j++ {
			name := rd.m.Segments[j].Name
			if name == segOBR || name == segPID {
				break
			}
			if name == segSPM || name == segSAC {
				if w.current[name] == nil {
					w.current[name] = &rd.m.Segments[j]
				}
			}
		}
	}
	w.current[segOBR] = g
	rd.group, rd.rows, rd.notes = i, 0, nil
	rd.order(g)
}

// endGroup writes the one row of a control result that stands in its OBR with no OBX.
func (rd *hl7Reader) endGroup() {
	c := rd.p.ControlRow
	if rd.group < 0 || rd.rows > 0 || c == nil || !allHold(&rd.row, &Observation{}, c.When) {
		rd.group = -1
		return
	}
	w := &rd.row
	text := func(at profile.Place) string {
		if at.IsZero() {
			return ""
		}
		f, ok := w.field(at)
		if !ok {
			return ""
		}
		return f.Text()
	}
	o := Observation{
		Group: rd.group, Row: rd.group,
		TestCode: text(c.TestCode), TestName: text(c.TestName), Value: text(c.Value), Unit: text(c.Unit),
		Timestamp: text(c.Time),
		Control: &Control{
			Material: text(c.Material), Lot: text(c.Lot), Expiry: text(c.Expiry), Level: text(c.Level),
			Mean: text(c.Mean), SD: text(c.SD),
		},
		Comments: rd.notes,
		Raw:      RawFields{Code: w.raw(c.TestCode), Value: w.raw(c.Value), Record: clip(w.current[segOBR].Raw)},
	}
	settle(w, rd.p, &o)
	rd.out.Observations = append(rd.out.Observations, o)
	rd.group = -1
}

func (rd *hl7Reader) result(g *hl7.Segment, i int) {
	w, p := &rd.row, rd.p
	rd.rows++
	o := Observation{
		Group: rd.group, Row: i,
		TestCode: hl7Code(w, p.TestCode),
		Unit:     hl7Unit(w, p.Unit),
		Range:    wholeText(w, p.Range),
		Flag:     wholeText(w, p.Flag),
		Status:   wholeText(w, p.Status),
		SubID:    g.Field(4).Text(),
	}
	var sample, when profile.Place
	o.SampleID, sample = find(w, p.Sample)
	o.Timestamp, when = find(w, p.Time)
	o.Timed = o.Timestamp != ""
	o.PatientID, _ = find(w, p.Patient)
	o.TestName, _ = find(w, p.TestName)
	o.Aspect, _ = find(w, p.Aspect.At)
	o.Specimen, _ = find(w, p.Specimen)
	o.Operator, _ = find(w, p.Operator)
	if f := g.Field(3); f.Component(3).Text() == "LN" {
		o.LOINC = f.Component(1).Text()
	}
	value := g.Field(5)
	if g.Field(2).Text() == "ED" {
		o.Attachment = attachment(value)
	} else {
		o.Value = value.Cut(cutEnds(value.Raw, rd.m.Separators.Component)).Text()
	}
	o.Comments = append(o.Comments, rd.notes...)
	o.Raw = RawFields{
		Record: clip(g.Raw), Sample: w.raw(sample), Code: clip(g.Field(3).Raw), Value: clip(value.Raw),
		Unit: clip(g.Field(6).Raw), Flag: clip(g.Field(8).Raw), Time: w.raw(when),
	}
	for _, n := range [...]int{3, 5, 6, 8} {
		if n == 5 && o.Attachment != nil {
			continue
		}
		if _, malformed := g.Field(n).Decode(); malformed {
			o.Warnings = append(o.Warnings, Warning{
				Code: string(hl7.MalformedEscape), Where: profile.Place{Segment: segOBX, Field: n}.String(), Row: i,
			})
		}
	}
	settle(w, p, &o)
	if o.Attachment != nil && len(o.Attachment.Data) > 0 {
		rd.out.Plots = append(rd.out.Plots, plotOf(&o))
	}
	rd.out.Observations = append(rd.out.Observations, o)
}

func (rd *hl7Reader) note(g *hl7.Segment) {
	code := ""
	text := g.Field(3)
	if text.Components() > 1 {
		code = text.Component(1).Text()
	}
	c := Comment{Source: g.Field(2).Text(), Code: code, Text: text.Text(), Type: g.Field(4).Text()}
	if rd.rows == 0 || len(rd.out.Observations) == 0 {
		if rd.group >= 0 {
			rd.notes = append(rd.notes, c)
		}
		return
	}
	last := &rd.out.Observations[len(rd.out.Observations)-1]
	last.Comments = append(last.Comments, c)
}

// orderControl takes an ORC; RF in an order message is an analyzer's query.
func (rd *hl7Reader) orderControl(g *hl7.Segment) {
	if code, _ := rd.m.Type(); code != msgORM || g.Field(1).Text() != "RF" {
		return
	}
	q := rd.newQuery(g)
	q.Name = msgORM
	q.addID(g.Field(3).Component(1).Text())
	rd.out.Queries = append(rd.out.Queries, q)
}

func (rd *hl7Reader) query(g *hl7.Segment) {
	q := rd.newQuery(g)
	asked, _ := find(&rd.row, rd.p.Query.Sample)
	if g.Name == segQPD {
		q.Name, q.Tag = g.Field(1).Text(), g.Field(2).Text()
		q.All = strings.Contains(g.Field(1).Component(1).Text(), "_ALL")
	} else {
		q.Name, q.Tag = "QRY", g.Field(4).Text()
		q.All = strings.EqualFold(asked, "ALL")
	}
	q.addID(asked)
	rd.out.Queries = append(rd.out.Queries, q)
}

func (q *Query) addID(id string) {
	if id == "" {
		return
	}
	q.origin.asked, q.Asked = append(q.origin.asked, id), append(q.Asked, id)
	if !q.All {
		q.SampleIDs = append(q.SampleIDs, id)
	}
}

func (rd *hl7Reader) newQuery(g *hl7.Segment) Query {
	var q Query
	q.origin.profile, q.origin.message = rd.p, rd.m
	q.origin.record, q.origin.segment = string(g.Raw), g.Name
	return q
}

// order keeps an OBR as an order; whether the message is one is decided at its end.
func (rd *hl7Reader) order(g *hl7.Segment) {
	o := Order{PlacerID: g.Field(2).Component(1).Text(), Priority: g.Field(27).Component(6).Text()}
	if o.Priority == "" {
		o.Priority = g.Field(5).Text()
	}
	if orc := rd.row.current[segORC]; orc != nil {
		o.Action = orc.Field(1).Text()
		if o.PlacerID == "" {
			o.PlacerID = orc.Field(2).Component(1).Text()
		}
	}
	o.SampleID, _ = find(&rd.row, rd.p.Sample)
	if code := hl7Code(&rd.row, rd.p.OrderCode); code != "" {
		o.Tests = []string{code}
	}
	rd.out.Orders = append(rd.out.Orders, o)
}

// close decides what the message is about: its type says what may be in it, its segments what is.
func (rd *hl7Reader) close() {
	out := &rd.out
	code, _ := rd.m.Type()
	switch code {
	case msgORM, "OML", "OMG", "OMI":
		out.Kind = KindOrder
	case "ACK", "ORR", "ORL", "QCK", "RSP", "DSR", "ADR", "RSB", "ADT", "ORF":
		out.Kind = KindOther
	default:
		out.Kind = KindOther
		if len(out.Observations) > 0 {
			out.Kind = KindResult
		}
	}
	switch {
	case len(out.Queries) > 0 && out.Kind != KindResult:
		out.Kind = KindQuery
	case out.Kind == KindOrder && len(out.Orders) == 0:
		out.Kind = KindOther
	}
	if out.Kind != KindOrder {
		out.Orders = nil
	}
	if out.Kind != KindQuery {
		out.Queries = nil
	}
	if kind, ok := kindOverride(&rd.row, rd.p); ok && out.Kind == KindResult {
		out.Kind = kind
	}
	finish(out)
}

func hl7Code(w *hl7Row, rules []profile.Code) string {
	for _, rule := range rules {
		g := w.current[rule.Field.Segment]
		if g == nil {
			continue
		}
		f := g.Field(rule.Field.Field)
		parts := make([]string, len(rule.Components))
		for i, n := range rule.Components {
			if parts[i] = f.Component(n).Text(); parts[i] == null {
				parts[i] = ""
			}
		}
		if code := refine(strings.TrimRight(strings.Join(parts, "^"), "^"), rule); code != "" {
			return code
		}
	}
	return ""
}

// hl7Unit is the first component that holds a unit; a coding system alone is none.
func hl7Unit(w *hl7Row, sources []profile.Source) string {
	text, _ := find(w, sources)
	return text
}

// digestHL7 is the digest of a message that does not change when it is sent again: MSH-7 and MSH-10 are left out.
func digestHL7(m *hl7.Message) [32]byte {
	h := sha256.New()
	for i := range m.Segments {
		g := &m.Segments[i]
		if g.Name != segMSH {
			h.Write(g.Raw)
			h.Write([]byte{'\r'})
			continue
		}
		for n := 1; n <= g.Fields(); n++ {
			if n != 7 && n != 10 {
				h.Write(g.Field(n).Raw)
			}
			h.Write([]byte{'|'})
		}
		h.Write([]byte{'\r'})
	}
	return [32]byte(h.Sum(nil))
}
