package driver

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/instruments/charset"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/lab"
)

var (
	_ Answerer   = (*HL7)(nil)
	_ Downloader = (*HL7)(nil)
)

func errNotAQuery() error {
	return lab.Invalid("query_unknown", "This message is not a query that can be answered.")
}

// Answer makes the response to a query and, where the protocol wants them apart, the orders that follow it.
func (d *HL7) Answer(q Query, a Answer) (Reply, error) {
	p, m := q.origin.profile, q.origin.message
	if d.fixed != nil {
		p = d.fixed
	}
	if p == nil || m == nil {
		return Reply{}, errNotAQuery()
	}
	a.Samples = slices.Clone(a.Samples)
	for i := range a.Samples {
		a.Samples[i].Tests = orderable(p, a.Samples[i].Tests)
	}
	out, ok := respond(q, a, m, p)
	if !ok {
		return Reply{}, errNotAQuery()
	}
	out.Response = charset.Encode(string(out.Response), m.Charset)
	for i := range out.Follow {
		out.Follow[i].Payload = charset.Encode(string(out.Follow[i].Payload), m.Charset)
	}
	return out, nil
}

// respond picks the shape of the response by what the query holds. A patient query (QRY^A19) is not ours to answer: the
// node gives analyzers work, not patients.
func respond(q Query, a Answer, m *hl7.Message, p *profile.Profile) (Reply, bool) {
	if _, event := m.Type(); event == "A19" {
		return Reply{}, false
	}
	switch q.origin.segment {
	case segQPD:
		return answerWorkOrder(q, a, m, p), true
	case segQRD:
		return answerDisplay(a, m, p), true
	case segORC:
		return answerOrderRequest(a, m, p), true
	}
	return Reply{}, false
}

func anyFound(a Answer) bool {
	for _, s := range a.Samples {
		if s.Found {
			return true
		}
	}
	return false
}

// controlID gives the id of the nth message that follows a response.
func controlID(base string, n int) string {
	if n == 0 {
		return base
	}
	return base + "-" + strconv.Itoa(n+1)
}

// answerDisplay answers QRY^Q02 by QCK^Q02 and, for each sample found, a DSR^Q03 whose DSP lines stand at fixed places.
func answerDisplay(a Answer, m *hl7.Message, p *profile.Profile) Reply {
	status := "NF"
	if anyFound(a) {
		status = "OK"
	}
	r := hl7.Reply{At: a.At, Text: p.Ack.Text, Extra: p.Ack.Extra}
	w := hl7.NewWriter(m.Separators)
	hl7.AckHeader(w, m, r, []string{"QCK", "Q02"})
	hl7.MSA(w, m, hl7.AA, r)
	w.Whole("ERR", "0", "")
	w.Whole("QAK", "SR", status, "")
	out := Reply{Response: w.Bytes()}
	for _, s := range a.Samples {
		if !s.Found {
			continue
		}
		id := controlID(a.ControlID, len(out.Follow))
		r.ControlID = id
		w := hl7.NewWriter(m.Separators)
		hl7.AckHeader(w, m, r, []string{"DSR", "Q03"})
		hl7.MSA(w, m, hl7.AA, r)
		w.Whole("ERR", "0", "")
		w.Whole("QAK", "SR", "OK", "")
		for i := range m.Segments {
			if name := m.Segments[i].Name; name == segQRD || name == "QRF" {
				w.Raw(string(m.Segments[i].Raw))
			}
		}
		writeDisplay(w, s, p, m.Separators)
		w.Whole("DSC", "", "")
		out.Follow = append(out.Follow, Outgoing{Payload: w.Bytes(), ControlID: id})
	}
	return out
}

// Lines of a DSR^Q03, as the Mindray BS family numbers them.
const (
	dspPatient  = 1
	dspName     = 3
	dspBirth    = 4
	dspSex      = 5
	dspBarcode  = 21
	dspSample   = 22
	dspTime     = 23
	dspStat     = 24
	dspSpecimen = 26
	dspTests    = 29
)

func writeDisplay(w *hl7.Writer, s SampleAnswer, p *profile.Profile, m hl7.Separators) {
	lines := make([]string, dspTests, dspTests+len(s.Tests))
	lines[dspPatient], lines[dspName] = w.Text(s.Patient.ID), w.Text(s.Patient.Name)
	if s.Patient.Birth != "" {
		lines[dspBirth] = w.Text(s.Patient.Birth) + "000000"
	}
	lines[dspSex] = "O"
	if s.Patient.Sex == "M" || s.Patient.Sex == "F" {
		lines[dspSex] = s.Patient.Sex
	}
	lines[dspBarcode], lines[dspSample] = w.Text(s.SampleID), w.Text(s.OrderID)
	lines[dspTime], lines[dspStat] = hl7.Timestamp(s.Ordered), "N"
	if s.Priority == Stat {
		lines[dspStat] = "Y"
	}
	lines[dspSpecimen] = w.Text(s.Specimen)
	if s.Specimen == "" {
		lines[dspSpecimen] = w.Text(p.Answer.Material)
	}
	blank := strings.Repeat(string(rune(m.Component)), 3) // name, unit and range, which the analyzer knows
	for _, code := range s.Tests {
		lines = append(lines, w.Text(code)+blank)
	}
	for i, text := range lines[1:] {
		w.Whole("DSP", strconv.Itoa(i+1), "", text, "", "")
	}
}

