package policy

import (
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
	case "set_union", "union":
		return perField(union), true
	case "max", "furthest":
		return perField(greatest), true
	case "min":
		return perField(least), true
	case "append_only", "append":
		return perField(same), true
	case "most_restrictive":
		return perField(restrictive), true
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

func least(_ journal.FieldType, a, b any) (any, bool) { return byOrder(a, b, -1) }

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

// equal compares two journalled values.
func equal(a, b any) bool {
	x, ok1 := a.([]byte)
	y, ok2 := b.([]byte)
	if ok1 || ok2 {
		return ok1 && ok2 && slices.Equal(x, y)
	}
	return a == b
}
