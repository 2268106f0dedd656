package tree

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Of makes an object of members; those without a value are left out, so that an empty field never reaches a document.
func Of(members ...Member) *Value {
	v := &Value{kind: Object}
	for _, m := range members {
		if m.Value.Has() {
			v.members = append(v.members, m)
		}
	}
	return v
}

// M is a member of an object that is being made.
func M(name string, value *Value) Member { return Member{name, value} }

// T is text; empty text is missing.
func T(s string) *Value {
	if s == "" {
		return nil
	}
	return &Value{kind: Text, scalar: s}
}

// N is a number by its plain decimal text; "" is missing.
func N(s string) *Value {
	if s == "" {
		return nil
	}
	return &Value{kind: Number, scalar: s}
}

// I is a whole number.
func I(n int64) *Value { return N(strconv.FormatInt(n, 10)) }

// B is true or false.
func B(b bool) *Value { return &Value{kind: Bool, scalar: strconv.FormatBool(b)} }

// L is a list of what is not missing; a list of nothing is missing.
func L(items ...*Value) *Value {
	v := &Value{kind: List}
	for _, it := range items {
		if it.Has() {
			v.items = append(v.items, it)
		}
	}
	if len(v.items) == 0 {
		return nil
	}
	return v
}

// JSON gives the document without blanks, members in their order. Non-ASCII text stays as it is.
func (v *Value) JSON() []byte { return v.append(nil) }

func (v *Value) append(b []byte) []byte {
	switch v.Kind() {
	case Text:
		return appendText(b, v.scalar)
	case Number, Bool:
		return append(b, v.scalar...)
	case List:
		b = append(b, '[')
		for i, it := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = it.append(b)
		}
		return append(b, ']')
	case Object:
		b = append(b, '{')
		for i, m := range v.members {
			if i > 0 {
				b = append(b, ',')
			}
			b = m.Value.append(append(appendText(b, m.Name), ':'))
		}
		return append(b, '}')
	case Missing, Null:
	}
	return append(b, "null"...)
}

func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == '\u2028' || r == '\u2029' || r == 0x7f:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// Placed gives the same document with every path set, as if it had just been read.
func (v *Value) Placed() *Value { return v.placed("") }

func (v *Value) placed(path string) *Value {
	if v == nil {
		return &Value{path: path}
	}
	out := &Value{kind: v.kind, path: path, scalar: v.scalar}
	for i, it := range v.items {
		out.items = append(out.items, it.placed(path+"["+strconv.Itoa(i)+"]"))
	}
	for _, m := range v.members {
		out.members = append(out.members, Member{m.Name, m.Value.placed(join(path, m.Name))})
	}
	return out
}
