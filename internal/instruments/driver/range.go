package driver

import (
	"regexp"
	"strings"

	"jaanch/internal/lab"
)

// Forms of a reference range as analyzers write it: "3.9-6.1", "3.9^6.1", "0.3 - 7.1^REFERENCE_RANGE", "3.9 TO 6.1",
// "<5.0", ">40".
var (
	rangeBoth = regexp.MustCompile(`^(-?[0-9.]+)\s*(?:\^|-|–|(?i:to)|~)\s*(-?[0-9.]+)(?:\^.*)?$`)
	rangeOne  = regexp.MustCompile(`^([<>≤≥]=?)\s*(-?[0-9.]+)(?:\^.*)?$`)
)

// limits reads the limits in a reference range, for showing what the analyzer went by. The lab's own intervals decide
// the flag.
func limits(text string) (low, high string) {
	text = strings.TrimSpace(text)
	if m := rangeBoth.FindStringSubmatch(text); m != nil {
		a, errA := lab.ParseDecimal(m[1])
		b, errB := lab.ParseDecimal(m[2])
		if errA == nil && errB == nil && a.Cmp(b) <= 0 {
			return a.String(), b.String()
		}
		return "", ""
	}
	if m := rangeOne.FindStringSubmatch(text); m != nil {
		d, err := lab.ParseDecimal(m[2])
		switch {
		case err != nil:
			return "", ""
		case strings.HasPrefix(m[1], "<") || strings.HasPrefix(m[1], "≤"):
			return "", d.String()
		default:
			return d.String(), ""
		}
	}
	return "", ""
}
