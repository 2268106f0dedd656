package policy

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// Merge makes one value of two, or says that it cannot. It gives the same answer whichever side comes first.
type Merge func(Contest) (map[int]any, bool)

// MergeFor gives the function of a merge's name. A test finds a name without one.
func MergeFor(name string) (Merge, bool) {
	switch name {
	case "set_union":
		return perField(union), true
	case "max":
		return perField(greatest), true
	case "append_only":
		return perField(same), true
	case "most_restrictive":
		return perField(restrictive), true
	case "max_urgency":
		return perField(ranked("routine", "urgent", "stat")), true
	case "furthest_state":
		return furthest(nil), true
	case "furthest_sample":
		return furthest([]string{"expected", "cancelled", "collected", "received", "stored", "referred", "exhausted", "disposed", "rejected"}), true
	}
	return nil, false
}

// perField merges every field that either side has with the same function.
func perField(merge func(t journal.FieldType, a, b any) (any, bool)) Merge {
	return func(c Contest) (map[int]any, bool) {
		out := make(map[int]any, len(c.Server.Fields))
		for _, f := range c.Entity.Fields {
			if f.Group != c.Group.ID {
				continue
			}
			a, inServer := c.Server.Fields[f.ID]
			b, inClient := c.Client.Fields[f.ID]
			switch {
			case !inClient:
				if inServer {
					out[f.ID] = a
				}
			case !inServer:
				out[f.ID] = b
			default:
				v, ok := merge(f.Type, a, b)
				if !ok {
					return nil, false
				}
				out[f.ID] = v
			}
		}
		return out, true
	}
}

// same takes only what is equal or new: a line that was written is never rewritten.
func same(_ journal.FieldType, a, b any) (any, bool) {
	switch {
	case a == nil:
		return b, true
	case b == nil || equal(a, b):
		return a, true
	}
	return nil, false
}

// union joins two JSON arrays, each element once, in the order of their text.
func union(t journal.FieldType, a, b any) (any, bool) {
	if t != journal.TypeJSON {
		return same(t, a, b)
	}
	seen := map[string]bool{}
	var all []string
	for _, side := range []any{a, b} {
		text, ok := side.(string)
		if !ok {
			if side == nil {
				continue
			}
			return nil, false
		}
		var elements []json.RawMessage
		if json.Unmarshal([]byte(text), &elements) != nil {
			return nil, false
		}
		for _, e := range elements {
			if !seen[string(e)] {
				seen[string(e)] = true
				all = append(all, string(e))
			}
		}
	}
	slices.Sort(all)
	return "[" + strings.Join(all, ",") + "]", true
}

func greatest(_ journal.FieldType, a, b any) (any, bool) { return byOrder(a, b, 1) }

// byOrder gives the greater (sign 1) or the smaller (sign -1) of two numbers or decimals; nothing is the smallest.
func byOrder(a, b any, sign int) (any, bool) {
	if a == nil {
		return b, true
	}
	if b == nil {
		return a, true
	}
	switch x := a.(type) {
	case int64:
		if y, ok := b.(int64); ok {
			if (x > y) == (sign > 0) {
				return x, true
			}
			return y, true
		}
	case string:
		if y, ok := b.(string); ok {
			return decimalByOrder(x, y, sign)
		}
	}
	return nil, false
}

func decimalByOrder(x, y string, sign int) (any, bool) {
	if x == y {
		return x, true
	}
	dx, err1 := lab.ParseDecimal(x)
	dy, err2 := lab.ParseDecimal(y)
	if err1 != nil || err2 != nil {
		return nil, false
	}
	if dx.Cmp(dy)*sign >= 0 {
		return x, true
	}
	return y, true
}

// restrictive lets a consent that was withdrawn beat one that was given: 0 beats 1, "withdrawn" and "refused" beat any
// other word, the earlier end wins.
func restrictive(t journal.FieldType, a, b any) (any, bool) {
	x, ok1 := a.(string)
	y, ok2 := b.(string)
	if ok1 && ok2 {
		for _, word := range []string{"withdrawn", "refused"} {
			if x == word || y == word {
				return word, true
			}
		}
		return same(t, a, b)
	}
	if a == nil {
		return b, true
	}
	return byOrder(a, b, -1)
}

// ranked takes the word that stands further back in the list; a word outside of it goes to a person.
func ranked(words ...string) func(journal.FieldType, any, any) (any, bool) {
	return func(t journal.FieldType, a, b any) (any, bool) {
		x, y := rank(words, a), rank(words, b)
		switch {
		case a == nil || b == nil:
			return same(t, a, b)
		case x < 0 || y < 0:
			return nil, false
		case x > y:
			return a, true
		}
		return b, true
	}
}

func rank(words []string, v any) int {
	text, _ := v.(string)
	return slices.Index(words, text)
}

// furthest takes the whole group of the side that has come further: first by the word of its state, where the group has
// one, then by its numbers in the order of the fields (flags and times only ever grow). Two sides that are equally far
// and not equal go to a person.
func furthest(words []string) Merge {
	return func(c Contest) (map[int]any, bool) {
		for _, f := range c.Entity.Fields {
			if f.Group != c.Group.ID {
				continue
			}
			order, ok := further(f, words, c.Server.Fields[f.ID], c.Client.Fields[f.ID])
			switch {
			case !ok:
				return nil, false
			case order > 0:
				return c.Server.Fields, true
			case order < 0:
				return c.Client.Fields, true
			}
		}
		for _, f := range c.Entity.Fields {
			if f.Group == c.Group.ID && !equal(c.Server.Fields[f.ID], c.Client.Fields[f.ID]) {
				return nil, false
			}
		}
		return c.Server.Fields, true
	}
}

// further compares one field of two sides; texts that are no state say nothing.
func further(f journal.Field, words []string, a, b any) (int, bool) {
	switch {
	case f.Type == journal.TypeInt:
		x, _ := a.(int64)
		y, _ := b.(int64)
		return cmp.Compare(x, y), true
	case f.Column == "state" && len(words) > 0:
		x, y := rank(words, a), rank(words, b)
		return cmp.Compare(x, y), x >= 0 && y >= 0
	}
	return 0, true
}

// equal compares two journalled values.
func equal(a, b any) bool {
	x, ok1 := a.([]byte)
	y, ok2 := b.([]byte)
	if ok1 || ok2 {
		return ok1 && ok2 && slices.Equal(x, y)
	}
	return a == b
}
