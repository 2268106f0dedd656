package catalogue

import (
	"slices"

	"jaanch/internal/lab/formula"
	"jaanch/internal/lab/identifier"
)

// Problem is something in a catalogue that somebody should look at. Fatal ones prevent saving.
type Problem struct {
	Code    string // of the test or panel
	Rule    string // stable, snake_case; the key of the translation
	Message string
	Fatal   bool
}

// Lint looks at a whole catalogue.
func Lint(c Catalogue) []Problem {
	l := linter{catalogue: c}
	seen := map[string]bool{}
	loinc := map[string]string{}
	for _, t := range c.Tests {
		l.check(!seen[t.Code], t.Code, "code_repeated", "two tests have this code")
		seen[t.Code] = true
		l.test(t)
		if t.LOINC != "" {
			l.warn(loinc[t.LOINC] == "", t.Code, "loinc_repeated", "the LOINC code is also that of "+loinc[t.LOINC])
			loinc[t.LOINC] = t.Code
		}
	}
	for _, p := range c.Panels {
		l.panel(p)
	}
	for _, r := range c.Criticals {
		l.check(seen[r.Test], r.Test, "critical_without_test", "critical limits of a test that does not exist")
		l.check(r.AgeTo > r.AgeFrom && r.AgeFrom >= 0, r.Test, "critical_age", "the ages of a critical row are wrong")
	}
	for _, r := range c.Intervals {
		l.check(seen[r.Test], r.Test, "interval_without_test", "an interval of a test that does not exist")
	}
	for _, d := range c.Deltas {
		l.check(seen[d.Test], d.Test, "delta_without_test", "a delta limit of a test that does not exist")
	}
	l.cycles()
	return l.problems
}

type linter struct {
	catalogue Catalogue
	problems  []Problem
}

func (l *linter) check(good bool, code, rule, message string) {
	if !good {
		l.problems = append(l.problems, Problem{Code: code, Rule: rule, Message: message, Fatal: true})
	}
}

func (l *linter) warn(good bool, code, rule, message string) {
	if !good {
		l.problems = append(l.problems, Problem{Code: code, Rule: rule, Message: message})
	}
}

func (l *linter) test(t Test) {
	l.check(validCode(t.Code), t.Code, "code_shape", "a code is 1 to 12 capital letters and digits")
	l.check(t.Name != "", t.Code, "name_missing", "the name is missing")
	l.check(slices.Contains([]ResultType{Numeric, Calculated, Coded, Text, Titer, Range}, t.Type),
		t.Code, "type_unknown", "the result type is not known")
	l.check(t.Decimals >= 0 && t.Decimals <= 6, t.Code, "decimals_range", "decimals go from 0 to 6")
	l.check(t.Type != Coded || len(t.Options) > 1, t.Code, "options_missing", "a coded test needs at least two options")
	l.check((t.Type == Calculated) == (t.Formula.ID != ""), t.Code, "formula_missing", "calculated tests, and only they, have a formula")
	l.check(t.Price >= 0, t.Code, "price_negative", "the price is below zero")
	l.warn(t.Price > 0, t.Code, "price_missing", "the test has no price")
	l.warn(t.Specimen != "", t.Code, "specimen_missing", "the specimen is missing")
	if t.LOINC != "" {
		_, err := identifier.ParseLOINC(t.LOINC)
		l.check(err == nil, t.Code, "loinc_check", "the LOINC code has a typing mistake")
	}
	if t.Type == Coded && t.Normal != "" {
		l.check(slices.ContainsFunc(t.Options, func(o Option) bool { return o.Text == t.Normal && !o.Abnormal }),
			t.Code, "normal_not_option", "the normal text is not one of the normal options")
	}
	if t.Type.IsNumber() {
		rows := l.catalogue.IntervalsOf(t.Code)
		l.warn(len(rows) > 0, t.Code, "interval_missing", "no reference interval: every result will be held")
		if err := CheckIntervals(rows); err != nil {
			l.check(false, t.Code, "intervals_invalid", err.Error())
		}
	}
	if t.Formula.ID != "" {
		l.formula(t)
	}
}

func (l *linter) formula(t Test) {
	needed, ok := formula.Inputs(t.Formula.ID)
	l.check(ok, t.Code, "formula_unknown", "there is no formula of this name")
	for _, name := range needed {
		code, bound := t.Formula.Inputs[name]
		l.check(bound || formula.IsContext(name), t.Code, "formula_input_unbound", "the formula's input "+name+" is bound to no test")
		if bound {
			_, exists := l.catalogue.Test(code)
			l.check(exists, t.Code, "formula_input_missing", "the formula's input test "+code+" does not exist")
		}
	}
}

func (l *linter) panel(p Panel) {
	l.check(validCode(p.Code), p.Code, "code_shape", "a code is 1 to 12 capital letters and digits")
	l.check(len(p.Tests) > 0, p.Code, "panel_empty", "the panel has no tests")
	l.warn(p.Price > 0, p.Code, "price_missing", "the panel has no price")
	for i, code := range p.Tests {
		_, ok := l.catalogue.Test(code)
		l.check(ok, p.Code, "panel_test_missing", "the panel names a test that does not exist: "+code)
		l.check(!slices.Contains(p.Tests[:i], code), p.Code, "panel_test_repeated", "the panel names a test twice: "+code)
	}
}

// cycles finds calculated tests that need themselves.
func (l *linter) cycles() {
	for _, t := range l.catalogue.Tests {
		l.check(!l.reaches(t, t.Code, len(l.catalogue.Tests)), t.Code, "formula_cycle", "the formula needs its own result")
	}
}

func (l *linter) reaches(t Test, goal string, depth int) bool {
	if depth == 0 {
		return true
	}
	for _, code := range t.Formula.Inputs {
		if code == goal {
			return true
		}
		if next, ok := l.catalogue.Test(code); ok && next.Formula.ID != "" && l.reaches(next, goal, depth-1) {
			return true
		}
	}
	return false
}

func validCode(s string) bool {
	if s == "" || len(s) > 12 {
		return false
	}
	for i := range len(s) {
		if (s[i] < 'A' || s[i] > 'Z') && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}
