package hl7

import (
	"strings"
)

// Writer makes the segments of a message. We send strictly: separators in texts are escaped, control characters left
// out, and each segment ends with CR.
type Writer struct {
	s   Separators
	buf []byte
}

// NewWriter makes a writer for these separators; missing ones are the standard's.
func NewWriter(s Separators) *Writer {
	d := Standard()
	for _, p := range [...]struct {
		to   *byte
		from byte
	}{{&s.Field, d.Field}, {&s.Component, d.Component}, {&s.Repeat, d.Repeat}, {&s.Escape, d.Escape}, {&s.Sub, d.Sub}} {
		if *p.to == 0 {
			*p.to = p.from
		}
	}
	return &Writer{s: s}
}

// Segment writes a segment: its name and its fields from number 1 on. Fields are written as they are, so that texts go
// through Text or Components first. Empty fields at the end are left out.
func (w *Writer) Segment(name string, fields ...string) {
	for len(fields) > 0 && fields[len(fields)-1] == "" {
		fields = fields[:len(fields)-1]
	}
	w.Whole(name, fields...)
}

// Whole is Segment with the empty fields at the end written too: some analyzers read fields by position and want them
// all.
func (w *Writer) Whole(name string, fields ...string) {
	w.buf = append(w.buf, name...)
	for _, f := range fields {
		w.buf = append(w.buf, w.s.Field)
		w.buf = append(w.buf, f...)
	}
	w.buf = append(w.buf, '\r')
}

// Raw writes a segment exactly as it came in another message with the same separators.
func (w *Writer) Raw(segment string) {
	w.buf = append(w.buf, strings.TrimRight(segment, "\r\n")...)
	w.buf = append(w.buf, '\r')
}

// Text escapes the separators in s; a line break becomes ".br", other control characters are left out.
func (w *Writer) Text(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || w.letter(r) != 0 }) {
		return s
	}
	var b strings.Builder
	e := string(w.s.Escape)
	for _, r := range s {
		switch l := w.letter(r); {
		case l != 0:
			b.WriteString(e + string(l) + e)
		case r == '\n':
			b.WriteString(e + ".br" + e)
		case r >= ' ' && r != 0x7f:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (w *Writer) letter(r rune) byte {
	switch r {
	case rune(w.s.Field):
		return 'F'
	case rune(w.s.Component):
		return 'S'
	case rune(w.s.Repeat):
		return 'R'
	case rune(w.s.Escape):
		return 'E'
	case rune(w.s.Sub):
		return 'T'
	}
	return 0
}

// Components joins texts to one field, escaped; empty ones at the end are left out.
func (w *Writer) Components(parts ...string) string {
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = w.Text(p)
	}
	return strings.Join(out, string(w.s.Component))
}

// Bytes gives what was written so far.
func (w *Writer) Bytes() []byte { return w.buf }

// Header is the MSH of a message that we send.
type Header struct {
	App, Facility           string // ours; as sent, delimiters included
	ToApp, ToFacility       string
	At                      string // YYYYMMDDHHMMSS
	Type                    []string
	ControlID               string
	Processing, Version     string
	AcceptAck, AppAck       string
	Country, Charset, Extra string // Extra is MSH-21
}

// Header writes MSH.
func (w *Writer) Header(h Header) {
	fields := []string{
		w.s.encoding(), h.App, h.Facility, h.ToApp, h.ToFacility, h.At, "", w.Components(h.Type...), w.Text(h.ControlID),
		h.Processing, h.Version, "", "", h.AcceptAck, h.AppAck, h.Country, h.Charset, "", "", h.Extra,
	}
	w.Segment(headerName, fields...)
}
