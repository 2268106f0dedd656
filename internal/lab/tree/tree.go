// Package tree holds a JSON document as a tree whose every value knows its path. What comes from outside is read through
// it, because a refusal must name the place ("entry[0].changes[0].value.statuses[0].id") and never the value, which may
// be a patient's. The reader is stricter than encoding/json: a name that stands twice in one object, bytes behind the
// document, broken UTF-8 and depth beyond a bound are refused, since a second reader could understand them otherwise.
package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"jaanch/internal/lab"
)

// Kind is what a value is.
type Kind uint8

// The kinds of value. Missing is what a look-up finds where nothing stands.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	Text
	List
	Object
)

// String names the kind as a sentence does.
func (k Kind) String() string {
	return [...]string{"nothing", "null", "true or false", "a number", "text", "a list", "an object"}[k]
}

// maxDepth bounds nesting; the deepest format here (FHIR) stays below 20.
const maxDepth = 64

// Value is one value of a document. The zero Value is missing.
type Value struct {
	kind    Kind
	path    string
	scalar  string // text, the number as it was written, "true" or "false"
	items   []*Value
	members []Member
}

// Member is one name of an object with its value, in the order of the document.
type Member struct {
	Name  string
	Value *Value
}

// Parse reads one document of at most limit bytes. The errors are lab.Error of kind invalid or too large and name the
// path, or the offset where the document is no JSON at all.
func Parse(raw []byte, limit int) (*Value, error) {
	if len(raw) > limit {
		return nil, &lab.Error{Kind: lab.KindTooLarge, Code: "document_too_large", Message: "The document is larger than " + strconv.Itoa(limit) + " bytes."}
	}
	if !utf8.Valid(raw) {
		return nil, lab.Invalid("document_not_utf8", "The document is not UTF-8.")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := read(d, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed(d, "There is more behind the end of the document")
	}
	return v, nil
}

func malformed(d *json.Decoder, what string) error {
	return lab.Invalid("document_not_json", what+" (byte "+strconv.FormatInt(d.InputOffset(), 10)+").")
}

func read(d *json.Decoder, path string, depth int) (*Value, error) {
	if depth > maxDepth {
		return nil, lab.Invalid("document_too_deep", "The document is nested too deeply.", lab.FieldError{Field: path, Code: "too_deep"})
	}
	token, err := d.Token()
	if err != nil {
		return nil, malformed(d, "This is not JSON")
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return readObject(d, path, depth)
		}
		return readList(d, path, depth)
	case string:
		return &Value{kind: Text, path: path, scalar: t}, nil
	case json.Number:
		return &Value{kind: Number, path: path, scalar: t.String()}, nil
	case bool:
		return &Value{kind: Bool, path: path, scalar: strconv.FormatBool(t)}, nil
	}
	return &Value{kind: Null, path: path}, nil
}

func readObject(d *json.Decoder, path string, depth int) (*Value, error) {
	v := &Value{kind: Object, path: path}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, malformed(d, "This is not JSON")
		}
		name, _ := token.(string)
		at := join(path, name)
		if seen[name] {
			return nil, lab.Invalid("document_name_twice", "A name stands twice in one object.", lab.FieldError{Field: at, Code: "twice", Message: "stands twice"})
		}
		seen[name] = true
		value, err := read(d, at, depth+1)
		if err != nil {
			return nil, err
		}
		v.members = append(v.members, Member{name, value})
	}
	if _, err := d.Token(); err != nil {
		return nil, malformed(d, "This is not JSON")
	}
	return v, nil
}

func readList(d *json.Decoder, path string, depth int) (*Value, error) {
	v := &Value{kind: List, path: path}
	for d.More() {
		item, err := read(d, path+"["+strconv.Itoa(len(v.items))+"]", depth+1)
		if err != nil {
			return nil, err
		}
		v.items = append(v.items, item)
	}
	if _, err := d.Token(); err != nil {
		return nil, malformed(d, "This is not JSON")
	}
	return v, nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Kind gives what the value is. A nil value is missing.
func (v *Value) Kind() Kind {
	if v == nil {
		return Missing
	}
	return v.kind
}

// Path gives where the value stands, "" for the whole document.
func (v *Value) Path() string {
	if v == nil {
		return ""
	}
	return v.path
}

// Has says whether something other than null stands here.
func (v *Value) Has() bool { return v.Kind() > Null }

// At finds a member, or a missing value with the path where it would stand.
func (v *Value) At(name string) *Value {
	if v.Kind() == Object {
		for _, m := range v.members {
			if m.Name == name {
				return m.Value
			}
		}
	}
	return &Value{path: join(v.Path(), name)}
}

// Walk follows names from object to object.
func (v *Value) Walk(names ...string) *Value {
	for _, n := range names {
		v = v.At(n)
	}
	return v
}

// Items gives what a list holds, nothing for any other kind.
func (v *Value) Items() []*Value {
	if v == nil {
		return nil
	}
	return v.items
}

// Members gives what an object holds in the order of the document.
func (v *Value) Members() []Member {
	if v == nil {
		return nil
	}
	return v.members
}

// Scalar gives text as it is, a number as it was written, "true" or "false"; "" for everything else.
func (v *Value) Scalar() string {
	if v == nil {
		return ""
	}
	return v.scalar
}
