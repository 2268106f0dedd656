package driver

import (
	"strconv"
	"strings"
	"time"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/charset"
	"jaanch/internal/instruments/profile"
)

var (
	_ Answerer   = (*ASTM)(nil)
	_ Downloader = (*ASTM)(nil)
)

// Answer makes the message that answers a query: H, P, one O for each sample with its tests as repeats, L. A cancelled
// query is answered by nothing.
func (d *ASTM) Answer(q Query, a Answer) (Reply, error) {
	if q.Cancel {
		return Reply{Cancel: true}, nil
	}
	p := q.origin.profile
	if d.fixed != nil {
		p = d.fixed
	}
	if p == nil {
		return Reply{}, errNotAQuery()
	}
	found := 0
	for _, s := range a.Samples {
		if s.Found {
			found++
		}
	}
	w := orderWriter{Writer: astm.NewWriter(q.origin.delimiters), p: p}
	w.header(q, p.Answer.MessageKind, a.At)
	end := p.Answer.Terminator
	switch {
	case found == 0 && p.Answer.NotFound == "silent":
		return Reply{}, nil
	case found == 0 && p.Answer.NotFound == "query":
		w.refusedQuery(q)
	case found == 0 && p.Answer.NotFound != "report_type":
		end = "I"
	default:
		w.samples(q, a)
	}
	w.Record("L", "1", end)
	return Reply{Follow: []Outgoing{{Payload: w.encoded()}}}, nil
}

// Orders makes one message for each order, so that one that the instrument refuses holds back no other.
func (d *ASTM) Orders(orders []Download, at time.Time, _ string) ([]Outgoing, error) {
	p := d.fixed
	if p == nil {
		p, _ = d.profiles.Get(profile.GenericASTM)
	}
	out := make([]Outgoing, 0, len(orders))
	for _, o := range orders {
		w := orderWriter{Writer: astm.NewWriter(delimitersOf(p)), p: p}
		w.header(Query{}, p.Answer.OrderKind, at)
		w.patient(1, o.Patient)
		action := p.Answer.Action
		if o.Cancel {
			action = "C"
		}
		w.order(1, o.SampleAnswer, "", action, "O")
		w.Record("L", "1", "N")
		out = append(out, Outgoing{Payload: w.encoded()})
	}
	return out, nil
}

func delimitersOf(p *profile.Profile) astm.Delimiters {
	s := p.Delimiters
	if len(s) != 4 {
		return astm.Standard()
	}
	return astm.Delimiters{Field: s[0], Repeat: s[1], Component: s[2], Escape: s[3]}
}

// orderWriter writes records in the dialect of a profile.
type orderWriter struct {
	*astm.Writer

	p *profile.Profile
}

// encoded gives the message in the instrument's character set.
func (w *orderWriter) encoded() []byte { return charset.Encode(string(w.Bytes()), w.p.Charset) }

// own writes a text of the profile, in which "^" and "\" stand for the delimiters of the message.
func (w *orderWriter) own(s string) string {
	d := w.Delimiters()
	return strings.Map(func(r rune) rune {
		switch r {
		case '^':
			return rune(d.Component)
		case '\\':
			return rune(d.Repeat)
		}
		return r
	}, s)
}

func (w *orderWriter) header(q Query, kind string, at time.Time) {
	receiver := ""
	if q.origin.header != "" {
		if m := astm.Parse([]byte(q.origin.header)); len(m) > 0 {
			row := astmRow{h: &m[0].Records[0]}
			receiver, _ = find(&row, w.p.Answer.Receiver)
		}
	}
	when := ""
	if !w.p.Answer.OmitTime {
		when = stamp(at)
	}
	w.Header("", "", w.own(w.p.Answer.SenderName), "", "", "", "", w.recipient(receiver), w.own(kind), "P",
		w.Text(w.p.Answer.Version), when)
}

// recipient writes the receiver's name again component by component: its own delimiters may not be those of a text.
func (w *orderWriter) recipient(name string) string {
	return w.Components(strings.Split(name, string(rune(w.Delimiters().Component)))...)
}

