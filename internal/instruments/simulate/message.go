package simulate

import (
	"strconv"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
)

// outgoing is one message to be sent and how the ACK log names it.
type outgoing struct {
	id     string // control id, or name and number of a captured message
	sample string
	text   []byte
	parts  []astm.Part // of a captured session: its frames as they were cut
	block  bool        // goes out between SOH and EOT, without frames
}

func stamp(t time.Time) string { return t.Format("20060102150405") }

// results makes the upload of one sample: one message, or one for each test where the analyzer sends them so. next gives the
// control ids.
func (m Model) results(next func() string, sample string, rows []row, at time.Time) []outgoing {
	return m.upload(partResult, next, sample, rows, at)
}

// upload makes the messages of one part of the script.
func (m Model) upload(part string, next func() string, sample string, rows []row, at time.Time) []outgoing {
	one := func(rows []row) outgoing {
		out := outgoing{id: next(), sample: sample}
		switch {
		case m.script != nil:
			out.text = m.script.write(part, out.id, sample, rows, at)
		case m.Protocol == instruments.HL7:
			out.text = m.resultHL7(out.id, sample, rows, at)
		default:
			out.text = m.resultASTM(out.id, sample, rows, at)
		}
		out.block = m.profile != nil && m.profile.Link.SOHEOT
		return out
	}
	if m.script == nil || !m.script.split {
		return []outgoing{one(rows)}
	}
	var out []outgoing
	for i := range rows {
		out = append(out, one(rows[i:i+1]))
	}
	return out
}

// asks tells whether the analyzer ever asks for orders.
func (m Model) asks() bool { return m.script == nil || len(m.script.parts[partQuery]) > 0 }

func (m Model) resultASTM(id, sample string, rows []row, at time.Time) []byte {
	w := astm.NewWriter(astm.Standard())
	m.headASTM(w, id, at)
	w.Record("P", "1")
	o := make([]string, 26)
	o[0], o[1], o[2], o[4], o[5], o[25] = "O", "1", w.Text(sample), w.Components("", "", "", m.Panel), "R", "F"
	w.Record(o...)
	for i, r := range rows {
		w.Record("R", strconv.Itoa(i+1), w.Components("", "", "", r.Code), r.value, w.Text(r.Unit),
			span(r.Analyte), r.flag, "", "F", "", "", "", stamp(at))
	}
	w.Record("L", "1", "N")
	return w.Bytes()
}

func (m Model) headASTM(w *astm.Writer, id string, at time.Time) {
	w.Header(w.Text(id), "", w.Components(m.Sender, "1.0", m.Serial), "", "", "", "", "", "", "P", "LIS2-A2", stamp(at))
}

func (m Model) resultHL7(id, sample string, rows []row, at time.Time) []byte {
	w := m.headHL7(id, at, "ORU", "R01")
	w.Segment("PID", "1")
	w.Segment("OBR", "1", w.Text(sample), w.Text(sample), w.Components(m.Panel, "", "L"), "", "", stamp(at))
	for i, r := range rows {
		w.Segment("OBX", strconv.Itoa(i+1), "NM", w.Components(r.Code, r.Name, "L"), "", r.value, w.Text(r.Unit),
			span(r.Analyte), r.flag, "", "", "F", "", "", stamp(at))
	}
	return w.Bytes()
}

func (m Model) headHL7(id string, at time.Time, kind ...string) *hl7.Writer {
	w := hl7.NewWriter(hl7.Standard())
	version := "2.3.1"
	if kind[0] == "QBP" {
		version = "2.5.1"
	}
	w.Header(hl7.Header{
		App: w.Text(m.Sender), Facility: w.Text(m.Maker), At: stamp(at), Type: kind, ControlID: id,
		Processing: "P", Version: version, Charset: "UNICODE UTF-8",
	})
	return w
}

// span writes a reference range.
func span(a Analyte) string {
	return strconv.FormatFloat(a.Low, 'f', a.Places, 64) + "-" + strconv.FormatFloat(a.High, 'f', a.Places, 64)
}

// Query is how an analyzer asks the host for the orders of a sample.
type Query string

// The queries. The empty one is the protocol's usual: Q in ASTM, QRY^Q02 in HL7.
const (
	QueryQRY Query = "qry" // QRY^Q02, answered by QCK^Q02 and DSR^Q03
	QueryQBP Query = "qbp" // QBP^Q11, answered by RSP^K11 and OML^O33
)

// query makes a host query for one sample.
func (m Model) query(kind Query, id, sample string, at time.Time) outgoing {
	out := outgoing{id: id, sample: sample}
	switch {
	case m.script != nil:
		out.text = m.script.write(partQuery, id, sample, nil, at)
	case m.Protocol != instruments.HL7:
		w := astm.NewWriter(astm.Standard())
		m.headASTM(w, id, at)
		w.Record("Q", "1", w.Components("", sample), "", "ALL", "", "", "", "", "", "", "", "", "O")
		w.Record("L", "1", "N")
		out.text = w.Bytes()
	case kind == QueryQBP:
		w := m.headHL7(id, at, "QBP", "Q11", "QBP_Q11")
		w.Segment("QPD", w.Components("WOS", "Work Order Step", "IHELAW"), w.Text(id), w.Text(sample))
		w.Segment("RCP", "I", "", "R")
		out.text = w.Bytes()
	default:
		w := m.headHL7(id, at, "QRY", "Q02")
		w.Segment("QRD", stamp(at), "R", "D", w.Text(id), "", "", "RD", w.Text(sample), "OTH", "", "", "T")
		w.Segment("QRF", w.Text(m.Sender), stamp(at), stamp(at), "", "", "RCT", "COR", "ALL")
		out.text = w.Bytes()
	}
	return out
}
