package driver

import (
	"slices"
	"strings"

	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
)

// cannotBeDone is O-26 of an order that an instrument gives back (E1394 9.4.26).
const cannotBeDone = "X"

// refuse reads an O record that says that the order cannot be done.
func (rd *astmReader) refuse() {
	o := rd.row.o
	if o == nil || o.Field(26).Text() != cannotBeDone {
		return
	}
	r := Refusal{Reason: cannotBeDone}
	r.SampleID, _ = find(&rd.row, rd.p.Sample)
	for test := range o.Field(5).EachRepeat() {
		if code := orderCode(test, rd.p.OrderCode); code != "" {
			r.Tests = append(r.Tests, code)
		}
	}
	rd.out.Refusals = append(rd.out.Refusals, r)
}

// refusalReason takes a comment as the words of the refusal before it.
func (rd *astmReader) refusalReason(text string) {
	if n := len(rd.out.Refusals); n > 0 && rd.row.r == nil && rd.row.o != nil && rd.row.o.Field(26).Text() == cannotBeDone &&
		rd.out.Refusals[n-1].Reason == cannotBeDone && text != "" {
		rd.out.Refusals[n-1].Reason = text
	}
}

// refusalsHL7 reads an answer to an order of ours: ORL^O22/O34 and ORR^O02 answer each order by ORC-1, a plain ACK the
// message as a whole by MSA-1.
func refusalsHL7(m *hl7.Message, p *profile.Profile) []Refusal {
	code, _ := m.Type()
	msa, answers := m.Segment("MSA")
	if !answers || !slices.Contains([]string{"ORL", "ORR", "ACK", "ORG"}, code) {
		return nil
	}
	whole := Refusal{ControlID: msa.Field(2).Text(), Reason: messageReason(m, &msa)}
	switch msa.Field(1).Text() {
	case string(hl7.AE), "CE":
		return []Refusal{whole}
	case string(hl7.AR), "CR":
		return nil // not now: the message goes out again
	}
	var out []Refusal
	w := hl7Row{current: map[string]*hl7.Segment{}}
	refused := false
	for i := range m.Segments {
		g := &m.Segments[i]
		w.current[g.Name] = g
		switch g.Name {
		case segSPM, segSAC:
			w.drop(segORC, segOBR)
		case segORC:
			if refused = unable(g.Field(1).Text()); refused {
				r := whole
				r.SampleID, _ = find(&w, p.Sample)
				if why := g.Field(16).Component(2).Text(); why != "" {
					r.Reason = why
				}
				out = append(out, r)
			}
		case segOBR:
			if code := hl7Code(&w, p.OrderCode); refused && code != "" {
				out[len(out)-1].Tests = append(out[len(out)-1].Tests, code)
			}
		case segNTE:
			if text := g.Field(3).Text(); refused && text != "" {
				out[len(out)-1].Reason = text
			}
		}
	}
	return out
}

// unable tells whether ORC-1 says no: UA to accept, UC to cancel, UD to discontinue, UX to change, UH to hold, UM to
// replace, UN to unlink (HL7 table 0119).
func unable(control string) bool { return len(control) == 2 && strings.HasPrefix(control, "U") }

// messageReason gives what an acknowledgement says of its refusal: its text, else what stands in ERR.
func messageReason(m *hl7.Message, msa *hl7.Segment) string {
	if text := msa.Field(3).Text(); text != "" {
		return text
	}
	if err, ok := m.Segment("ERR"); ok {
		for _, n := range []int{8, 7, 3, 1} {
			if text := err.Field(n).Text(); text != "" {
				return text
			}
		}
	}
	return msa.Field(1).Text()
}
