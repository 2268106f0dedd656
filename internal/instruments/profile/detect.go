package profile

import (
	"strings"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
)

// DetectASTM finds the profile of a message from its records alone. It never fails: an unknown sender gets the generic
// profile.
func (s *Set) DetectASTM(m *astm.Message) *Profile {
	return s.detect(ASTM, GenericASTM, func(c Condition) bool { return holdsASTM(m, c) })
}

// DetectHL7 is DetectASTM for HL7 messages.
func (s *Set) DetectHL7(m *hl7.Message) *Profile {
	return s.detect(HL7, GenericHL7, func(c Condition) bool { return holdsHL7(m, c) })
}

// detect gives the profile with the heaviest identity whose conditions all hold; of equals, the first by id.
func (s *Set) detect(protocol Protocol, fallback string, holds func(Condition) bool) *Profile {
	l := s.now.Load()
	best, weight := l.byID[fallback], 0
	for _, id := range l.ids {
		p := l.byID[id]
		if p.Protocol != protocol {
			continue
		}
		for _, identity := range p.Identify {
			if identity.Weight > weight && allHold(identity.All, holds) {
				best, weight = p, identity.Weight
			}
		}
	}
	return best
}

func allHold(all []Condition, holds func(Condition) bool) bool {
	for _, c := range all {
		if !holds(c) {
			return false
		}
	}
	return len(all) > 0
}

// holdsASTM tests a condition over all records of the letter: one of them must hold, except that "not filled" must
// hold for all of them.
func holdsASTM(m *astm.Message, c Condition) bool {
	if c.Delimiters != "" {
		return m.Delimiters.String() == c.Delimiters
	}
	if c.At.IsZero() {
		return false
	}
	absent := c.Filled != nil && !*c.Filled
	for i := range m.Records {
		if m.Records[i].Type != c.At.Segment[0] {
			continue
		}
		if c.Holds(standardText(&m.Records[i], c.At)) != absent {
			return !absent
		}
	}
	return absent
}

// holdsHL7 is holdsASTM for segments.
func holdsHL7(m *hl7.Message, c Condition) bool {
	if c.Delimiters != "" || c.At.IsZero() {
		return false
	}
	absent := c.Filled != nil && !*c.Filled
	for i := range m.Segments {
		if m.Segments[i].Name != c.At.Segment {
			continue
		}
		if c.Holds(HL7Text(&m.Segments[i], c.At)) != absent {
			return !absent
		}
	}
	return absent
}

// standardText gives the text of a place with the standard's delimiters in it, in which the expressions of a profile are
// written, whichever ones the message declares.
func standardText(r *astm.Record, at Place) string {
	text, d, s := ASTMText(r, at), r.Delimiters(), astm.Standard()
	if at.Component > 0 || d.Component == s.Component && d.Repeat == s.Repeat {
		return text
	}
	return strings.Map(func(c rune) rune {
		switch c {
		case rune(d.Component):
			return rune(s.Component)
		case rune(d.Repeat):
			return rune(s.Repeat)
		}
		return c
	}, text)
}

// ASTMField gives the field, or component of its first repeat, that the place names.
func ASTMField(r *astm.Record, at Place) astm.Field {
	f := r.Field(at.Field)
	if at.Component > 0 {
		f = f.Component(at.Component)
	}
	return f
}

// ASTMText gives the text of a place.
func ASTMText(r *astm.Record, at Place) string { return ASTMField(r, at).Text() }

// HL7Field gives the field, component or subcomponent that the place names.
func HL7Field(g *hl7.Segment, at Place) hl7.Field {
	f := g.Field(at.Field)
	if at.Component > 0 {
		f = f.Component(at.Component)
	}
	if at.Sub > 0 {
		f = f.Sub(at.Sub)
	}
	return f
}

// HL7Text gives the text of a place.
func HL7Text(g *hl7.Segment, at Place) string { return HL7Field(g, at).Text() }
