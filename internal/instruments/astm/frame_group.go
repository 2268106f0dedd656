package astm

import (
	"bytes"

	"jaanch/internal/instruments"
)

// group puts the text of frames back together to messages. Frames may be cut anywhere, so records are looked for in the
// joined text alone; a message ends with its L record, and failing that with the next H record or the end of the session.
//
// It holds plain values, so that a copy made before add undoes it: that is how a frame whose store failed is refused
// without a trace. Messages handed out are copies.
type group struct {
	limit  int    // of one message, in bytes
	buf    []byte // the message so far: records ended by CR
	record int    // where the record begins that is not ended yet
	field  byte   // the field delimiter of the current H record, 0 before one
	open   bool   // the last frame was an ETB frame: its end is no end of a record
}

// add appends a frame's text and gives the messages that it completed; false when the message grows over the limit.
func (g *group) add(text []byte, final bool) ([]instruments.Text, bool) {
	if len(g.buf)+len(text) > g.limit {
		return nil, false
	}
	var done []instruments.Text
	for len(text) > 0 {
		n := bytes.IndexByte(text, cr)
		if m := bytes.IndexByte(text, lf); m >= 0 && (n < 0 || m < n) {
			n = m
		}
		if n < 0 {
			g.buf = append(g.buf, text...)
			break
		}
		g.buf = append(g.buf, text[:n]...)
		text = text[n+1:]
		done = g.endRecord(done)
	}
	g.open = !final
	if final {
		done = g.endRecord(done)
	}
	return done, true
}

// endRecord ends the record at the end of buf. An empty one is dropped: it is the LF behind a CR.
func (g *group) endRecord(done []instruments.Text) []instruments.Text {
	rec := g.buf[g.record:]
	if len(rec) == 0 {
		return done
	}
	switch rec[0] {
	case 'H', 'h':
		if !g.isHeader(rec) {
			break
		}
		if g.record > 0 {
			done = append(done, instruments.Text{Bytes: bytes.Clone(g.buf[:g.record]), Ending: instruments.Closed})
			g.buf = append([]byte(nil), rec...)
		}
		g.field = '|'
		if len(g.buf) > 1 {
			g.field = g.buf[1]
		}
	case 'L', 'l':
		if len(rec) == 1 || rec[1] == g.field || g.field == 0 && rec[1] == '|' {
			done = append(done, instruments.Text{Bytes: append(bytes.Clone(g.buf), cr), Ending: instruments.Terminated})
			g.reset()
			return done
		}
	}
	g.buf = append(g.buf, cr)
	g.record = len(g.buf)
	return done
}

// isHeader tells an H record from a record of another kind that happens to begin with H: its second character is a
// delimiter.
func (g *group) isHeader(rec []byte) bool {
	return len(rec) == 1 || punctuation(rec[1])
}

// end gives what stands there when the session is over, and how it came to its end. A chain of ETB frames without its end
// is cut, however the session ended.
func (g *group) end(how instruments.Ending) []instruments.Text {
	if len(g.buf) == 0 {
		return nil
	}
	m := instruments.Text{Bytes: bytes.Clone(g.buf), Ending: how}
	if how == instruments.Cut || g.open && g.record < len(g.buf) {
		m.Ending = instruments.Cut
	} else if g.record < len(g.buf) {
		m.Bytes = append(m.Bytes, cr)
	}
	g.reset()
	return []instruments.Text{m}
}

func (g *group) reset() {
	*g = group{limit: g.limit}
}
