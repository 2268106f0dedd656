package result

import "jaanch/internal/lab"

// ContentHash is SHA-256 over the canonical text (lab.Canonical) of the clinical content: what a verification signs. The
// fields are those below, in this order. Times are left out: the verification has its own.
func (r Result) ContentHash() [32]byte {
	var v Value
	if r.Value != nil {
		v = *r.Value
	}
	var c lab.Canonical
	c.Line("result", r.ID.String())
	c.Line("test", r.TestCode)
	c.Int("version", r.Version)
	c.Line("sample", r.SampleID.String())
	c.Line("text", v.Text)
	c.Line("comparator", string(v.Comparator))
	c.Decimal("number", v.Num)
	c.Line("unit", r.Unit)
	c.Line("flag", string(r.Flag))
	c.Decimal("low", r.Interval.Low)
	c.Decimal("high", r.Interval.High)
	c.Decimal("critical_low", r.Interval.CriticalLow)
	c.Decimal("critical_high", r.Interval.CriticalHigh)
	c.Line("interval", r.Interval.Text)
	c.Line("comment", r.Comment)
	c.Line("not_reported", r.NotReported)
	c.Line("source", string(r.Source))
	return c.Sum()
}
