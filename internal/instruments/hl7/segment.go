// Package hl7 reads and writes HL7 v2: MLLP blocks, the session that answers them, segments and fields, and
// acknowledgements in both modes. It knows what stands where, not what it means: that is the driver's part.
package hl7

import (
	"bytes"
	"unicode/utf8"

	"jaanch/internal/instruments/charset"
)

// Separators are the characters that MSH-1 and MSH-2 declare. A zero byte means that there is none.
type Separators struct{ Field, Component, Repeat, Escape, Sub byte }

// Standard are the separators that nearly every sender uses: "|^~\&".
func Standard() Separators {
	return Separators{Field: '|', Component: '^', Repeat: '~', Escape: '\\', Sub: '&'}
}

// encoding gives MSH-2.
func (s Separators) encoding() string {
	out := make([]byte, 0, 4)
	for _, b := range [...]byte{s.Component, s.Repeat, s.Escape, s.Sub} {
		if b != 0 {
			out = append(out, b)
		}
	}
	return string(out)
}

// headerName is the segment that every message begins with.
const headerName = "MSH"

// Leniency names a fault of the sender that was tolerated. The names are stable: they stand in warnings and in docs.
type Leniency string

// The leniencies of the segment layer.
const (
	NoHeader        Leniency = "no_header"        // segments without an MSH before them
	ShortSeparators Leniency = "short_separators" // MSH-2 declares fewer than four characters
	OddSeparators   Leniency = "odd_separators"   // MSH declares letters, digits or the same character twice
	OddSegment      Leniency = "odd_segment"      // a line that does not begin with a segment's name
	MalformedEscape Leniency = "malformed_escape" // an escape that is unknown or has no end: kept literally
	WrongCharset    Leniency = "wrong_charset"    // bytes that do not fit the declared character set
)

// Note is a leniency and the segment that it was needed for.
type Note struct {
	Leniency Leniency
	Segment  int // index within the message
}

// Segment is one HL7 segment. It refers to the bytes that were parsed and copies nothing.
type Segment struct {
	Name string // "MSH", "OBX"; as sent
	Raw  []byte // the whole segment without its CR
	s    Separators
	msh  bool    // fields of MSH count the separator as field 1
	ends []int32 // of each field, counted from the start of Raw
}

// Message is one HL7 v2 message.
type Message struct {
	Separators Separators
	Segments   []Segment
	Charset    string // MSH-18 as sent, or what the caller configured
	Converted  bool   // the bytes were of Charset and not UTF-8, so that what is sent back must be converted again
	Notes      []Note
}

// Parse splits the payload of one block into segments. Segments end with CR; LF and CRLF are tolerated. fallback names
// the character set of a sender that declares none. The message refers to payload, unless that had to be converted to
// UTF-8, and must not outlive a change of it. Parse never fails: what is odd is named in the notes.
func Parse(payload []byte, fallback string) *Message {
	start := header(payload)
	m := &Message{Separators: Standard()}
	if start < 0 {
		m.note(NoHeader, 0)
	} else {
		m.readSeparators(payload[start:])
		m.Charset = declared(payload[start:], m.Separators)
	}
	if m.Charset == "" {
		m.Charset = fallback
	}
	text, ok := charset.Text(payload, m.Charset, fallback)
	if !ok {
		m.note(WrongCharset, 0)
	}
	m.Converted = !utf8.Valid(payload)
	m.split(text)
	return m
}

func (m *Message) note(l Leniency, segment int) {
	m.Notes = append(m.Notes, Note{Leniency: l, Segment: segment})
}

// header gives the offset of MSH at the start of a line, -1 where there is none.
func header(b []byte) int {
	for at := 0; at < len(b); {
		if isBlank(b[at]) {
			at++
			continue
		}
		if bytes.HasPrefix(b[at:], []byte(headerName)) {
			return at
		}
		next := bytes.IndexAny(b[at:], "\r\n")
		if next < 0 {
			return -1
		}
		at += next
	}
	return -1
}

// Batch cuts a payload in front of every MSH but the first, so that each part is one message. A batch's own segments
// (FHS, BHS, BTS, FTS) stay with the message beside them.
func Batch(payload []byte) [][]byte {
	var out [][]byte
	first, from := true, 0
	for at := 0; at < len(payload); {
		if isBlank(payload[at]) {
			at++
			continue
		}
		if bytes.HasPrefix(payload[at:], []byte(headerName)) {
			if !first {
				out = append(out, payload[from:at])
				from = at
			}
			first = false
		}
		next := bytes.IndexAny(payload[at:], "\r\n")
		if next < 0 {
			break
		}
		at += next
	}
	return append(out, payload[from:])
}

