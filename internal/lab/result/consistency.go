package result

import (
	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
)

// Panel is what consistency rules look at: all current values of one sample (or of the draws of one visit) by the
// starter's test codes. A lab with codes of its own maps them first, and the glucose of the common draw stands as GLUR.
type Panel struct {
	Values map[string]lab.Decimal
	Flags  map[string]Flag
	Marks  map[Mark]bool
	Sex    patient.Sex
	Years  int
	AgeSet bool
}

// Mark is something that an analyzer or a person noted on the sample.
type Mark string

// The marks that rules ask for.
const (
	MarkClump      Mark = "platelet_clump"
	MarkNRBC       Mark = "nrbc"
	MarkRedCell    Mark = "red_cell_disorder" // known sickle cell or thalassaemia
	MarkHaemolysed Mark = "haemolysed"
	MarkOldUnspun  Mark = "old_unspun"
	MarkHbVariant  Mark = "hb_variant"
)

// Rule is one consistency rule (lab-rules 2.4): it holds the tests that it names, and says why in plain words. It never
// changes or removes a value.
type Rule struct {
	Code  string   // the hold's code and the key of the translation
	Text  string   // English
	Tests []string // all must have a value
	fires func(p Panel) bool
}

// Finding is a rule that fired.
type Finding struct {
	Hold  Hold
	Tests []string
}

// Check runs every rule, so that the person who looks sees every reason at once. Params hold the values by test code.
func Check(p Panel) []Finding {
	var out []Finding
	for _, r := range Rules() {
		if !p.has(r.Tests...) || !r.fires(p) {
			continue
		}
		h := Hold{Code: r.Code, Params: map[string]string{}}
		for _, code := range r.Tests {
			h.Params[code] = p.Values[code].String()
		}
		out = append(out, Finding{Hold: h, Tests: r.Tests})
	}
	return out
}

// Rules gives all consistency rules, in the order in which they are shown. They are shared: nobody changes them.
func Rules() []Rule { return allRules }

// allRules is made once, because every value that is filed asks for it.
var allRules = makeRules()

func makeRules() []Rule {
	var out []Rule
	for _, part := range [][]Rule{bloodCountRules(), electrolyteRules(), liverRules(), kidneyRules(), lipidRules(), sampleRules(), otherRules()} {
		out = append(out, part...)
	}
	return out
}

func (p Panel) has(codes ...string) bool {
	for _, c := range codes {
		if _, ok := p.Values[c]; !ok {
			return false
		}
	}
	return true
}

func (p Panel) v(code string) lab.Decimal { return p.Values[code] }

func (p Panel) high(code string) bool { f := p.Flags[code]; return f == High || f == CriticalHigh }

func (p Panel) low(code string) bool { f := p.Flags[code]; return f == Low || f == CriticalLow }

// above and below compare strictly; outside is either.
func above(v lab.Decimal, limit string) bool { return v.Cmp(lab.MustDecimal(limit)) > 0 }

func below(v lab.Decimal, limit string) bool { return v.Cmp(lab.MustDecimal(limit)) < 0 }

func outside(v lab.Decimal, low, high string) bool { return below(v, low) || above(v, high) }

// ratioOutside is false where b is zero: another rule or the limits speak then.
func ratioOutside(a, b lab.Decimal, low, high string) bool {
	q, ok := a.Div(b)
	return ok && outside(q, low, high)
}

func times(v lab.Decimal, factor string) lab.Decimal { return v.Mul(lab.MustDecimal(factor)) }
