package result

import (
	"jaanch/internal/lab"
)

// Measuring is what an analyzer can measure on the test; nil where not known.
type Measuring struct{ Lower, Upper *lab.Decimal }

// Format writes a raw number: outside the measuring range as a bound, else rounded half away from zero to the test's
// decimals. The raw number is compared before it is rounded. There is no negative zero and no decimal comma.
func Format(raw lab.Decimal, decimals int, m Measuring) string {
	switch {
	case m.Lower != nil && raw.Cmp(*m.Lower) < 0:
		return "<" + m.Lower.String()
	case m.Upper != nil && raw.Cmp(*m.Upper) > 0:
		return ">" + m.Upper.String()
	}
	return raw.Round(decimals).String()
}

// Print writes a value for the report. Text stands as reported. A number is rounded, but where the rounded number beside
// the printed limit would contradict the flag (5.1 H with a limit of 5.1), decimals are added until it does not.
func Print(v Value, decimals int, l Limits) string {
	if v.Num == nil {
		return v.Text
	}
	if v.Comparator != None {
		return string(v.Comparator) + v.Num.String()
	}
	flag := l.flagOf(*v.Num)
	for d := decimals; d < v.Num.Places(); d++ {
		rounded := v.Num.Round(d)
		if l.flagOf(rounded) == flag {
			return rounded.String()
		}
	}
	return v.Num.Round(max(decimals, shortest(*v.Num, decimals))).String()
}

// shortest gives the fewest digits behind the point, at least atLeast, that show the number whole; it is only asked where
// rounding to fewer would contradict, or where nothing is cut off.
func shortest(v lab.Decimal, atLeast int) int {
	for d := atLeast; d < v.Places(); d++ {
		if v.Round(d).Cmp(v) == 0 {
			return d
		}
	}
	return max(atLeast, v.Places())
}
