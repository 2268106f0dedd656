package line

import (
	"bytes"
	"strconv"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
)

// The control characters of both framings.
const (
	soh = 0x01
	stx = 0x02
	etx = 0x03
	eot = 0x04
	enq = 0x05
	ack = 0x06
	vt  = 0x0B
	nak = 0x15
	etb = 0x17
	fs  = 0x1C
)

// kind is what a piece of a line's bytes is.
type kind uint8

const (
	noise   kind = iota // bytes outside of any framing
	control             // one control character
	frame               // an E1381 frame, STX to CR LF
	block               // part of an MLLP block or of a block between SOH and EOT: one segment or record
)

// piece is a part of a line's bytes that means one thing: a control character, a frame, a segment of a block.
type piece struct {
	at      time.Time
	dir     instruments.Dir
	kind    kind
	bytes   []byte
	label   string // ENQ, ACK, frame 3, block
	fault   string // checksum
	message int    // index of the message that it belongs to within its direction; -1 outside
	record  int    // index of the first record that it carries within the message; -1 without one
	text    [2]int // the part of bytes that is the message's text
}

// anatomist cuts one direction of a line. Frames and blocks may be spread over any number of runs of bytes.
type anatomist struct {
	dir     instruments.Dir
	at      time.Time
	buf     []byte
	open    byte // the character that began what is open: STX, SOH, VT; 0 outside
	out     *[]piece
	message int
	record  int
	fresh   bool // the next record begins a message of its own
	bare    bool // records or segments without any framing
}

// anatomy cuts runs of bytes of both directions into pieces, in the order of the line.
func anatomy(parts []part) []piece {
	var out []piece
	sides := map[instruments.Dir]*anatomist{
		instruments.In:  {dir: instruments.In, out: &out, message: -1, record: -1, fresh: true},
		instruments.Out: {dir: instruments.Out, out: &out, message: -1, record: -1, fresh: true},
	}
	for dir, a := range sides {
		a.bare = unframed(parts, dir)
	}
	for _, p := range parts {
		a := sides[p.dir]
		if a == nil {
			continue
		}
		a.feed(p.at, p.bytes)
		if a.open == 0 && !a.bare {
			a.flush(noise)
		}
	}
	for _, a := range []*anatomist{sides[instruments.In], sides[instruments.Out]} {
		switch a.open {
		case stx:
			a.frame()
		case soh, vt:
			a.flush(block)
		default:
			a.flush(map[bool]kind{true: block, false: noise}[a.bare])
		}
	}
	return out
}

// unframed tells whether a direction carries records or segments without any framing.
func unframed(parts []part, dir instruments.Dir) bool {
	var all []byte
	for _, p := range parts {
		if p.dir == dir {
			all = append(all, p.bytes...)
		}
	}
	if bytes.ContainsAny(all, "\x01\x02\x0b") {
		return false
	}
	header := false
	for _, line := range bytes.FieldsFunc(all, func(r rune) bool { return r < ' ' }) {
		header = header || headerName(line) != ""
	}
	return header
}

func (a *anatomist) feed(at time.Time, b []byte) {
	for _, c := range b {
		if len(a.buf) == 0 {
			a.at = at
		}
		switch a.open {
		case stx:
			a.inFrame(c)
		case soh, vt:
			a.inBlock(c)
		default:
			a.outside(at, c)
		}
	}
}

// outside reads a byte that stands in no frame and no block.
func (a *anatomist) outside(at time.Time, c byte) {
	label := map[byte]string{enq: "ENQ", ack: "ACK", nak: "NAK", eot: "EOT"}[c]
	switch {
	case label != "":
		a.flush(noise)
		a.at = at
		a.buf = append(a.buf, c)
		a.push(control, label)
		if c == enq || c == eot {
			a.fresh = true
		}
	case c == stx || c == soh || c == vt:
		a.flush(noise)
		a.at, a.open = at, c
		a.buf = append(a.buf, c)
		if c != stx {
			a.message, a.record = a.message+1, 0
		}
	case (c == '\r' || c == '\n') && len(a.buf) == 0 && a.joins() != nil:
		last := a.joins()
		last.bytes = append(last.bytes, c) // the line end behind a checksum or a block, even if our answer came before it
	default:
		a.buf = append(a.buf, c)
		if a.bare && (c == '\r' || c == '\n') {
			a.line()
		}
	}
}

