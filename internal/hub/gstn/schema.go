package gstn

import (
	_ "embed"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

// inv01.txt is the schema of INV-01 version 1.1, one field a line: its path, "!" where it is mandatory, and what it is.
//
//go:embed inv01.txt
var inv01 string

// field is one line of the schema.
type field struct {
	required bool
	kind     string
	args     string
	shape    *regexp.Regexp
}

// block is the fields of one object in the order of the schema.
type block struct {
	fields map[string]field
	order  []string
}

// blocks is the schema by the path of each object, without indexes.
var blocks = sync.OnceValue(func() map[string]*block {
	out := map[string]*block{"": {fields: map[string]field{}}}
	for line := range strings.Lines(inv01) {
		path, spec, _ := strings.Cut(strings.TrimSpace(line), " ")
		var f field
		path, f.required = strings.CutSuffix(path, "!")
		f.kind, f.args, _ = strings.Cut(spec, "=")
		if f.kind == "text" {
			var shape string
			if f.args, shape, _ = strings.Cut(f.args, ":"); shape != "" {
				f.shape = regexp.MustCompile(shape)
			}
		}
		parent, name := "", path
		if i := strings.LastIndexByte(path, '.'); i >= 0 {
			parent, name = path[:i], path[i+1:]
		}
		out[parent].fields[name] = f
		out[parent].order = append(out[parent].order, name)
		switch f.kind {
		case "object":
			out[path] = &block{fields: map[string]field{}}
		case "list":
			out[path+"[]"] = &block{fields: map[string]field{}}
		}
	}
	return out
})

// noQuotes is what every text must be free of.
var noQuotes = regexp.MustCompile(`^[^\\"]*$`)

// judge is one judgement of an invoice.
type judge struct {
	tree.Judge

	sandbox  bool // the check digit of a GSTIN is a warning
	signed   bool // the portal's own copy: it adds fields and writes empty ones
	warnings []string
}

// object judges the fields of one object and of what is below.
func (j *judge) object(v *tree.Value, path string) {
	if j.Object(v).Kind() != tree.Object {
		return
	}
	b := blocks()[path]
	for _, m := range v.Members() {
		f, known := b.fields[m.Name]
		if !known {
			if !j.signed {
				j.Wrong(m.Value.Path(), "unknown", "is no field of INV-01")
			}
			continue
		}
		if j.signed && !m.Value.Has() {
			continue
		}
		below := m.Name
		if path != "" {
			below = path + "." + m.Name
		}
		j.field(m.Value, f, below)
	}
	for _, name := range b.order {
		if b.fields[name].required && v.At(name).Kind() == tree.Missing {
			j.Wrong(v.At(name).Path(), "missing", "is missing")
		}
	}
}

func (j *judge) field(v *tree.Value, f field, path string) {
	switch f.kind {
	case "object":
		j.object(v, path)
	case "list":
		items := j.List(v)
		if least, most := bounds(f.args); v.Kind() == tree.List && (len(items) < least || len(items) > most) {
			j.Wrong(v.Path(), "count", "must have "+f.args+" items")
		}
		for _, it := range items {
			j.object(it, path+"[]")
		}
	case "int":
		n := j.Int(v)
		if least, most := bounds(f.args); v.Kind() == tree.Number && (n < int64(least) || n > int64(most)) {
			j.Wrong(v.Path(), "range", "must be between "+strings.Replace(f.args, "-", " and ", 1))
		}
	case "number", "signed":
		j.number(v, f)
	default:
		j.words(v, f)
	}
}

// words judges text of every kind.
func (j *judge) words(v *tree.Value, f field) {
	s := j.Text(v)
	if s == "" {
		return
	}
	switch f.kind {
	case "word":
		j.OneOf(v, strings.Split(f.args, "|")...)
	case "date":
		if _, ok := portalDay(s); !ok || !strings.HasPrefix(s[6:], "20") {
			j.Wrong(v.Path(), "date", "must be a day as dd/MM/yyyy")
		}
	case "state":
		if len(s) > 2 || states[pad(s)] == "" {
			j.Wrong(v.Path(), "state", "is the code of no state")
		}
	case "gstin":
		j.gstin(v, s)
	case "gstin|URP":
		if s != "URP" {
			j.gstin(v, s)
		}
	case "text":
		j.free(v, f, s)
	}
}

// free judges text of no fixed words: its length, its form, and what it must not hold.
func (j *judge) free(v *tree.Value, f field, s string) {
	least, most := bounds(f.args)
	switch n := len([]rune(s)); {
	case n < least || n > most:
		j.Wrong(v.Path(), "length", "must have "+f.args+" characters")
	case f.shape != nil && !f.shape.MatchString(s):
		j.Wrong(v.Path(), "shape", "has not the form that the portal asks for")
	case !noQuotes.MatchString(s):
		j.Wrong(v.Path(), "quotes", `must not hold \ or "`)
	}
}

func (j *judge) gstin(v *tree.Value, s string) {
	switch lab.CodeOf(ParseGSTIN(s)) {
	case "internal": // what is no error of ours is none at all
	case "gstin_check_digit":
		if j.sandbox || OfSandbox(s) {
			j.warnings = append(j.warnings, v.Path()+": check digit (test system)")
			return
		}
		j.Wrong(v.Path(), "gstin_check_digit", "does not fit its check digit")
	case "gstin_state":
		j.Wrong(v.Path(), "gstin_state", "begins with the code of no state")
	default:
		j.Wrong(v.Path(), "gstin_shape", "has not the form of a GSTIN")
	}
}

// number judges a JSON number: decimals, sign, greatest value.
func (j *judge) number(v *tree.Value, f field) {
	if v.Kind() != tree.Number {
		j.Wrong(v.Path(), "kind", "must be a number, not "+v.Kind().String())
		return
	}
	places, most, _ := strings.Cut(f.args, ":")
	digits, _ := strconv.Atoi(places)
	n, ok := milli(v.Scalar())
	limit, _ := milli(most)
	switch {
	case !ok || digits == 2 && new(big.Int).Rem(n, big.NewInt(10)).Sign() != 0:
		j.Wrong(v.Path(), "decimals", "must be a plain number with at most "+places+" decimals")
	case n.Sign() < 0 && f.kind != "signed":
		j.Wrong(v.Path(), "negative", "is negative")
	case n.CmpAbs(limit) > 0:
		j.Wrong(v.Path(), "range", "is greater than "+most)
	}
}

var plain = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,9})?$`)

// milli reads a plain number as thousandths; more than three decimals must be zeros.
func milli(s string) (*big.Int, bool) {
	if !plain.MatchString(s) {
		return new(big.Int), false
	}
	whole, part, _ := strings.Cut(s, ".")
	if strings.Trim(part[min(3, len(part)):], "0") != "" {
		return new(big.Int), false
	}
	n, ok := new(big.Int).SetString(whole+(part + "000")[:3], 10)
	return n, ok
}

func bounds(s string) (int, int) {
	low, high, _ := strings.Cut(s, "-")
	a, _ := strconv.Atoi(low)
	b, _ := strconv.Atoi(high)
	return a, b
}

func pad(state string) string {
	if len(state) == 1 {
		return "0" + state
	}
	return state
}