// answerWorkOrder answers QBP^Q11 (LAB-27) by RSP^K11 and then one OML^O33 (LAB-28) for each sample: its tests, or an
// order that is withdrawn where the lab has none.
func answerWorkOrder(q Query, a Answer, m *hl7.Message, p *profile.Profile) Reply {
	r := hl7.Reply{At: a.At}
	w := hl7.NewWriter(m.Separators)
	hl7.AckHeader(w, m, r, []string{"RSP", "K11", "RSP_K11"})
	hl7.MSA(w, m, hl7.AA, r)
	qpd, _ := m.Segment(segQPD)
	w.Segment("QAK", string(qpd.Field(2).Raw), "OK", string(qpd.Field(1).Raw))
	w.Raw(q.origin.record)
	out := Reply{Response: w.Bytes()}
	for _, s := range a.Samples {
		id := controlID(a.ControlID, len(out.Follow))
		o := Download{SampleAnswer: s}
		out.Follow = append(out.Follow, Outgoing{
			Payload: workOrder(o, a.At, id, lawHeader(m), workOrderPlace{
				separators: m.Separators, carrier: string(qpd.Field(4).Raw), position: string(qpd.Field(5).Raw),
				material: p.Answer.Material,
			}),
			ControlID: id,
		})
	}
	return out
}

// lawHeader gives the MSH of a message of ours to the sender of m.
func lawHeader(m *hl7.Message) hl7.Header {
	h := m.Header()
	return hl7.Header{
		App: string(h.Field(5).Raw), Facility: string(h.Field(6).Raw),
		ToApp: string(h.Field(3).Raw), ToFacility: string(h.Field(4).Raw), Version: m.Version(), Processing: "P",
	}
}

// workOrderPlace is what an OML^O33 repeats from the query: where the tube stands, and how the message is written.
type workOrderPlace struct {
	separators                  hl7.Separators
	carrier, position, material string
}

// workOrder writes an OML^O33.
func workOrder(o Download, at time.Time, id string, h hl7.Header, place workOrderPlace) []byte {
	w := hl7.NewWriter(place.separators)
	h.At, h.ControlID, h.Type = hl7.Timestamp(at), id, []string{"OML", "O33", "OML_O33"}
	h.AcceptAck, h.AppAck, h.Charset, h.Extra = "NE", "AL", "UNICODE UTF-8", w.Components("LAB-28", "IHE")
	if h.Version == "" {
		h.Version = "2.5.1"
	}
	if h.Processing == "" {
		h.Processing = "P"
	}
	w.Header(h)
	material := o.Specimen
	if material == "" {
		material = place.material
	}
	if (o.Found || o.Cancel) && o.Patient != (Patient{}) {
		w.Segment(segPID, "1", "", w.Text(o.Patient.ID), "", hl7Name(w, o.Patient.Name), "", w.Text(o.Patient.Birth), w.Text(o.Patient.Sex))
	}
	w.Segment(segSPM, "1", w.Text(o.SampleID), "", w.Text(material), "", "", "", "", "", "", w.Components("P", "", "HL70369"))
	w.Segment(segSAC, "", "", w.Text(o.SampleID), "", "", "", "", "", "", place.carrier, place.position)
	if !o.Found && !o.Cancel {
		w.Segment(segORC, "DC", "", "", "", "", "", "", "", hl7.Timestamp(at))
		w.Segment(segOBR)
		return w.Bytes()
	}
	control := "NW"
	if o.Cancel {
		control = "CA"
	}
	for i, code := range o.Tests {
		w.Segment(segORC, control, "", "", "", "", "", "", "", hl7.Timestamp(at))
		w.Segment("TQ1", "", "", "", "", "", "", "", "", w.Components(string(priority(o.Priority)), "", "HL70485"))
		w.Segment(segOBR, "", awos(w, o.OrderID, i), "", codeField(w, code))
		w.Segment("TCD", codeField(w, code))
	}
	return w.Bytes()
}

// awos gives OBR-2, which must tell the tests of one order apart.
func awos(w *hl7.Writer, order string, i int) string {
	if order == "" {
		return ""
	}
	return w.Text(order + "." + strconv.Itoa(i+1))
}

// codeField writes a test code; "^" in it separates components, as in the code map.
func codeField(w *hl7.Writer, code string) string { return w.Components(strings.Split(code, "^")...) }

func priority(p Priority) Priority {
	if p == "" {
		return Routine
	}
	return p
}

