package driver

import (
	"strings"

	"jaanch/internal/instruments/profile"
	"jaanch/internal/lab"
)

// number reads the number in a reported value, and the comparator in front of it. A value that is none gives two empty
// texts: it is never guessed, and never zero. A structured numeric (">^100") is read as its parts.
func number(value string, rule profile.Value) (num, comparator string) {
	s := value
	if c, rest, ok := strings.Cut(s, "^"); ok && isComparator(c) {
		s = c + rest
	}
	s = strings.TrimSpace(s)
	for _, c := range [...]struct{ sent, means string }{
		{"<=", "<="}, {">=", ">="}, {"=<", "<="}, {"=>", ">="}, {"≤", "<="}, {"≥", ">="}, {"<", "<"}, {">", ">"},
	} {
		if rest, ok := strings.CutPrefix(s, c.sent); ok {
			s, comparator = strings.TrimSpace(rest), c.means
			break
		}
	}
	switch {
	case rule.Thousands:
		var ok bool
		if s, ok = withoutThousands(s); !ok {
			return "", ""
		}
	case rule.DecimalComma && strings.Count(s, ",") == 1 && !strings.Contains(s, "."):
		s = strings.Replace(s, ",", ".", 1)
	}
	d, err := lab.ParseDecimal(s)
	if err != nil {
		return "", ""
	}
	return d.String(), comparator
}

func isComparator(s string) bool {
	switch s {
	case "", "<", ">", "<=", ">=", "=":
		return true
	}
	return false
}

// withoutThousands drops commas that stand before groups of exactly three digits; others make the text no number.
func withoutThousands(s string) (string, bool) {
	head, tail, _ := strings.Cut(s, ".")
	groups := strings.Split(head, ",")
	for i, g := range groups {
		if i > 0 && len(g) != 3 {
			return "", false
		}
	}
	if strings.Contains(tail, ",") {
		return "", false
	}
	return strings.ReplaceAll(s, ",", ""), true
}

// noValue tells whether a value is empty or a mark for "no result".
func noValue(value string, rule profile.Value) bool {
	if value == "" {
		return true
	}
	if len(value) > 1 && strings.Trim(value, "-.*") == "" {
		return true // a row of dashes, dots or stars, however long
	}
	for _, mark := range rule.None {
		if strings.EqualFold(mark, value) {
			return true
		}
	}
	return false
}
