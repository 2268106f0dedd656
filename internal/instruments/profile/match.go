package profile

import (
	"cmp"
	"slices"
	"strings"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
)

// Match is a profile that knows a message as its own, and by what. A person who is asked to confirm an analyzer wants to
// see the reason, not a verdict.
type Match struct {
	Profile *Profile
	Weight  int      // of its heaviest identity that holds
	By      []string // that identity's conditions, as "H-5.1 is cobas-e411"
}

// MatchASTM gives every profile that knows the message, heaviest first; the generic profile stands at the end, with no
// weight. Its first entry is what DetectASTM gives.
func (s *Set) MatchASTM(m *astm.Message) []Match {
	return s.matches(ASTM, GenericASTM, func(c Condition) bool { return holdsASTM(m, c) })
}

// MatchHL7 is MatchASTM for HL7 messages.
func (s *Set) MatchHL7(m *hl7.Message) []Match {
	return s.matches(HL7, GenericHL7, func(c Condition) bool { return holdsHL7(m, c) })
}

func (s *Set) matches(protocol Protocol, fallback string, holds func(Condition) bool) []Match {
	var out []Match
	for _, p := range s.All() {
		best := Match{Profile: p}
		for _, identity := range p.Identify {
			if p.Protocol == protocol && identity.Weight > best.Weight && allHold(identity.All, holds) {
				best.Weight, best.By = identity.Weight, words(identity.All)
			}
		}
		if best.Weight > 0 {
			out = append(out, best)
		}
	}
	slices.SortStableFunc(out, func(a, b Match) int { return cmp.Compare(b.Weight, a.Weight) })
	if p, ok := s.Get(fallback); ok && !slices.ContainsFunc(out, func(m Match) bool { return m.Profile == p }) {
		out = append(out, Match{Profile: p})
	}
	return out
}

// words writes conditions as people read them. They hold nothing of the message but what the profile says.
func words(all []Condition) []string {
	out := make([]string, 0, len(all))
	for _, c := range all {
		out = append(out, c.words())
	}
	return out
}

func (c Condition) words() string {
	what := c.At.String()
	switch {
	case c.Delimiters != "":
		return "delimiters are " + c.Delimiters
	case c.Of != "":
		what = c.Of
	}
	switch {
	case c.Is != nil:
		return what + " is " + *c.Is
	case len(c.In) > 0:
		return what + " is one of " + strings.Join(c.In, ", ")
	case c.Matches != nil:
		return what + " matches " + c.Matches.String()
	case c.Filled != nil && !*c.Filled:
		return what + " is empty"
	default:
		return what + " is filled"
	}
}