func isBlank(b byte) bool {
	return b == '\r' || b == '\n' || b == ' ' || b == '\t' || b == 0
}

// readSeparators takes the separators from MSH; what it lacks is none, except that an MSH without any has the standard
// ones.
func (m *Message) readSeparators(msh []byte) {
	if i := bytes.IndexAny(msh, "\r\n"); i >= 0 {
		msh = msh[:i]
	}
	if len(msh) < 4 || isWord(msh[3]) {
		m.note(ShortSeparators, 0)
		return
	}
	s := Separators{Field: msh[3]}
	rest := msh[4:]
	if i := bytes.IndexByte(rest, s.Field); i >= 0 {
		rest = rest[:i]
	}
	for i, to := range [...]*byte{&s.Component, &s.Repeat, &s.Escape, &s.Sub} {
		if i < len(rest) && !isWord(rest[i]) && rest[i] > ' ' {
			*to = rest[i]
		}
	}
	if len(rest) == 0 {
		f := s.Field
		s = Standard()
		s.Field = f
	}
	if len(rest) < 4 {
		m.note(ShortSeparators, 0)
	}
	if clash(s) {
		m.note(OddSeparators, 0)
	}
	m.Separators = s
}

func isWord(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

func clash(s Separators) bool {
	all := [...]byte{s.Field, s.Component, s.Repeat, s.Escape, s.Sub}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a != 0 && a == b {
				return true
			}
		}
	}
	return false
}

// declared gives the first repeat of MSH-18, before the message is converted: the separators are ASCII in every set
// that instruments use.
func declared(msh []byte, s Separators) string {
	if i := bytes.IndexAny(msh, "\r\n"); i >= 0 {
		msh = msh[:i]
	}
	for n := 1; n < 18; n++ {
		i := bytes.IndexByte(msh, s.Field)
		if i < 0 {
			return ""
		}
		msh = msh[i+1:]
	}
	if i := bytes.IndexByte(msh, s.Field); i >= 0 {
		msh = msh[:i]
	}
	if i := bytes.IndexByte(msh, s.Repeat); s.Repeat != 0 && i >= 0 {
		msh = msh[:i]
	}
	return string(bytes.TrimSpace(msh))
}

// split is the loop that sees every byte. One array holds the ends of all fields of all segments.
func (m *Message) split(text []byte) {
	sep := m.Separators.Field
	ends := make([]int32, 0, bytes.Count(text, []byte{sep})+bytes.Count(text, []byte{'\r'})+8)
	m.Segments = make([]Segment, 0, 2+bytes.Count(text, []byte{'\r'}))
	for at := 0; at < len(text); {
		if isBlank(text[at]) {
			at++
			continue
		}
		line, start := text[at:], len(ends)
		for i, b := range line {
			if b == sep {
				ends = append(ends, int32(i))
			} else if b == '\r' || b == '\n' {
				line = line[:i]
				break
			}
		}
		ends = append(ends, int32(len(line)))
		at += len(line)
		m.add(line, ends[start:len(ends):len(ends)])
	}
}

func (m *Message) add(line []byte, ends []int32) {
	name := line[:ends[0]]
	if len(name) != 3 || !isUpper(name[0]) {
		m.note(OddSegment, len(m.Segments))
	}
	known := segmentName(name)
	m.Segments = append(m.Segments, Segment{
		Name: known, Raw: line, s: m.Separators, ends: ends,
		msh: headerSegment(known),
	})
}

// headerSegment tells whether a segment counts its separator as field 1.
func headerSegment(name string) bool {
	switch name {
	case headerName, "BHS", "FHS":
		return true
	}
	return false
}

func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }

// segmentName gives the name without an allocation for the segments that make up nearly every message.
func segmentName(b []byte) string {
	switch string(b) {
	case "OBX":
		return "OBX"
	case "NTE":
		return "NTE"
	case "OBR":
		return "OBR"
	case "ORC":
		return "ORC"
	case "INV":
		return "INV"
	case "TCD":
		return "TCD"
	case "SPM":
		return "SPM"
	case "SAC":
		return "SAC"
	case "PID":
		return "PID"
	case "PV1":
		return "PV1"
	case headerName:
		return headerName
	case "DSP":
		return "DSP"
	}
	return string(b)
}
