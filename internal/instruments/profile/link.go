package profile

import "jaanch/internal/instruments/astm"

// ASTM gives the options of an E1381 line to an instrument with these settings. What a profile does not speak of keeps
// the standard's value.
func (l Link) ASTM() astm.Options {
	out := astm.Options{
		LenientENQ: l.Transport == "tcp", // many converters from serial to TCP swallow the ENQ
		AnyNumber:  l.FrameNo == "off",
		BlocksSOH:  l.SOHEOT || l.Transport == "tcp",
		FrameText:  l.FrameSize,
	}
	if l.Packing == "message" {
		out.Packing = astm.WholeMessage
	}
	return out
}
