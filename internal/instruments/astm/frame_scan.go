package astm

// tokenKind sorts what stands on the line.
type tokenKind uint8

const (
	tokenNone    tokenKind = iota
	tokenFrame             // a frame, good or with a fault
	tokenBlock             // what stood between SOH and EOT
	tokenControl           // ENQ, EOT, ACK or NAK, in token.control
)

// The faults of a frame; each is answered with NAK.
const (
	FaultChecksum = "checksum"       // the two digits do not match, or are no digits
	FaultNumber   = "frame_number"   // not the number that was expected
	FaultIllegal  = "illegal_char"   // a control character that may not stand in text
	FaultLong     = "frame_too_long" // longer than the cap
	FaultTorn     = "frame_torn"     // the line fell quiet before the end
)

// token is one thing found on the line. text lives in the scanner and is good until the next call.
type token struct {
	kind    tokenKind
	control byte
	number  int // frame number 0 to 7, -1 where it is no digit
	text    []byte
	final   bool // ended by ETX
	fault   string
}

// scanner finds frames and control characters in a stream of bytes, however it is cut into reads. Bytes that belong to
// neither are noise: counted, never answered.
type scanner struct {
	limit   int // of a frame's text
	blocks  int // of what stands between SOH and EOT; 0 refuses them
	state   scanState
	buf     []byte // number, text and terminator of the frame so far
	fault   string
	sum     byte
	pending byte // ENQ or EOT met inside a frame: real only if the line then falls quiet
	noise   int64
}

type scanState uint8

const (
	scanOutside scanState = iota
	scanFrame
	scanSum1
	scanSum2
	scanBlock
)

// inside tells whether a frame has begun and not ended.
func (s *scanner) inside() bool { return s.state != scanOutside }

// held is what the scanner keeps in memory for an unfinished frame, in bytes.
func (s *scanner) held() int { return len(s.buf) }

// scan reads from in up to the end of the next token. It gives how many bytes it used; with tokenNone that is all.
func (s *scanner) scan(in []byte) (token, int) {
	for i, c := range in {
		switch s.state {
		case scanOutside:
			if t := s.outside(c); t.kind != tokenNone {
				return t, i + 1
			}
		case scanFrame:
			s.frame(c)
		case scanBlock:
			if t := s.block(c); t.kind != tokenNone {
				return t, i + 1
			}
		case scanSum1, scanSum2:
			if t, used := s.digit(c); t.kind != tokenNone {
				return t, i + used
			}
		}
	}
	return token{}, len(in)
}

func (s *scanner) outside(c byte) token {
	switch c {
	case enq, eot, ack, nak:
		return token{kind: tokenControl, control: c}
	case stx:
		s.open(scanFrame)
	case soh:
		if s.blocks > 0 {
			s.open(scanBlock)
			return token{}
		}
		s.noise++
	case cr, lf, 0: // the end of a frame, or an idle line
	default:
		s.noise++
	}
	return token{}
}

func (s *scanner) open(state scanState) {
	s.state, s.buf, s.fault, s.pending = state, s.buf[:0], "", 0
}

func (s *scanner) frame(c byte) {
	switch c {
	case etx, etb:
		s.buf = append(s.buf, c)
		s.state = scanSum1
		return
	case stx: // the frame before was torn and the sender starts again
		s.noise += int64(len(s.buf)) + 1
		s.open(scanFrame)
		return
	case enq, eot:
		s.fault, s.pending = FaultIllegal, c
	default:
		if restricted(c) {
			s.fault = FaultIllegal
		} else {
			s.pending = 0
		}
	}
	if len(s.buf) > s.limit {
		s.fault = FaultLong
		return
	}
	s.buf = append(s.buf, c)
}

// block takes a byte behind SOH. What does not begin with an H record is noise, not a block.
func (s *scanner) block(c byte) token {
	if len(s.buf) == 0 && c != 'H' || len(s.buf) == 1 && !punctuation(c) {
		s.state = scanOutside
		s.noise += int64(len(s.buf)) + 1
		return s.outside(c)
	}
	if restricted(c) && c != eot {
		s.fail(FaultIllegal)
	}
	if c == eot {
		s.state = scanOutside
		return token{kind: tokenBlock, text: s.buf, final: true, fault: s.fault}
	}
	if len(s.buf) >= s.blocks {
		s.fault = FaultLong
		return token{}
	}
	s.buf = append(s.buf, c)
	return token{}
}

// digit takes one of the two checksum digits. A control character in their place ends the frame and is not used up.
func (s *scanner) digit(c byte) (token, int) {
	switch c {
	case stx, enq, eot:
		s.fail(FaultChecksum)
		return s.take(), 0
	}
	v, ok := unhex(c)
	if !ok {
		s.fail(FaultChecksum)
	}
	if s.state == scanSum1 {
		s.sum, s.state = v<<4, scanSum2
		return token{}, 1
	}
	if s.sum|v != Checksum(s.buf) {
		s.fail(FaultChecksum)
	}
	return s.take(), 1
}

// fail keeps the first fault.
func (s *scanner) fail(fault string) {
	if s.fault == "" {
		s.fault = fault
	}
}

// take ends the frame and gives it.
func (s *scanner) take() token {
	t := token{kind: tokenFrame, number: -1, fault: s.fault}
	s.state, s.pending = scanOutside, 0
	if n := len(s.buf); n > 0 {
		t.final = s.buf[n-1] == etx
		if c := s.buf[0]; n > 1 && c >= '0' && c <= '7' {
			t.number = int(c - '0')
			t.text = s.buf[1 : n-1]
		}
	}
	if t.number < 0 && t.fault == "" {
		t.fault = FaultNumber
	}
	return t
}

// quiet is called when no byte came for a while in the middle of a frame. An ENQ or EOT met there was meant as one; else
// the frame is torn.
func (s *scanner) quiet() token {
	if s.state == scanOutside {
		return token{}
	}
	block, pending := s.state == scanBlock, s.pending
	s.noise += int64(len(s.buf))
	s.open(scanOutside)
	switch {
	case pending != 0:
		return token{kind: tokenControl, control: pending}
	case block:
		return token{kind: tokenBlock, fault: FaultTorn}
	}
	return token{kind: tokenFrame, number: -1, fault: FaultTorn}
}

// restricted tells whether c may not stand in a frame's text. LF is restricted too, but real instruments send it behind
// CR; it is dropped later.
func restricted(c byte) bool {
	switch {
	case c >= soh && c <= ack, c >= 0x10 && c <= 0x17:
		return true
	}
	return false
}

// punctuation tells whether c can be a field delimiter.
func punctuation(c byte) bool {
	return c > ' ' && c < 0x7F && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}
