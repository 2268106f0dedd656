package tree

import (
	"slices"
	"strconv"

	"jaanch/internal/lab"
)

// Judge reads values of a document and gathers what is wrong with it, each with its path. After the first wrong value it
// goes on, so that a person sees everything at once.
type Judge struct{ found []lab.FieldError }

// maxFound bounds what one document can make us say.
const maxFound = 100

// Wrong notes something at a path. The message never holds the value.
func (j *Judge) Wrong(path, code, message string) {
	if len(j.found) < maxFound {
		if path == "" {
			path = "(document)"
		}
		j.found = append(j.found, lab.FieldError{Field: path, Code: code, Message: message})
	}
}

// Found gives what was noted so far.
func (j *Judge) Found() []lab.FieldError { return j.found }

// Err gives nil when nothing was noted, else one error with all of it.
func (j *Judge) Err(code, message string) error {
	if len(j.found) == 0 {
		return nil
	}
	return lab.Invalid(code, message, j.found...)
}

func (j *Judge) want(v *Value, kind Kind) bool {
	if v.Kind() == kind {
		return true
	}
	if v.Has() {
		j.Wrong(v.Path(), "kind", "must be "+kind.String()+", not "+v.Kind().String())
	} else {
		j.Wrong(v.Path(), "missing", "is missing")
	}
	return false
}

// Object notes where the value is no object, and gives it back.
func (j *Judge) Object(v *Value) *Value {
	j.want(v, Object)
	return v
}

// List gives the items of a list that must be there.
func (j *Judge) List(v *Value) []*Value {
	j.want(v, List)
	return v.Items()
}

// MaybeList gives the items of a list that may be missing.
func (j *Judge) MaybeList(v *Value) []*Value {
	if !v.Has() {
		return nil
	}
	return j.List(v)
}

// Text gives text that must be there and hold something.
func (j *Judge) Text(v *Value) string {
	if !j.want(v, Text) {
		return ""
	}
	if v.Scalar() == "" {
		j.Wrong(v.Path(), "empty", "is empty")
	}
	return v.Scalar()
}

// MaybeText gives text, "" where nothing stands.
func (j *Judge) MaybeText(v *Value) string {
	if !v.Has() {
		return ""
	}
	j.want(v, Text)
	return v.Scalar()
}

// OneOf gives text that must be one of the words.
func (j *Judge) OneOf(v *Value, words ...string) string {
	s := j.Text(v)
	if s == "" {
		return ""
	}
	if !slices.Contains(words, s) {
		j.Wrong(v.Path(), "value", "is not one of the known values")
	}
	return s
}

// Int gives a whole number that must be there: a JSON number, nothing else.
func (j *Judge) Int(v *Value) int64 {
	if !j.want(v, Number) {
		return 0
	}
	return j.whole(v)
}

// LooseInt gives a whole number written as a number or as text, 0 where nothing stands. Some services do both.
func (j *Judge) LooseInt(v *Value) int64 {
	if !v.Has() || v.Scalar() == "" && v.Kind() == Text {
		return 0
	}
	if v.Kind() != Text && !j.want(v, Number) {
		return 0
	}
	return j.whole(v)
}

func (j *Judge) whole(v *Value) int64 {
	n, err := strconv.ParseInt(v.Scalar(), 10, 64)
	if err != nil {
		j.Wrong(v.Path(), "whole_number", "must be a whole number")
	}
	return n
}

// Bool gives true or false; false where nothing stands.
func (j *Judge) Bool(v *Value) bool {
	return v.Has() && j.want(v, Bool) && v.Scalar() == "true"
}
