// Package astm speaks the analyzer protocols E1381 (LIS01), which carries bytes over a line, and E1394 (LIS02), whose
// records are in them. It knows what stands where, not what it means: that is the driver's part.
package astm

import (
	"bytes"
)

// Delimiters are the four characters that a header declares. A zero byte means that there is none.
type Delimiters struct{ Field, Repeat, Component, Escape byte }

// Standard are the delimiters that most instruments use: "|\^&".
func Standard() Delimiters { return Delimiters{Field: '|', Repeat: '\\', Component: '^', Escape: '&'} }

// String gives the delimiters as they stand behind the H of a header.
func (d Delimiters) String() string {
	out := make([]byte, 0, 4)
	for _, b := range [...]byte{d.Field, d.Repeat, d.Component, d.Escape} {
		if b != 0 {
			out = append(out, b)
		}
	}
	return string(out)
}

// Leniency names a fault of the sender that was tolerated. The names are stable: they stand in warnings and in docs.
type Leniency string

// The leniencies of the record layer.
const (
	NoHeader          Leniency = "no_header"          // records without an H before them: standard delimiters assumed
	NoTerminator      Leniency = "no_terminator"      // a message without its L record
	ShortDelimiters   Leniency = "short_delimiters"   // H declares fewer than four characters
	OddDelimiters     Leniency = "odd_delimiters"     // H declares letters, digits or the same character twice
	DoubledDelimiter  Leniency = "doubled_delimiter"  // H declares "\\^&": a log's escaping of "\^&"
	UnknownRecord     Leniency = "unknown_record"     // a record whose letter the standard does not know
	AfterTerminator   Leniency = "after_terminator"   // records behind L that no H begins
	LowerCaseRecord   Leniency = "lower_case_record"  // a record letter in lower case
	MalformedEscape   Leniency = "malformed_escape"   // an escape that is unknown or has no end: kept literally
	UndeclaredCharset Leniency = "undeclared_charset" // bytes that are neither UTF-8 nor the configured set
)

// Note is a leniency and the record that it was needed for.
type Note struct {
	Leniency Leniency
	Record   int // index within the message
}

// Record is one E1394 record. It refers to the bytes that were parsed and copies nothing.
type Record struct {
	Type byte   // upper-case letter; 0 for a line that is no record
	Raw  []byte // the whole record without its CR
	d    Delimiters
	ends []int32 // of each field, counted from the start of Raw
}

// Message is one E1394 message: a header, what follows, and its terminator when it came.
type Message struct {
	Delimiters Delimiters
	Records    []Record
	Ended      bool // the L record came
	Notes      []Note
}

// Parse splits records, each ended by CR (LF and CRLF are tolerated), into messages. Delimiters are taken from every
// header. The messages refer to text and must not outlive a change of it. Parse never fails: what is odd is named in
// the notes, and no byte is dropped except blank lines and blanks or NULs before a record's letter.
func Parse(text []byte) []Message {
	p := parser{
		text: text, d: Standard(),
		ends: make([]int32, 0, bytes.Count(text, []byte{'|'})+bytes.Count(text, []byte{'\r'})+8),
	}
	p.run()
	return p.messages
}

type parser struct {
	text     []byte
	d        Delimiters
	ends     []int32 // one array for the fields of all records
	messages []Message
}

func (p *parser) run() {
	for at := 0; at < len(p.text); {
		if isBlank(p.text[at]) {
			at++
			continue
		}
		at = p.record(at)
	}
	for i := range p.messages {
		if !p.messages[i].Ended {
			p.messages[i].note(NoTerminator, len(p.messages[i].Records)-1)
		}
	}
}

// isBlank tells what may stand before a record's letter without being part of it.
func isBlank(b byte) bool {
	return b == '\r' || b == '\n' || b == ' ' || b == '\t' || b == 0
}

