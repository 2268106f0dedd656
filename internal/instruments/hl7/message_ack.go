package hl7

import (
	"strconv"
	"strings"
	"time"

	"jaanch/internal/instruments/charset"
)

// Code is an acknowledgement code of MSA-1.
type Code string

// The acknowledgement codes: A of the application, C of the accepting side in enhanced mode.
const (
	AA Code = "AA" // accepted
	AE Code = "AE" // the content is wrong: do not resend it unchanged
	AR Code = "AR" // rejected, or for the moment unable: resend later
	CA Code = "CA" // committed to safe storage
	CE Code = "CE"
	CR Code = "CR"
)

// Fault says what is wrong with a message, for ERR. The codes are those of HL7 table 0357.
type Fault struct {
	Code    string // 100 segment sequence, 101 required field missing, 200 message type, 207 internal …
	Segment string
	Field   int
	Text    string // safe to send: never holds what came in the message
}

// AckMode says which acknowledgements a message asks for.
type AckMode struct{ Accept, Application bool }

// Asks reads MSH-15 and MSH-16. With both empty the mode is the original one: exactly one application
// acknowledgement. Several analyzers put a number into MSH-16 that has nothing to do with acknowledgements; only AL,
// NE, ER and SU count. failed tells whether the outcome is an error, which ER and SU depend on.
func (m *Message) Asks(failed bool) AckMode {
	h := m.Header()
	accept, app := h.Field(15).Text(), h.Field(16).Text()
	if !isAckCondition(accept) && !isAckCondition(app) {
		return AckMode{Application: true}
	}
	return AckMode{Accept: asked(accept, failed), Application: asked(app, failed)}
}

func isAckCondition(s string) bool { return s == "AL" || s == "NE" || s == "ER" || s == "SU" }

func asked(condition string, failed bool) bool {
	switch condition {
	case "AL":
		return true
	case "ER":
		return failed
	case "SU":
		return !failed
	default:
		return false
	}
}

// Reply says how an acknowledgement is made beside its code.
type Reply struct {
	At        time.Time
	ControlID string  // MSH-10 of the acknowledgement; empty takes that of the message
	Text      string  // MSA-3
	Extra     string  // what stands behind MSA-3, separators included, for instruments that want more
	Faults    []Fault // ERR
}

// Ack makes the whole acknowledgement of m: MSH with the two sides exchanged, the same processing id, version and
// character set, MSA naming the message, and ERR for each fault in the shape of the message's version. It is written in
// the message's own separators and character set.
func Ack(m *Message, code Code, r Reply) []byte {
	w := NewWriter(m.Separators)
	AckHeader(w, m, r, ackType(m))
	MSA(w, m, code, r)
	writeFaults(w, m.Version(), r.Faults)
	if m.Converted {
		return charset.Encode(string(w.Bytes()), m.Charset)
	}
	return w.Bytes()
}

// ackType gives MSH-9 of an acknowledgement.
func ackType(m *Message) []string {
	const ack = "ACK"
	_, event := m.Type()
	switch {
	case event == "":
		return []string{ack}
	case AtLeast(m.Version(), "2.5"):
		return []string{ack, event, ack}
	default:
		return []string{ack, event}
	}
}

// AckHeader writes the MSH of an answer to m, of the given type.
func AckHeader(w *Writer, m *Message, r Reply, messageType []string) {
	h := m.Header()
	id := r.ControlID
	if id == "" {
		id = m.ControlID()
	}
	w.Header(Header{
		App: string(h.Field(5).Raw), Facility: string(h.Field(6).Raw),
		ToApp: string(h.Field(3).Raw), ToFacility: string(h.Field(4).Raw),
		At: Timestamp(r.At), Type: messageType, ControlID: id,
		Processing: or(string(h.Field(11).Raw), "P"), Version: or(string(h.Field(12).Raw), "2.3.1"),
		Charset: string(h.Field(18).Raw), Extra: string(h.Field(21).Raw),
	})
}

// MSA writes the acknowledgement segment for m.
func MSA(w *Writer, m *Message, code Code, r Reply) {
	text := w.Text(r.Text)
	if r.Extra != "" {
		text += r.Extra
	}
	w.Segment("MSA", string(code), string(m.Header().Field(10).Raw), text)
}

// writeFaults writes ERR: one segment with the location and code together before 2.5, one for each fault from 2.5 on.
func writeFaults(w *Writer, version string, faults []Fault) {
	for _, f := range faults {
		field := ""
		if f.Field > 0 {
			field = strconv.Itoa(f.Field)
		}
		if AtLeast(version, "2.5") {
			location := ""
			if f.Segment != "" {
				location = w.Components(f.Segment, "1", field)
			}
			w.Segment("ERR", "", location, w.Components(f.Code, faultName(f.Code), "HL70357"), "E", "", "", "", w.Text(f.Text))
			continue
		}
		w.Segment("ERR", w.Components(f.Segment, "", field, f.Code))
	}
}

// faultName gives the text of table 0357.
func faultName(code string) string {
	switch code {
	case "100":
		return "Segment sequence error"
	case "101":
		return "Required field missing"
	case "102":
		return "Data type error"
	case "103":
		return "Table value not found"
	case "200":
		return "Unsupported message type"
	case "201":
		return "Unsupported event code"
	case "202":
		return "Unsupported processing id"
	case "203":
		return "Unsupported version id"
	case "204":
		return "Unknown key identifier"
	case "205":
		return "Duplicate key identifier"
	default:
		return "Application internal error"
	}
}

// AtLeast compares versions such as "2.3.1" and "2.5"; an empty version is older than any.
func AtLeast(version, least string) bool {
	a, b := strings.Split(version, "."), strings.Split(least, ".")
	for i := range b {
		if i >= len(a) {
			return false
		}
		x, y := number(a[i]), number(b[i])
		if x != y {
			return x > y
		}
	}
	return true
}

func number(s string) int {
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' || n > 1<<20 {
			break
		}
		n = n*10 + int(r-'0')
	}
	return n
}

// Timestamp writes a time as HL7 v2 and most analyzers want it: local digits without a zone.
func Timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("20060102150405")
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
