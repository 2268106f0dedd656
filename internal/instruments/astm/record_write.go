package astm

import (
	"strings"
)

// Writer makes the records of a message. We send strictly: restricted characters are left out, delimiters in texts are
// escaped, and each record ends with CR.
type Writer struct {
	d   Delimiters
	buf []byte
}

// NewWriter makes a writer for these delimiters; missing ones are the standard's.
func NewWriter(d Delimiters) *Writer {
	s := Standard()
	for _, p := range [...]struct {
		to   *byte
		from byte
	}{{&d.Field, s.Field}, {&d.Repeat, s.Repeat}, {&d.Component, s.Component}, {&d.Escape, s.Escape}} {
		if *p.to == 0 {
			*p.to = p.from
		}
	}
	return &Writer{d: d}
}

// Record writes a record. fields[0] is its letter; the others are written as they are, so that texts go through Text,
// Components or Repeats first. Empty fields at the end are left out.
func (w *Writer) Record(fields ...string) {
	for len(fields) > 1 && fields[len(fields)-1] == "" {
		fields = fields[:len(fields)-1]
	}
	for i, f := range fields {
		if i > 0 {
			w.buf = append(w.buf, w.d.Field)
		}
		w.buf = append(w.buf, f...)
	}
	w.buf = append(w.buf, '\r')
}

// Header writes an H record: the delimiters, then fields from number 3 on.
func (w *Writer) Header(fields ...string) {
	first := []string{"H", string([]byte{w.d.Repeat, w.d.Component, w.d.Escape})}
	w.Record(append(first, fields...)...)
}

// Text escapes the delimiters in s and leaves out what the link layer forbids (control characters).
func (w *Writer) Text(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || w.letter(r) != 0 }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch l := w.letter(r); {
		case l != 0:
			b.WriteByte(w.d.Escape)
			b.WriteByte(l)
			b.WriteByte(w.d.Escape)
		case r >= ' ' && r != 0x7f:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// letter gives the escape's letter for a delimiter, 0 for any other character.
func (w *Writer) letter(r rune) byte {
	switch r {
	case rune(w.d.Field):
		return 'F'
	case rune(w.d.Component):
		return 'S'
	case rune(w.d.Repeat):
		return 'R'
	case rune(w.d.Escape):
		return 'E'
	}
	return 0
}

// Components joins texts to one repeat, escaped; empty ones at the end are left out.
func (w *Writer) Components(parts ...string) string {
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = w.Text(p)
	}
	return strings.Join(out, string(w.d.Component))
}

// Repeats joins repeats that are already escaped.
func (w *Writer) Repeats(repeats ...string) string {
	return strings.Join(repeats, string(w.d.Repeat))
}

// Bytes gives what was written so far.
func (w *Writer) Bytes() []byte { return w.buf }

// Delimiters gives the delimiters that the writer uses.
func (w *Writer) Delimiters() Delimiters { return w.d }
