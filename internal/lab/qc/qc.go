// Package qc judges quality control: z-scores in decimals, and the multirules of Westgard (Clin Chem 1981;27:493) with the
// exact meaning of lab-rules section 1.2. All comparisons are strict, and z = 0 is on neither side.
package qc

import (
	"slices"

	"jaanch/internal/lab"
)

// Z is (value - mean) / SD, rounded half away from zero to 6 decimals, so that 2.0 SD is exactly 2 and does not exceed it.
// An SD that is not above zero is a fault of the set-up, never a z of 0.
func Z(value, mean, sd lab.Decimal) (lab.Decimal, error) {
	if sd.Sign() <= 0 {
		return lab.Decimal{}, lab.Invalid("qc_sd", "The target's SD must be above zero.")
	}
	z, _ := value.Sub(mean).Div(sd)
	return z.Round(6), nil
}

// Point is one valid control result. Excluded results are left out by the caller.
type Point struct {
	Level int
	Z     lab.Decimal
}

// Run is the control results of one time, of any levels. Reset tells that rules look no further back than this run: a new
// target, or a corrective action that was closed.
type Run struct {
	Points []Point // level ascending, then replicate
	Reset  bool
}

// Rule is one multirule by its usual name.
type Rule string

// The rules, in the order in which the first violation is named.
const (
	Rule13s  Rule = "1-3s"
	Rule22s  Rule = "2-2s"
	Rule2of3 Rule = "2of3-2s"
	RuleR4s  Rule = "R-4s"
	Rule41s  Rule = "4-1s"
	Rule31s  Rule = "3-1s"
	Rule6x   Rule = "6x"
	Rule8x   Rule = "8x"
	Rule9x   Rule = "9x"
	Rule10x  Rule = "10x"
	Rule12x  Rule = "12x"
	Rule7T   Rule = "7T"
	Rule12s  Rule = "1-2s"
)

const (
	scopeRun    = "run"
	scopeLevel  = "level"
	scopeStream = "stream"
)

// Order gives all rules in order of evaluation.
func Order() []Rule {
	return []Rule{
		Rule13s, Rule22s, Rule2of3, RuleR4s, Rule41s, Rule31s, Rule6x, Rule8x, Rule9x, Rule10x, Rule12x, Rule7T, Rule12s,
	}
}

// Warns tells whether a rule warns only, by default.
func (r Rule) Warns() bool { return r == Rule12s || r == Rule7T }

// Settings are the rules that a lab has enabled for a test.
type Settings struct {
	Rules    []Rule
	Range    bool // R-4s by range (max - min > 4) instead of one result beyond +2 and one beyond -2
	Gate     bool // the old paper method: look no further unless some |z| > 2
	WarnOnly []Rule
}

// Violation is one rule that fired, where and on which side.
type Violation struct {
	Rule  Rule
	Scope string // point, run, level, stream
	Side  string // +, -, +-, up, down
}

// Status is the outcome of a run.
type Status string

// The outcomes.
const (
	Accept Status = "accept"
	Warn   Status = "warn"
	Reject Status = "reject"
)

// Verdict holds all violations of the last run; First is the first violated rejecting rule, else the first warning one.
type Verdict struct {
	Status     Status
	First      Rule
	Violations []Violation
}

// Evaluate judges the last run in the light of those before it. A rule fires only if its window ends at a result of the
// last run, so that old points cannot reject a good run again.
func Evaluate(runs []Run, s Settings) Verdict {
	if len(runs) == 0 {
		return Verdict{Status: Accept}
	}
	w := newWindow(runs)
	if s.Gate && !slices.ContainsFunc(w.current(), func(p Point) bool { return beyond(p.Z.Abs(), 2) }) {
		return Verdict{Status: Accept}
	}
	var all []Violation
	for _, rule := range Order() {
		if slices.Contains(s.Rules, rule) {
			all = append(all, w.fire(rule, s)...)
		}
	}
	return decide(all, s)
}

func decide(all []Violation, s Settings) Verdict {
	v := Verdict{Status: Accept, Violations: all}
	for _, x := range all {
		warns := x.Rule.Warns() || slices.Contains(s.WarnOnly, x.Rule)
		switch {
		case !warns && v.Status != Reject:
			v.Status, v.First = Reject, x.Rule
		case warns && v.Status == Accept:
			v.Status, v.First = Warn, x.Rule
		}
	}
	return v
}

// beyond tells whether z is more than limit standard deviations.
func beyond(z lab.Decimal, limit int64) bool { return z.Cmp(lab.DecimalFromInt(limit)) > 0 }
