package result

import (
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
)

// Flag marks a value against its limits. Its text is printed and sent as in HL7 table 0078.
type Flag string

// The flags. Normal is blank. Uncertain never leaves the lab: a person decides.
const (
	Normal       Flag = ""
	Low          Flag = "L"
	High         Flag = "H"
	CriticalLow  Flag = "LL"
	CriticalHigh Flag = "HH"
	Abnormal     Flag = "A"
	Uncertain    Flag = "?"
)

// Critical tells whether the flag starts the call-back workflow.
func (f Flag) Critical() bool { return f == CriticalLow || f == CriticalHigh }

// Limits are what a number is compared with; nil is open. The limits themselves are within.
type Limits struct {
	Low, High                 *lab.Decimal
	CriticalLow, CriticalHigh *lab.Decimal
}

// flagOf compares one exact number, critical limits first.
func (l Limits) flagOf(v lab.Decimal) Flag {
	switch {
	case l.CriticalLow != nil && v.Cmp(*l.CriticalLow) < 0:
		return CriticalLow
	case l.CriticalHigh != nil && v.Cmp(*l.CriticalHigh) > 0:
		return CriticalHigh
	case l.Low != nil && v.Cmp(*l.Low) < 0:
		return Low
	case l.High != nil && v.Cmp(*l.High) > 0:
		return High
	default:
		return Normal
	}
}

// FlagNumber flags the raw stored number. A bound such as "<5" gets a flag only where every value that it allows has that
// flag; Uncertain otherwise. Where all are low (or high) but only some critically so, the plain flag is certain; certain
// is then false, because somebody must look whether it is critical.
func FlagNumber(v Value, l Limits) (flag Flag, certain bool) {
	if v.Num == nil {
		return Uncertain, false
	}
	if v.Comparator == None {
		return l.flagOf(*v.Num), true
	}
	possible := map[Flag]bool{}
	for _, p := range l.probes(*v.Num) {
		if allows(v, p) {
			possible[l.flagOf(p)] = true
		}
	}
	if len(possible) == 1 {
		for f := range possible {
			return f, true
		}
	}
	if len(possible) == 2 && possible[Low] && possible[CriticalLow] {
		return Low, false
	}
	if len(possible) == 2 && possible[High] && possible[CriticalHigh] {
		return High, false
	}
	return Uncertain, false
}

func allows(v Value, p lab.Decimal) bool {
	c := p.Cmp(*v.Num)
	switch v.Comparator {
	case Less:
		return c < 0
	case AtMost:
		return c <= 0
	case Greater:
		return c > 0
	case AtLeast:
		return c >= 0
	case None:
	}
	return c == 0
}

// probes gives one number in every region that the limits and the bound cut the line into, and every cut itself.
func (l Limits) probes(bound lab.Decimal) []lab.Decimal {
	cuts := []lab.Decimal{bound}
	for _, c := range []*lab.Decimal{l.Low, l.High, l.CriticalLow, l.CriticalHigh} {
		if c != nil {
			cuts = append(cuts, *c)
		}
	}
	one, two := lab.DecimalFromInt(1), lab.DecimalFromInt(2)
	var out []lab.Decimal
	for _, a := range cuts {
		out = append(out, a, a.Sub(one), a.Add(one))
		for _, b := range cuts {
			middle, _ := a.Add(b).Div(two)
			out = append(out, middle)
		}
	}
	return out
}

// FlagText flags coded, titer, range and free text results against the test's options and normal text.
func FlagText(t catalogue.Test, v Value) Flag {
	switch t.Type {
	case catalogue.Coded:
		for _, o := range t.Options {
			if o.Text == v.Text && o.Abnormal {
				return Abnormal
			}
		}
		return Normal
	case catalogue.Titer, catalogue.Range:
		return flagBound(t, v)
	case catalogue.Text, catalogue.Numeric, catalogue.Calculated:
	}
	return Normal
}

// flagBound compares a titer or a count per field with the normal text "<1:80" or "0-5".
func flagBound(t catalogue.Test, v Value) Flag {
	normal, err := Parse(t, t.Normal, Form{})
	if err != nil || normal.Num == nil {
		return Normal
	}
	if v.Num == nil {
		if word := strings.ToLower(strings.TrimSpace(v.Text)); word == "plenty" || word == "numerous" || word == "field full" {
			return Abnormal
		}
		return Normal
	}
	c := v.Num.Cmp(*normal.Num)
	beyond := c > 0 || (c == 0 && normal.Comparator == Less)
	switch v.Comparator {
	case Greater, AtLeast:
		if beyond || c == 0 {
			return Abnormal
		}
		return Uncertain
	case Less, AtMost:
		if c <= 0 {
			return Normal
		}
		return Uncertain
	case None:
	}
	if beyond {
		return Abnormal
	}
	return Normal
}
