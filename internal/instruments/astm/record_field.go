package astm

import (
	"bytes"
	"iter"
	"strings"
	"unicode/utf8"

	"jaanch/internal/instruments/charset"
)

// Field is one field of a record, or one repeat or component of it, as it came.
type Field struct {
	Raw []byte
	d   Delimiters
}

// Fields gives how many fields the record has, its letter included.
func (r Record) Fields() int { return len(r.ends) }

// Delimiters gives the delimiters in force for this record.
func (r Record) Delimiters() Delimiters { return r.d }

// Field gives field n, counted from 1 as in the standard (field 1 is the record's letter). A field that is not there is
// empty. For H, field 2 holds the delimiters and is no data.
func (r Record) Field(n int) Field {
	if n < 1 || n > len(r.ends) {
		return Field{d: r.d}
	}
	from := int32(0)
	if n > 1 {
		from = r.ends[n-2] + 1
	}
	return Field{Raw: r.Raw[from:r.ends[n-1]], d: r.d}
}

// Empty tells whether nothing but blanks stands in the field.
func (f Field) Empty() bool { return len(bytes.TrimSpace(f.Raw)) == 0 }

// Repeats gives how many repeats the field has: at least 1.
func (f Field) Repeats() int { return f.count(f.d.Repeat) }

// Repeat gives repeat n, counted from 1.
func (f Field) Repeat(n int) Field { return f.part(f.d.Repeat, n) }

// Components gives how many components the field, or this repeat, has: at least 1.
func (f Field) Components() int { return f.count(f.d.Component) }

// Component gives component n, counted from 1, of this repeat; of a whole field, of its first repeat.
func (f Field) Component(n int) Field { return f.part(f.d.Repeat, 1).part(f.d.Component, n) }

// EachRepeat gives the repeats in order. Use it where there may be many: Repeat counts from the start each time.
func (f Field) EachRepeat() iter.Seq[Field] { return f.each(f.d.Repeat) }

// EachComponent gives the components of this repeat in order; of a whole field, of its first repeat.
func (f Field) EachComponent() iter.Seq[Field] {
	return f.part(f.d.Repeat, 1).each(f.d.Component)
}

func (f Field) each(sep byte) iter.Seq[Field] {
	return func(yield func(Field) bool) {
		rest := f.Raw
		for {
			i := -1
			if sep != 0 {
				i = bytes.IndexByte(rest, sep)
			}
			if i < 0 {
				yield(Field{Raw: rest, d: f.d})
				return
			}
			if !yield(Field{Raw: rest[:i], d: f.d}) {
				return
			}
			rest = rest[i+1:]
		}
	}
}

func (f Field) count(sep byte) int {
	if sep == 0 {
		return 1
	}
	n := 1
	for _, b := range f.Raw {
		if b == sep {
			n++
		}
	}
	return n
}

func (f Field) part(sep byte, n int) Field {
	if n < 1 {
		return Field{d: f.d}
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
			return Field{Raw: rest, d: f.d}
		}
		if i < 0 {
			return Field{d: f.d}
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
	if f.d.Escape == 0 || bytes.IndexByte(f.Raw, f.d.Escape) < 0 {
		return trim(string(f.Raw)), false
	}
	out, malformed := decodeEscapes(f.Raw, f.d)
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

// decodeEscapes replaces the escapes of the standard (E1394 6.6). An escape that is unknown or has no end stays.
func decodeEscapes(b []byte, d Delimiters) (out []byte, malformed bool) {
	out = make([]byte, 0, len(b))
	for {
		i := bytes.IndexByte(b, d.Escape)
		if i < 0 {
			return append(out, b...), malformed
		}
		out = append(out, b[:i]...)
		b = b[i:]
		j := bytes.IndexByte(b[1:], d.Escape)
		if j < 0 {
			return append(out, b...), true
		}
		text, ok := escape(b[1:1+j], d)
		switch {
		case !ok:
			out, malformed = append(out, b[0]), true
			b = b[1:]
			continue
		default:
			out = append(out, text...)
		}
		b = b[j+2:]
	}
}

// escape gives what the escape with this body stands for.
func escape(body []byte, d Delimiters) (text []byte, ok bool) {
	if len(body) == 0 {
		return nil, false
	}
	if len(body) == 1 {
		switch body[0] {
		case 'F', 'f':
			return []byte{d.Field}, true
		case 'S', 's':
			return delimiter(d.Component)
		case 'R', 'r':
			return delimiter(d.Repeat)
		case 'E', 'e':
			return []byte{d.Escape}, true
		case 'H', 'N':
			return nil, true
		}
		return nil, false
	}
	switch body[0] {
	case 'X', 'x':
		return hexBytes(body[1:])
	case 'Z', 'z':
		return append(append([]byte{d.Escape}, body...), d.Escape), true
	}
	return nil, false
}

func delimiter(b byte) ([]byte, bool) {
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

// Cut gives a part of the field's bytes as a field with the same delimiters.
func (f Field) Cut(raw []byte) Field { return Field{Raw: raw, d: f.d} }