// refusedQuery gives the query back with the status "cancelled": how some instruments learn that there is no order.
func (w *orderWriter) refusedQuery(q Query) {
	m := astm.Parse([]byte(q.origin.header + "\r" + q.origin.record))
	if len(m) == 0 || len(m[0].Records) < 2 {
		return
	}
	r := m[0].Records[1]
	fields := make([]string, max(r.Fields(), 13))
	for n := range fields {
		fields[n] = string(r.Field(n + 1).Raw)
	}
	fields[12] = "X"
	w.Record(fields...)
}

// samples writes the patients and their orders, in the order in which the instrument asked.
func (w *orderWriter) samples(q Query, a Answer) {
	patients, orders := 0, 0
	var last Patient
	for _, s := range a.Samples {
		if !s.Found && w.p.Answer.NotFound != "report_type" {
			continue
		}
		if !s.Found {
			s = SampleAnswer{SampleID: s.SampleID} // nobody is named for a sample that the lab does not know
		}
		if patients == 0 || s.Patient != last {
			patients, orders, last = patients+1, 0, s.Patient
			w.patient(patients, s.Patient)
		}
		orders++
		report := w.p.Answer.ReportType
		if !s.Found {
			report = w.p.Answer.NotFoundAs
		}
		w.order(orders, s, askedAs(q, s.SampleID), w.p.Answer.Action, report)
	}
}

// askedAs gives the repeat of Q-3 in which the instrument asked for this sample.
func askedAs(q Query, id string) string {
	for i, asked := range q.SampleIDs {
		if asked == id && i < len(q.origin.asked) {
			return q.origin.asked[i]
		}
	}
	return ""
}

func (w *orderWriter) patient(seq int, p Patient) {
	last, first, _ := strings.Cut(p.Name, " ")
	if i := strings.LastIndexByte(p.Name, ' '); i >= 0 {
		last, first = p.Name[i+1:], p.Name[:i]
	}
	w.Record("P", strconv.Itoa(seq), "", w.Text(p.ID), "", w.Components(last, first), "", w.Text(p.Birth), w.Text(p.Sex))
}

func (w *orderWriter) order(seq int, s SampleAnswer, asked, action, report string) {
	material := s.Specimen
	if material == "" {
		material = w.p.Answer.Material
	}
	fields := make([]string, 26)
	fields[0], fields[1] = "O", strconv.Itoa(seq)
	fields[2], fields[3] = w.specimen(s.SampleID, asked)
	fields[4] = w.tests(orderable(w.p, s.Tests))
	fields[5] = string(s.Priority)
	if fields[5] == "" {
		fields[5] = string(Routine)
	}
	fields[6] = stamp(s.Ordered)
	fields[11], fields[15], fields[25] = action, w.Text(material), report
	w.Record(fields...)
}

// specimen gives O-3 and O-4. Rack, position and padding are repeated as the instrument sent them.
func (w *orderWriter) specimen(id, asked string) (o3, o4 string) {
	switch {
	case w.p.Answer.Sample == "echo" && asked != "":
		o3 = asked
	case w.p.Answer.Sample != "none" || asked == "":
		o3 = w.Text(id)
	}
	switch list := w.p.Answer.Specimen; {
	case list == "id":
		o4 = w.Text(id)
	case list != "" && asked != "":
		sep := string(rune(w.Delimiters().Component))
		parts := strings.Split(asked, sep)
		var out []string
		for n := range strings.SplitSeq(list, ",") {
			if i, err := strconv.Atoi(n); err == nil && i >= 1 && i <= len(parts) {
				out = append(out, parts[i-1])
			}
		}
		o4 = strings.Join(out, sep)
	}
	return o3, o4
}

// tests gives O-5: every test as a repeat.
func (w *orderWriter) tests(codes []string) string {
	if len(codes) == 0 {
		return ""
	}
	out := make([]string, len(codes))
	for i, code := range codes {
		before, after, _ := strings.Cut(w.p.Answer.Code, "{code}")
		out[i] = w.own(before) + w.Components(strings.Split(code, "^")...) + w.own(after)
	}
	return w.Repeats(out...) + w.own(w.p.Answer.CodeEnd)
}

// stamp writes a time as E1394 wants it: digits, without a zone.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("20060102150405")
}
