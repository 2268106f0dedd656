package hl7

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"jaanch/internal/instruments/charset"
)

// Null is the HL7 null value: delete what is stored. It is data, unlike an empty field, which says nothing.
const Null = `""`

// Field is one field of a segment, or one repeat, component or subcomponent of it, as it came.
type Field struct {
	Raw []byte
	s   Separators
}

// Fields gives the number of the segment's last field.
func (g Segment) Fields() int {
	if g.msh {
		return len(g.ends)
	}
	return len(g.ends) - 1
}

// Field gives field n in the standard's numbering: MSH-1 is the separator itself. A field that is not there is empty.
func (g Segment) Field(n int) Field {
	i := n
	if g.msh {
		if n == 1 {
			if len(g.Raw) > 3 {
				return Field{Raw: g.Raw[3:4], s: g.s}
			}
			return Field{s: g.s}
		}
		i = n - 1
	}
	if i < 1 || i >= len(g.ends) {
		return Field{s: g.s}
	}
	return Field{Raw: g.Raw[g.ends[i-1]+1 : g.ends[i]], s: g.s}
}

// Segment gives the first segment of that name.
func (m *Message) Segment(name string) (Segment, bool) {
	for _, g := range m.Segments {
		if g.Name == name {
			return g, true
		}
	}
	return Segment{s: m.Separators}, false
}

// Header gives MSH; an empty segment where the message has none.
func (m *Message) Header() Segment {
	g, _ := m.Segment(headerName)
	return g
}

// ControlID gives MSH-10.
func (m *Message) ControlID() string { return m.Header().Field(10).Component(1).Text() }

// Type gives MSH-9 components 1 and 2: message and event.
func (m *Message) Type() (code, event string) {
	f := m.Header().Field(9)
	return f.Component(1).Text(), f.Component(2).Text()
}

// Version gives MSH-12.1.
func (m *Message) Version() string { return m.Header().Field(12).Component(1).Text() }

// Empty tells whether nothing but blanks stands in the field. A null is not empty.
func (f Field) Empty() bool { return len(bytes.TrimSpace(f.Raw)) == 0 }

// Null tells whether the field is the HL7 null.
func (f Field) Null() bool { return string(bytes.TrimSpace(f.Raw)) == Null }

// Repeats gives how many repeats the field has: at least 1.
func (f Field) Repeats() int { return f.count(f.s.Repeat) }

// Repeat gives repeat n, counted from 1.
func (f Field) Repeat(n int) Field { return f.part(f.s.Repeat, n) }

// Components gives how many components the field, or this repeat, has: at least 1.
func (f Field) Components() int { return f.count(f.s.Component) }

// Component gives component n, counted from 1; of a whole field, of its first repeat.
func (f Field) Component(n int) Field { return f.part(f.s.Repeat, 1).part(f.s.Component, n) }

// Sub gives subcomponent n, counted from 1; of a whole field, of its first component.
func (f Field) Sub(n int) Field { return f.Component(1).part(f.s.Sub, n) }

func (f Field) count(sep byte) int {
	if sep == 0 {
		return 1
	}
	return 1 + bytes.Count(f.Raw, []byte{sep})
}

func (f Field) part(sep byte, n int) Field {
	if n < 1 {
		return Field{s: f.s}
	}
	rest := f.Raw
	for {
		i := -1
		if sep != 0 {
			i = bytes.IndexByte(rest, sep)
		}
		if n == 1 {
			if i >= 0 {
				rest = rest[:i]
			}
			return Field{Raw: rest, s: f.s}
		}
		if i < 0 {
			return Field{s: f.s}
		}
		rest, n = rest[i+1:], n-1
	}
}

// Text gives the field as text: escapes decoded, then blanks at both ends cut.
func (f Field) Text() string {
	s, _ := f.Decode()
	return s
}

// Decode is Text, and tells whether an escape in it was malformed and kept literally.
func (f Field) Decode() (text string, malformed bool) {
	if f.s.Escape == 0 || bytes.IndexByte(f.Raw, f.s.Escape) < 0 {
		return trim(string(f.Raw)), false
	}
	out, malformed := decodeEscapes(f.Raw, f.s)
	if !utf8.Valid(out) {
		out, _ = charset.Text(out)
	}
	return trim(string(out)), malformed
}

func trim(s string) string {
	if n := len(s); n == 0 || graphic(s[0]) && graphic(s[n-1]) {
		return s // as nearly every field is: nothing at the ends to be cut
	}
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xa0 })
}

// graphic tells of a byte that is a visible letter by itself.
func graphic(b byte) bool { return b > ' ' && b < 0x7f }

// decodeEscapes replaces the escapes of HL7 chapter 2. An escape that is unknown or has no end stays.
func decodeEscapes(b []byte, s Separators) (out []byte, malformed bool) {
	out = make([]byte, 0, len(b))
	for {
		i := bytes.IndexByte(b, s.Escape)
		if i < 0 {
			return append(out, b...), malformed
		}
		out = append(out, b[:i]...)
		b = b[i:]
		j := bytes.IndexByte(b[1:], s.Escape)
		if j < 0 {
			return append(out, b...), true
		}
		text, ok := escape(b[1:1+j], s)
		if !ok {
			out, malformed = append(out, b[0]), true
			b = b[1:]
			continue
		}
		out = append(out, text...)
		b = b[j+2:]
	}
}

// escape gives what the escape with this body stands for. Highlighting and switches of the character set are dropped:
// the message was converted as a whole.
func escape(body []byte, s Separators) (text []byte, ok bool) {
	switch string(body) {
	case "":
		return nil, false
	case "F":
		return []byte{s.Field}, true
	case "S":
		return separator(s.Component)
	case "T":
		return separator(s.Sub)
	case "R":
		return separator(s.Repeat)
	case "E":
		return []byte{s.Escape}, true
	case "H", "N":
		return nil, true
	case ".br", ".BR", ".sp", ".ce":
		return []byte{'\n'}, true
	case ".fi", ".nf":
		return nil, true
	}
	return longEscape(body, s)
}

// longEscape is escape for bodies that carry data behind their letter.
func longEscape(body []byte, s Separators) (text []byte, ok bool) {
	switch body[0] {
	case 'X':
		return hexBytes(body[1:])
	case 'C', 'M':
		if _, isHex := hexBytes(body[1:]); isHex && len(body) >= 5 {
			return nil, true
		}
	case 'Z':
		return append(append([]byte{s.Escape}, body...), s.Escape), true
	}
	return nil, false
}

func separator(b byte) ([]byte, bool) {
	if b == 0 {
		return nil, false
	}
	return []byte{b}, true
}

func hexBytes(b []byte) ([]byte, bool) {
	if len(b) == 0 || len(b)%2 != 0 {
		return nil, false
	}
	out := make([]byte, len(b)/2)
	for i := range out {
		hi, ok1 := hexDigit(b[2*i])
		lo, ok2 := hexDigit(b[2*i+1])
		if !ok1 || !ok2 {
			return nil, false
		}
		out[i] = hi<<4 | lo
	}
	return out, true
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}

// Cut gives a part of the field's bytes as a field with the same separators.
func (f Field) Cut(raw []byte) Field { return Field{Raw: raw, s: f.s} }