// line closes a record that came without framing.
func (a *anatomist) line() {
	if headerName(a.buf) != "" {
		a.message, a.record = a.message+1, 0
	}
	a.flush(block)
	a.record++
}

// joins gives the piece that a line end belongs to: the last one of the same direction, where it is a frame or a block.
func (a *anatomist) joins() *piece {
	for i := len(*a.out) - 1; i >= 0; i-- {
		p := &(*a.out)[i]
		if p.dir != a.dir {
			continue
		}
		if p.kind == frame || p.kind == block {
			return p
		}
		return nil
	}
	return nil
}

// inFrame reads on to the two digits of the checksum.
func (a *anatomist) inFrame(c byte) {
	if c == stx || c == enq || c == eot { // the frame broke off
		a.frame()
		a.outside(a.at, c)
		return
	}
	a.buf = append(a.buf, c)
	if n := len(a.buf); n >= 4 && (a.buf[n-3] == etx || a.buf[n-3] == etb) {
		a.frame()
	}
}

// frame closes an E1381 frame and counts the records that it carries.
func (a *anatomist) frame() {
	text, fault := [2]int{min(2, len(a.buf)), len(a.buf)}, "torn"
	if n := len(a.buf); n >= 5 && (a.buf[n-3] == etx || a.buf[n-3] == etb) {
		text[1], fault = n-3, ""
		sum, err := strconv.ParseUint(string(a.buf[n-2:]), 16, 8)
		if err != nil || byte(sum) != astm.Checksum(a.buf[1:n-2]) {
			fault = "checksum"
		}
	}
	label := "frame"
	if len(a.buf) > 1 && a.buf[1] >= '0' && a.buf[1] <= '7' {
		label += " " + string(a.buf[1])
	}
	body := a.buf[text[0]:max(text[0], text[1])]
	a.fresh = a.fresh || a.message < 0
	if a.fresh && bytes.HasPrefix(body, []byte("H")) || bytes.HasPrefix(body, []byte("H|")) {
		a.message, a.record = a.message+1, 0
	}
	p := piece{at: a.at, dir: a.dir, kind: frame, bytes: a.buf, label: label, fault: fault, message: a.message, record: a.record, text: [2]int{text[0], text[0] + len(body)}}
	if a.message < 0 {
		p.record = -1
	}
	*a.out = append(*a.out, p)
	a.record += bytes.Count(body, []byte{'\r'})
	a.fresh = bytes.HasSuffix(body, []byte{'\r'}) && bytes.Contains(body, []byte("L|"))
	a.buf, a.open = nil, 0
}

// inBlock reads a block; each of its segments is a piece.
func (a *anatomist) inBlock(c byte) {
	end := byte(fs)
	if a.open == soh {
		end = eot
	}
	if c == a.open { // the block before was cut
		a.flush(block)
		a.open = 0
		a.outside(a.at, c)
		return
	}
	a.buf = append(a.buf, c)
	switch c {
	case end:
		a.flush(block)
		a.open = 0
	case '\r', '\n':
		a.flush(block)
		a.record++
	}
}

// flush makes a piece of what is gathered.
func (a *anatomist) flush(k kind) {
	if len(a.buf) > 0 {
		a.push(k, map[kind]string{block: "block"}[k])
	}
}

func (a *anatomist) push(k kind, label string) {
	p := piece{at: a.at, dir: a.dir, kind: k, bytes: a.buf, label: label, message: -1, record: -1}
	if k == block {
		p.message, p.record, p.text = a.message, a.record, [2]int{0, len(a.buf)}
		if a.buf[0] == vt || a.buf[0] == soh {
			p.text[0] = 1
		} else {
			p.label = ""
		}
		if last := a.buf[len(a.buf)-1]; last == fs || last == eot {
			p.text[1] = max(p.text[0], len(a.buf)-1)
		}
	}
	*a.out = append(*a.out, p)
	a.buf = nil
}