func hl7Name(w *hl7.Writer, name string) string {
	if i := strings.LastIndexByte(name, ' '); i >= 0 {
		return w.Components(name[i+1:], name[:i])
	}
	return w.Text(name)
}

// answerOrderRequest answers ORM^O01 with ORC-1 RF by ORR^O02; AR says that the sample is not known.
func answerOrderRequest(a Answer, m *hl7.Message, p *profile.Profile) Reply {
	r := hl7.Reply{At: a.At}
	w := hl7.NewWriter(m.Separators)
	hl7.AckHeader(w, m, r, []string{"ORR", "O02"})
	if !anyFound(a) {
		hl7.MSA(w, m, hl7.AR, r)
		return Reply{Response: w.Bytes()}
	}
	hl7.MSA(w, m, hl7.AA, r)
	for _, s := range a.Samples {
		if !s.Found {
			continue
		}
		w.Segment(segPID, "1", "", w.Text(s.Patient.ID), "", hl7Name(w, s.Patient.Name), "", w.Text(s.Patient.Birth), longSex(s.Patient.Sex))
		w.Segment(segPV1, "1")
		w.Segment(segORC, "AF", w.Text(s.SampleID))
		service := p.Answer.Service
		if service == "" && len(s.Tests) > 0 {
			service = codeField(w, s.Tests[0])
		}
		w.Segment(segOBR, "1", w.Text(s.SampleID), "", service, "", hl7.Timestamp(s.Ordered))
		n := 0
		for _, setting := range settings(p, s.Tests) {
			n++
			w.Segment(segOBX, strconv.Itoa(n), "IS", setting.Code, "", w.Text(setting.Value), "", "", "", "", "", "F")
		}
	}
	return Reply{Response: w.Bytes()}
}

// settings gives the rows of the profile that apply to these tests, one for each code.
func settings(p *profile.Profile, tests []string) []profile.Setting {
	var out []profile.Setting
	done := map[string]bool{}
	for _, s := range p.Answer.Settings {
		if done[s.Code] || !applies(s, tests) {
			continue
		}
		done[s.Code] = true
		out = append(out, s)
	}
	return out
}

func applies(s profile.Setting, tests []string) bool {
	if len(s.WhenAny) == 0 {
		return true
	}
	for _, want := range s.WhenAny {
		if slices.Contains(tests, want) {
			return true
		}
	}
	return false
}

// longSex writes the sex as the Mindray BC family does.
func longSex(sex string) string {
	switch sex {
	case "M":
		return "Male"
	case "F":
		return "Female"
	}
	return ""
}

// Orders makes one message for each order that nobody asked for: OML^O33 where the profile says so, else ORM^O01.
func (d *HL7) Orders(orders []Download, at time.Time, id string) ([]Outgoing, error) {
	p := d.fixed
	if p == nil {
		p, _ = d.profiles.Get(profile.GenericHL7)
	}
	h := hl7.Header{App: p.Answer.SenderName, ToApp: p.Vendor, Processing: "P"}
	out := make([]Outgoing, 0, len(orders))
	for i, o := range orders {
		o.Found, o.Tests = true, orderable(p, o.Tests)
		one := Outgoing{ControlID: controlID(id, i)}
		if p.Answer.OrderMessage == "OML^O33" {
			one.Payload = workOrder(o, at, one.ControlID, h, workOrderPlace{separators: hl7.Standard(), material: p.Answer.Material})
		} else {
			one.Payload = generalOrder(o, at, one.ControlID, h, p)
		}
		out = append(out, one)
	}
	return out, nil
}

// generalOrder writes an ORM^O01: one ORC and OBR for each test.
func generalOrder(o Download, at time.Time, id string, h hl7.Header, p *profile.Profile) []byte {
	w := hl7.NewWriter(hl7.Standard())
	h.At, h.ControlID, h.Type, h.Version = hl7.Timestamp(at), id, []string{msgORM, "O01"}, "2.3.1"
	h.Charset = "UNICODE UTF-8"
	w.Header(h)
	w.Segment(segPID, "1", "", w.Text(o.Patient.ID), "", hl7Name(w, o.Patient.Name), "", w.Text(o.Patient.Birth), w.Text(o.Patient.Sex))
	control := "NW"
	if o.Cancel {
		control = "CA"
	}
	material := o.Specimen
	if material == "" {
		material = p.Answer.Material
	}
	placer := o.OrderID
	if len(p.Sample) > 0 && p.Sample[0].At.Segment == segOBR && p.Sample[0].At.Field == 2 {
		placer = o.SampleID // that is where such an analyzer looks for the tube
	}
	for i, code := range o.Tests {
		w.Segment(segORC, control, w.Text(o.OrderID))
		w.Segment(segOBR, strconv.Itoa(i+1), w.Text(placer), w.Text(o.SampleID), codeField(w, code), string(priority(o.Priority)),
			hl7.Timestamp(o.Ordered), "", "", "", "", "", "", "", "", w.Text(material))
	}
	return w.Bytes()
}