// record takes the record that begins at this offset and gives the offset behind it.
func (p *parser) record(at int) int {
	head := p.text[at:]
	letter, lower := recordType(head, p.d)
	var notes []Leniency
	if lower {
		notes = append(notes, LowerCaseRecord)
	}
	if letter == 'H' {
		var found []Leniency
		p.d, found = readDelimiters(head)
		notes = append(notes, found...)
		p.messages = append(p.messages, Message{Delimiters: p.d, Records: make([]Record, 0, 4+min(len(head)/48, 256))})
	} else if n := len(p.messages); n == 0 || p.messages[n-1].Ended {
		if n == 0 {
			notes = append(notes, NoHeader)
		} else {
			notes = append(notes, AfterTerminator)
		}
		p.messages = append(p.messages, Message{Delimiters: p.d})
	}
	m := &p.messages[len(p.messages)-1]
	if !known(letter) {
		notes = append(notes, UnknownRecord)
	}
	line, ends := p.split(head)
	m.Records = append(m.Records, Record{Type: letter, Raw: line, d: p.d, ends: ends})
	for _, l := range notes {
		m.note(l, len(m.Records)-1)
	}
	if letter == 'L' {
		m.Ended = true
	}
	return at + len(line)
}

func (m *Message) note(l Leniency, record int) {
	m.Notes = append(m.Notes, Note{Leniency: l, Record: record})
}

// split gives the record at the start of head, and the ends of its fields. This is the loop that sees every byte.
func (p *parser) split(head []byte) (line []byte, fields []int32) {
	start := len(p.ends)
	ends, sep := p.ends, p.d.Field
	line = head
	for i, b := range head {
		if b == sep {
			ends = append(ends, int32(i))
		} else if b == '\r' || b == '\n' {
			line = head[:i]
			break
		}
	}
	ends = append(ends, int32(len(line)))
	p.ends = ends
	return line, ends[start:len(ends):len(ends)]
}

// recordType gives the upper-case letter of a record, 0 for a line that begins with none.
func recordType(line []byte, d Delimiters) (letter byte, lower bool) {
	b := line[0]
	if b >= 'a' && b <= 'z' {
		b, lower = b-'a'+'A', true
	}
	if b < 'A' || b > 'Z' {
		return 0, false
	}
	if len(line) > 1 && line[1] != '\r' && line[1] != '\n' && (b == 'H' && isWord(line[1]) || b != 'H' && line[1] != d.Field) {
		return 0, false
	}
	return b, lower
}

func known(letter byte) bool {
	switch letter {
	case 'H', 'P', 'O', 'R', 'C', 'Q', 'M', 'S', 'L':
		return true
	}
	return false
}

func isWord(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}

// readDelimiters takes the delimiters from a header. What it lacks is none, except that a header without any declares
// the standard ones.
func readDelimiters(header []byte) (Delimiters, []Leniency) {
	if i := bytes.IndexAny(header, "\r\n"); i >= 0 {
		header = header[:i]
	}
	if len(header) < 2 {
		return Standard(), []Leniency{ShortDelimiters}
	}
	d := Delimiters{Field: header[1]}
	rest := header[2:]
	if i := bytes.IndexByte(rest, d.Field); i >= 0 {
		rest = rest[:i]
	}
	var notes []Leniency
	if len(rest) == 4 && rest[0] == rest[1] {
		rest, notes = rest[1:], append(notes, DoubledDelimiter)
	}
	for i, to := range [...]*byte{&d.Repeat, &d.Component, &d.Escape} {
		if i < len(rest) && !isWord(rest[i]) && rest[i] > ' ' {
			*to = rest[i]
		}
	}
	switch {
	case len(rest) == 0:
		f := d.Field
		d = Standard()
		d.Field = f
		notes = append(notes, ShortDelimiters)
	case len(rest) < 3:
		notes = append(notes, ShortDelimiters)
	}
	if clash(d) {
		notes = append(notes, OddDelimiters)
	}
	return d, notes
}

// clash tells whether a character has two meanings.
func clash(d Delimiters) bool {
	all := [...]byte{d.Field, d.Repeat, d.Component, d.Escape}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a != 0 && a == b {
				return true
			}
		}
	}
	return false
}
