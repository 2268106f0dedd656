package simulate

import (
	"slices"
	"strconv"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/hl7"
)

// reply is what a message of the host says to a query.
type reply struct {
	final bool     // nothing more is to come
	tests []string // in the analyzer's codes
}

// order is what the host wants done, or taken back, with one sample.
type order struct {
	id     string // MSH-10: the same when it is sent again
	sample string
	tests  []string
	cancel bool
}

// orders reads the orders of a message by the analyzer's own profile.
func (m Model) orders(text []byte) []order {
	var out []order
	for _, msg := range driver.New(nil, m.profile.Protocol, m.profile).Decode(text) {
		for _, o := range msg.Orders {
			cancel := slices.Contains([]string{"C", "CA", "OC", "DC"}, o.Action)
			if n := len(out); n > 0 && out[n-1].sample == o.SampleID && out[n-1].cancel == cancel {
				out[n-1].tests = append(out[n-1].tests, o.Tests...) // HL7 names each test by itself
				continue
			}
			out = append(out, order{id: msg.ControlID, sample: o.SampleID, tests: slices.Clone(o.Tests), cancel: cancel})
		}
	}
	return out
}

// reply reads one message of the host as the answer about a sample. Messages that are no answer give no tests and are not
// final.
func (m Model) reply(text []byte, sample string) reply {
	out := reply{final: true}
	if m.Protocol == instruments.HL7 {
		var orders bool
		if out, orders = m.replyHL7(hl7.Parse(text, "")); !orders {
			return out
		}
	}
	for _, o := range m.orders(text) {
		if o.sample == sample && !o.cancel {
			out.tests = append(out.tests, o.tests...)
		}
	}
	return out
}

// displayTests is the number of the first DSP line that names a test.
const displayTests = 29

// replyHL7 reads what no order message says; orders tells that it is one.
func (m Model) replyHL7(msg *hl7.Message) (out reply, orders bool) {
	kind, _ := msg.Type()
	switch kind {
	case "OML", "ORM":
		return reply{final: true}, true
	case "QCK", "RSP":
		found, _ := msg.Segment("QAK")
		out.final = found.Field(2).Text() != "OK" // not found, or an error: no orders follow
	case "DSR":
		out.final = true
		for _, g := range msg.Segments {
			if code := g.Field(3).Component(1).Text(); g.Name == "DSP" && number(g.Field(1).Text()) >= displayTests && code != "" {
				out.tests = append(out.tests, code)
			}
		}
	case "ORR":
		out.final = true
		if msa, _ := msg.Segment("MSA"); msa.Field(1).Text() == string(hl7.AA) {
			out.tests = m.service(msg)
		}
	}
	return out, false
}

// service gives the tests that an ORR^O02 asks for. One that names a way of measuring asks for all that the analyzer does.
func (m Model) service(msg *hl7.Message) []string {
	var out []string
	for _, a := range m.Analytes {
		out = append(out, a.Code)
	}
	for _, g := range msg.Segments {
		if code := g.Field(4).Component(1).Text(); g.Name == "OBR" && m.has(code) {
			return []string{code}
		}
	}
	return out
}

func (m Model) has(code string) bool {
	for _, a := range m.Analytes {
		if a.Code == code {
			return true
		}
	}
	return false
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// accept is the analyzer's own answer to an order of the host: OML^O33 is answered by ORL^O34 and ORM^O01 by ORR^O02, each
// order by "accepted", each cancellation by "cancelled". Nil leaves the answer to the line.
func accept(text []byte, at time.Time) []byte {
	m := hl7.Parse(text, "")
	kind, event := m.Type()
	answer := map[string][]string{"OML O33": {"ORL", "O34", "ORL_O34"}, "OML O21": {"ORL", "O22", "ORL_O22"}, "ORM O01": {"ORR", "O02"}}[kind+" "+event]
	if answer == nil {
		return nil
	}
	w := hl7.NewWriter(m.Separators)
	hl7.AckHeader(w, m, hl7.Reply{At: at}, answer)
	hl7.MSA(w, m, hl7.AA, hl7.Reply{At: at})
	for _, g := range m.Segments {
		switch g.Name {
		case "SPM", "SAC", "OBR":
			w.Raw(string(g.Raw))
		case "ORC":
			done := "OK"
			switch g.Field(1).Text() {
			case "CA", "DC", "OC":
				done = "CR"
			}
			w.Segment("ORC", done, string(g.Field(2).Raw), string(g.Field(3).Raw))
		}
	}
	return w.Bytes()
}
