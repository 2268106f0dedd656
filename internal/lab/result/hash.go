package result

import (
	"crypto/sha256"
	"strconv"
	"strings"

	"jaanch/internal/lab"
)

// ContentHash is SHA-256 over the canonical text of the clinical content: what a verification signs. The text is one line
// for each of the fields below, in this order, as name, colon, number of bytes of the value, colon, value, line feed; a
// field that is absent has length 0. Times are left out: the verification has its own.
//
//	result test version sample text comparator number unit flag low high critical_low critical_high interval comment
//	not_reported source
func (r Result) ContentHash() [32]byte { return sha256.Sum256([]byte(r.canonical())) }

func (r Result) canonical() string {
	var b strings.Builder
	line := func(name, value string) {
		b.WriteString(name + ":" + strconv.Itoa(len(value)) + ":" + value + "\n")
	}
	var v Value
	if r.Value != nil {
		v = *r.Value
	}
	line("result", r.ID.String())
	line("test", r.TestCode)
	line("version", strconv.Itoa(r.Version))
	line("sample", r.SampleID.String())
	line("text", v.Text)
	line("comparator", string(v.Comparator))
	line("number", optional(v.Num))
	line("unit", r.Unit)
	line("flag", string(r.Flag))
	line("low", optional(r.Interval.Low))
	line("high", optional(r.Interval.High))
	line("critical_low", optional(r.Interval.CriticalLow))
	line("critical_high", optional(r.Interval.CriticalHigh))
	line("interval", r.Interval.Text)
	line("comment", r.Comment)
	line("not_reported", r.NotReported)
	line("source", string(r.Source))
	return b.String()
}

func optional(d *lab.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}
