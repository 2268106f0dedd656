package fhir

import (
	"strings"

	"jaanch/internal/lab/tree"
)

// profiles judges a resource by the profiles of NRCeS that it claims, and refuses one that claims none where there is
// one for its type: without it nobody knows what the sender promised.
func (c *check) profiles(v *tree.Value, resource string) {
	claimed, mine := 0, 0
	for _, u := range v.Walk("meta", "profile").Items() {
		name, ok := strings.CutPrefix(u.Scalar(), Profiles)
		if !ok {
			continue
		}
		name, _, _ = strings.Cut(name, "|")
		claimed++
		p := profiles()[name]
		switch {
		case p == nil:
			c.unchecked[name] = true
		case p.resource != resource:
			c.Wrong(u.Path(), "profile", "is a profile of "+p.resource+", not of "+resource)
		default:
			mine++
			c.needs(v, p)
		}
	}
	if claimed == 0 && c.document && hasProfile(resource) {
		c.Wrong(v.At("meta").At("profile").Path(), "profile", "names no profile of NRCeS")
	}
	if mine > 0 {
		c.beyond(v, resource)
	}
}

func hasProfile(resource string) bool {
	for _, p := range profiles() {
		if p.resource == resource {
			return true
		}
	}
	return false
}

// needs judges cardinality, fixed values and closed slices.
func (c *check) needs(v *tree.Value, p *profile) {
	closed := map[string][]need{} // path of the sliced list to the needs of its slices
	var order []string
	for _, n := range p.needs {
		if list, rest, ok := sliced(n); ok {
			key := strings.Join(list, ".")
			if closed[key] == nil {
				order = append(order, key)
			}
			closed[key] = append(closed[key], rest)
			continue
		}
		last := n.path[len(n.path)-1]
		for _, parent := range all(v, n.path[:len(n.path)-1]) {
			c.count(parent, last, n)
		}
	}
	for _, key := range order {
		for _, list := range lists(v, strings.Split(key, ".")) {
			c.slices(list, closed[key])
		}
	}
}

// sliced takes "section.entry:DiagnosticReport.type" apart: the list, and the need below it whose first segment is the
// name of the slice.
func sliced(n need) ([]string, need, bool) {
	for i, segment := range n.path {
		if name, slice, ok := strings.Cut(segment, ":"); ok {
			rest := n
			rest.path = append([]string{slice}, n.path[i+1:]...)
			return append(append([]string{}, n.path[:i]...), name), rest, true
		}
	}
	return nil, need{}, false
}

// count judges how often an element stands in its parent, and its fixed value. A primitive that only has an extension
// stands there too.
func (c *check) count(parent *tree.Value, name string, n need) {
	if base, choice := strings.CutSuffix(name, "[x]"); choice {
		if n.least > 0 && !hasChoice(parent, base) {
			c.Wrong(parent.At(name).Path(), "missing", "is missing")
		}
		return
	}
	v := parent.At(name)
	got := 0
	switch {
	case v.Kind() == tree.List:
		got = len(v.Items())
	case v.Has() || parent.At("_"+name).Has():
		got = 1
	}
	switch {
	case got < n.least:
		c.Wrong(v.Path(), "missing", "is missing")
	case n.most > 0 && got > n.most:
		c.Wrong(v.Path(), "too_many", "stands more often than the profile allows")
	case n.fixed != "" && v.Kind() != tree.List && v.Has() && v.Scalar() != n.fixed:
		c.Wrong(v.Path(), "fixed", "must be "+n.fixed)
	}
}

// hasChoice says whether one of a choice stands in an object: "value[x]" may be valueString.
func hasChoice(v *tree.Value, base string) bool {
	for _, m := range v.Members() {
		if rest, ok := strings.CutPrefix(m.Name, base); ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
			return true
		}
	}
	return false
}

// slices judges a closed list: every item is one of the slices, told by the fixed value of its discriminator.
func (c *check) slices(list *tree.Value, needs []need) {
	most, got := map[string]int{}, map[string]int{}
	fixed := map[string]need{} // slice to its discriminator
	for _, n := range needs {
		switch {
		case len(n.path) == 1:
			most[n.path[0]] = n.most
		case n.fixed != "":
			fixed[n.path[0]] = n
		}
	}
	for _, item := range list.Items() {
		slice := ""
		var by string
		for name, n := range fixed {
			by = n.path[1]
			if item.At(by).Scalar() == n.fixed {
				slice = name
			}
		}
		if slice == "" {
			code, text := "slice", "is none of the values that the profile allows here"
			if !item.At(by).Has() {
				code, text = "missing", "is missing"
			}
			c.Wrong(item.At(by).Path(), code, text)
			continue
		}
		got[slice]++
		if most[slice] > 0 && got[slice] > most[slice] {
			c.Wrong(item.Path(), "too_many", "is one too many of its kind")
		}
		for _, n := range needs {
			if n.path[0] == slice && len(n.path) == 2 {
				c.count(item, n.path[1], n)
			}
		}
	}
}

// all gives every value at a path below v, going through lists.
func all(v *tree.Value, path []string) []*tree.Value {
	found := []*tree.Value{v}
	for _, name := range path {
		var next []*tree.Value
		for _, f := range found {
			at := f.At(name)
			switch {
			case at.Kind() == tree.List:
				next = append(next, at.Items()...)
			case at.Has():
				next = append(next, at)
			}
		}
		found = next
	}
	return found
}

// lists gives every list at a path below v.
func lists(v *tree.Value, path []string) []*tree.Value {
	var out []*tree.Value
	for _, parent := range all(v, path[:len(path)-1]) {
		if l := parent.At(path[len(path)-1]); l.Kind() == tree.List {
			out = append(out, l)
		}
	}
	return out
}

// beyond are the demands that the guide makes in words.
func (c *check) beyond(v *tree.Value, resource string) {
	switch resource {
	case "Patient", "Practitioner":
		if !v.At("name").Has() {
			c.Wrong(v.At("name").Path(), "missing", "is missing")
		}
	case "Specimen":
		if !v.At("type").Has() {
			c.Wrong(v.At("type").Path(), "missing", "is missing")
		}
	case "Composition":
		if claims(v, "DiagnosticReportRecord") {
			for _, coding := range v.At("type").At("coding").Items() {
				if coding.At("code").Scalar() != diagnosticRecord {
					c.Wrong(coding.At("code").Path(), "fixed", "must be "+diagnosticRecord)
				}
			}
		}
	}
}

func claims(v *tree.Value, name string) bool {
	for _, u := range v.Walk("meta", "profile").Items() {
		if u.Scalar() == Profiles+name {
			return true
		}
	}
	return false
}

// diagnosticRecord is SNOMED CT's "Diagnostic studies report".
const diagnosticRecord = "721981007"
