package profile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// BuiltinText gives the text of a profile that comes with the program, as a starting point for one of the lab's own.
func BuiltinText(id string) (string, bool) {
	if strings.ContainsAny(id, "/\\.") {
		return "", false
	}
	data, err := builtin.ReadFile("profiles/" + id + ".yaml")
	return string(data), err == nil
}

// SchemaText gives the schema of a profile file.
func SchemaText() string { return string(schemaText) }

// Check reads one profile and gives every problem of it, each with its line and key; none means that it can be learned.
// The profile is complete, so that it can be tried before anybody relies on it.
func (s *Set) Check(id, text string) (*Profile, []Problem) {
	schema, err := compileSchema()
	if err != nil {
		return nil, []Problem{{File: id + ".yaml", Text: err.Error()}}
	}
	p, err := read(id+".yaml", []byte(text), schema)
	if err != nil {
		return nil, problemsOf(id, err)
	}
	s.base.complete(p)
	return p, nil
}

// problemsOf takes joined errors apart.
func problemsOf(id string, err error) []Problem {
	var p Problem
	var many interface{ Unwrap() []error }
	switch {
	case errors.As(err, &many):
		var out []Problem
		for _, e := range many.Unwrap() {
			out = append(out, problemsOf(id, e)...)
		}
		return out
	case errors.As(err, &p):
		return []Problem{p}
	}
	return []Problem{{File: id + ".yaml", Text: err.Error()}}
}

// Trial is a set that knows one more profile, to see what it makes of a message; the set itself is not touched.
func (s *Set) Trial(p *Profile) *Set {
	l := s.now.Load()
	next := &library{byID: maps.Clone(l.byID), own: maps.Clone(l.own), ids: slices.DeleteFunc(slices.Clone(l.ids), func(id string) bool { return id == p.ID })}
	next.byID[p.ID], next.own[p.ID] = p, true
	next.ids = append([]string{p.ID}, next.ids...)
	out := &Set{base: s.base}
	out.now.Store(next)
	return out
}

// Learn replaces the lab's own profiles, given as text by id, all or none. Those that come with the program stay.
func (s *Set) Learn(own map[string]string) error {
	next := &library{byID: maps.Clone(s.base.byID), own: map[string]bool{}, ids: nil}
	var failed []error
	for _, id := range slices.Sorted(maps.Keys(own)) {
		if s.base.byID[id] != nil {
			failed = append(failed, Problem{File: id + ".yaml", Key: "id", Text: "a profile of the program has this id"})
			continue
		}
		p, problems := s.Check(id, own[id])
		for _, x := range problems {
			failed = append(failed, x)
		}
		if p != nil {
			next.byID[id], next.own[id] = p, true
			next.ids = append(next.ids, id)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("learn profiles: %w", errors.Join(failed...))
	}
	next.ids = append(next.ids, s.base.ids...)
	s.now.Store(next)
	return nil
}

// Own tells whether a profile is the lab's own.
func (s *Set) Own(id string) bool { return s.now.Load().own[id] }
