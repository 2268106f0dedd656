package recognise

import (
	"slices"
	"strings"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
)

// Bytes recognises raw bytes of a line, frames and blocks included, of any length and cut anywhere.
func Bytes(profiles *profile.Set, b []byte) Finding {
	plain, parity := parityBit(b)
	score, why := plausible(plain)
	out := gathering{profiles: profiles, Finding: Finding{
		Bytes: len(b), Plausible: score, Parity: parity, Reasons: []Reason{}, Proposals: []Proposal{}, Codes: []TestCode{},
	}}
	if parity != "" {
		out.Reasons = append(out.Reasons, Reason{Code: "parity_bit", Detail: parity})
	}
	family, more := familyOf(plain, score)
	out.Family, out.Protocol = family, family.Protocol()
	for _, r := range append(why, more...) {
		if !slices.Contains(out.Reasons, r) {
			out.Reasons = append(out.Reasons, r)
		}
	}
	switch out.Protocol {
	case instruments.ASTM:
		for _, text := range astm.ReadRecording(plain).Messages {
			out.message(instruments.ASTM, text.Bytes)
		}
	case instruments.HL7:
		for _, text := range hl7.ReadRecording(plain).Messages {
			out.message(instruments.HL7, text)
		}
	case instruments.Auto, instruments.Raw:
	}
	if len(out.Proposals) == 0 {
		out.generic()
	}
	return out.Finding
}

// Messages recognises messages of one sender whose framing is off already, as the archive keeps them.
func Messages(profiles *profile.Set, p instruments.Protocol, texts [][]byte) Finding {
	out := gathering{profiles: profiles, Finding: Finding{
		Family: ASTMFrames, Protocol: p, Plausible: 100, Reasons: []Reason{}, Proposals: []Proposal{}, Codes: []TestCode{},
	}}
	if p == instruments.HL7 {
		out.Family = HL7Blocks
	}
	for _, text := range texts {
		out.Bytes += len(text)
		out.message(p, text)
	}
	if len(out.Proposals) == 0 {
		out.generic()
	}
	return out.Finding
}

// gathering is a finding under way.
type gathering struct {
	Finding

	profiles *profile.Set
}

// generic proposes the profile of the protocol alone.
func (g *gathering) generic() {
	id := map[instruments.Protocol]string{instruments.ASTM: profile.GenericASTM, instruments.HL7: profile.GenericHL7}[g.Protocol]
	if p, ok := g.profiles.Get(id); ok {
		g.Proposals = append(g.Proposals, Proposal{
			Profile: p.ID, Name: p.Name, Vendor: p.Vendor, Confidence: ProtocolOnly, Reasons: []Reason{{Code: "protocol"}},
		})
	}
}

// message adds what one message tells.
func (g *gathering) message(p instruments.Protocol, text []byte) {
	var matches [][]profile.Match
	if p == instruments.HL7 {
		for _, part := range hl7.Batch(text) {
			matches = append(matches, g.profiles.MatchHL7(hl7.Parse(part, "")))
		}
	} else {
		for _, m := range astm.Parse(text) {
			matches = append(matches, g.profiles.MatchASTM(&m))
		}
	}
	decoded, err := driver.Safely(driver.New(g.profiles, p, nil), text)
	if err != nil {
		g.Reasons = append(g.Reasons, Reason{Code: "decode_fault"})
	}
	for i, m := range decoded {
		g.Messages++
		g.Model, g.Version, g.Serial = first(g.Model, m.Sender.Model), first(g.Version, m.Sender.Version), first(g.Serial, m.Sender.Serial)
		g.codes(m)
		if i < len(matches) {
			g.propose(matches[i], m.Sender)
		}
	}
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// codes gathers what a message calls its tests.
func (g *gathering) codes(m driver.Message) {
	for _, o := range m.Observations {
		if o.MapCode == "" {
			continue
		}
		c := TestCode{Code: o.MapCode, Name: o.TestName, LOINC: o.LOINC, Unit: o.Unit, Value: o.Value, Role: o.Role}
		i := slices.IndexFunc(g.Codes, func(have TestCode) bool { return have.Code == c.Code })
		if i < 0 {
			g.Codes = append(g.Codes, c)
			continue
		}
		have := &g.Codes[i]
		have.Name, have.LOINC, have.Unit, have.Value = first(have.Name, c.Name), first(have.LOINC, c.LOINC), first(have.Unit, c.Unit), first(c.Value, have.Value)
	}
}

// propose joins the matches of one message to the proposals so far: the surest reading of any message counts.
func (g *gathering) propose(matches []profile.Match, sender driver.Sender) {
	for _, m := range matches {
		p := Proposal{Profile: m.Profile.ID, Name: m.Profile.Name, Vendor: m.Profile.Vendor, Confidence: confidence(m.Weight)}
		if m.Weight == 0 {
			p.Reasons = []Reason{{Code: "protocol"}}
		}
		for _, by := range m.By {
			p.Reasons = append(p.Reasons, Reason{Code: "header", Detail: by})
		}
		if model := listed(m.Profile, sender); model != "" {
			p.Confidence = min(99, p.Confidence+10)
			p.Reasons = append(p.Reasons, Reason{Code: "model_listed", Detail: model})
		}
		i := slices.IndexFunc(g.Proposals, func(have Proposal) bool { return have.Profile == p.Profile })
		switch {
		case i < 0:
			g.Proposals = append(g.Proposals, p)
		case g.Proposals[i].Confidence < p.Confidence:
			g.Proposals[i] = p
		}
	}
	slices.SortStableFunc(g.Proposals, func(a, b Proposal) int { return b.Confidence - a.Confidence })
}

// confidence turns the weight of an identity into percent, by what the weights of docs/drivers.md mean: 100 and more
// where the sender names itself, 80 and more where the structure is one family's alone, below that where it is likely.
func confidence(weight int) int {
	switch {
	case weight >= 100:
		return 89
	case weight >= 80:
		return 75
	case weight > 0:
		return 30 + weight/2
	default:
		return ProtocolOnly
	}
}

// listed gives the model of the profile's list that the sender names, without regard to case, blanks and dashes.
func listed(p *profile.Profile, s driver.Sender) string {
	said := squeeze(s.Model + " " + s.Raw)
	for _, model := range p.Models {
		if m := squeeze(model); len(m) >= 3 && strings.Contains(said, m) {
			return model
		}
	}
	return ""
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '_' || r == '^' || r == '|':
			return -1
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
