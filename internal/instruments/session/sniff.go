package session

import "jaanch/internal/instruments"

// sniffer finds the protocol of a line that nobody has configured from its first bytes: VT begins an MLLP block; ENQ,
// SOH, and STX with a frame number behind it, begin E1381; an H and a delimiter at the start of a line begin bare E1394
// records. A lone STX decides nothing: some HL7 analyzers send it to keep a line alive.
type sniffer struct {
	prev byte // the byte before, 0 at the start
	line byte // the byte before prev's
}

// bare is what sniff reports for records without frames. It is ASTM to everybody else.
const bare instruments.Protocol = "astm-bare"

// sniff reads until it knows; Auto when all of in was noise. The bytes stay where they are: the protocol's own reader
// skips the noise again.
func (s *sniffer) sniff(in []byte) instruments.Protocol {
	for _, c := range in {
		prev, line := s.prev, s.line
		s.prev, s.line = c, prev
		switch {
		case c == 0x0B:
			return instruments.HL7
		case c == 0x05, c == 0x01:
			return instruments.ASTM
		case prev == 0x02 && c >= '0' && c <= '7':
			return instruments.ASTM
		case prev == 'H' && delimiter(c) && (line == 0 || line == '\r' || line == '\n'):
			return bare
		}
	}
	return instruments.Auto
}

// delimiter tells whether c may separate the fields of an H record.
func delimiter(c byte) bool {
	switch c {
	case '|', '^', '!', '~', '\\', '`', '@', '&', '#', '$', '%':
		return true
	}
	return false
}
