// Package result holds what was measured: the value exactly as reported, how it is flagged, printed, held, verified,
// released, repeated and amended, and the rules that hold it back for a person's eye. No rule ever releases anything.
package result

import (
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
)

// Comparator stands before a number that is only a bound.
type Comparator string

// The comparators. None means that the number is the value.
const (
	None    Comparator = ""
	Less    Comparator = "<"
	AtMost  Comparator = "<="
	Greater Comparator = ">"
	AtLeast Comparator = ">="
)

// Value is a result as reported. Text is never changed; Comparator and Num are what rules read, Num nil where there is no
// number.
type Value struct {
	Text       string
	Comparator Comparator
	Num        *lab.Decimal
}

// Exact tells whether the value is a plain number.
func (v Value) Exact() bool { return v.Num != nil && v.Comparator == None }

// Form says how a sender writes numbers. The zero Form is a decimal point and commas between groups of digits.
type Form struct {
	DecimalComma bool // "6,8" is 6.8 and points group digits
}

// Parse reads a value for a test. Numeric and calculated tests take a number, perhaps with a comparator; coded tests take
// one of their options; titers 1:80 or <1:80; ranges 0-5; everything else is text. Empty is never a value, and never zero.
func Parse(t catalogue.Test, text string, form Form) (Value, error) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return Value{}, lab.Invalid("value_empty", "Enter a value.")
	}
	if len(text) > 4000 {
		return Value{}, lab.Invalid("value_too_long", "The value is too long.")
	}
	switch t.Type {
	case catalogue.Numeric, catalogue.Calculated:
		return parseNumber(text, trimmed, form)
	case catalogue.Coded:
		return parseOption(t, trimmed)
	case catalogue.Titer:
		return parseTiter(text, trimmed)
	case catalogue.Range:
		return parseRange(text, trimmed)
	case catalogue.Text:
		return Value{Text: text}, nil
	default:
		return Value{}, lab.Invalid("value_type", "The test has no result type.")
	}
}

func parseNumber(text, trimmed string, form Form) (Value, error) {
	comparator, rest := cutComparator(trimmed)
	plain, ok := plainNumber(rest, form)
	if !ok {
		return Value{}, lab.Invalid("value_not_numeric", "This test takes a number, for example 6.8 or <0.01.")
	}
	num, err := lab.ParseDecimal(plain)
	if err != nil {
		return Value{}, lab.Invalid("value_not_numeric", "This test takes a number, for example 6.8 or <0.01.")
	}
	return Value{Text: text, Comparator: comparator, Num: &num}, nil
}

func cutComparator(s string) (Comparator, string) {
	s = strings.NewReplacer("≤", "<=", "≥", ">=").Replace(s)
	for _, c := range []Comparator{AtMost, AtLeast, Less, Greater} {
		if rest, ok := strings.CutPrefix(s, string(c)); ok {
			return c, strings.TrimSpace(rest)
		}
	}
	return None, s
}

// plainNumber turns the sender's form into a plain decimal. A comma (or point) between groups is taken only where every
// group is whole, so that "1,23" is refused instead of being read as 123.
func plainNumber(s string, form Form) (string, bool) {
	group, point := ",", "."
	if form.DecimalComma {
		group, point = ".", ","
	}
	whole, frac, hasPoint := strings.Cut(s, point)
	if strings.Contains(frac, group) || strings.Contains(frac, point) || (hasPoint && frac == "") {
		return "", false
	}
	if strings.Contains(whole, group) {
		if !wholeGroups(strings.Split(strings.TrimLeft(whole, "+-"), group)) {
			return "", false
		}
		whole = strings.ReplaceAll(whole, group, "")
	}
	if hasPoint {
		return whole + "." + frac, true
	}
	return whole, true
}

// wholeGroups accepts 1,234,567 and the Indian 12,34,567: the last group has three digits, those before all three or all
// two, the first no more than those.
func wholeGroups(parts []string) bool {
	last := len(parts) - 1
	if len(parts[last]) != 3 || parts[0] == "" || len(parts[0]) > 3 || (last > 1 && len(parts[0]) > len(parts[1])) {
		return false
	}
	for i := 2; i < last; i++ {
		if len(parts[i]) != len(parts[1]) {
			return false
		}
	}
	return last == 1 || len(parts[1]) == 2 || len(parts[1]) == 3
}

func parseOption(t catalogue.Test, trimmed string) (Value, error) {
	for _, o := range t.Options {
		if strings.EqualFold(o.Text, trimmed) {
			return Value{Text: o.Text}, nil
		}
	}
	return Value{}, lab.Invalid("value_not_option", "Choose one of the values of this test.")
}

// parseTiter keeps the denominator as the number: 1:80 is 80.
func parseTiter(text, trimmed string) (Value, error) {
	comparator, rest := cutComparator(trimmed)
	one, denominator, found := strings.Cut(rest, ":")
	num, err := lab.ParseDecimal(strings.TrimSpace(denominator))
	if !found || strings.TrimSpace(one) != "1" || err != nil || num.Sign() <= 0 {
		if strings.EqualFold(trimmed, "negative") || strings.EqualFold(trimmed, "non-reactive") {
			return Value{Text: text}, nil
		}
		return Value{}, lab.Invalid("value_not_titer", "A titer is written as 1:80 or <1:80.")
	}
	return Value{Text: text, Comparator: comparator, Num: &num}, nil
}

// parseRange keeps the upper end as the number: 2-4 is judged by 4.
func parseRange(text, trimmed string) (Value, error) {
	switch strings.ToLower(trimmed) {
	case "nil", "plenty", "numerous", "field full":
		return Value{Text: text}, nil
	}
	comparator, rest := cutComparator(trimmed)
	low, high, found := strings.Cut(rest, "-")
	if !found {
		low, high = "0", rest
	}
	from, errLow := lab.ParseDecimal(strings.TrimSpace(low))
	to, errHigh := lab.ParseDecimal(strings.TrimSpace(high))
	if errLow != nil || errHigh != nil || from.Sign() < 0 || from.Cmp(to) > 0 {
		return Value{}, lab.Invalid("value_not_range", "Write a count per field as 2-4, a single number, >50, Nil or Plenty.")
	}
	return Value{Text: text, Comparator: comparator, Num: &to}, nil
}
