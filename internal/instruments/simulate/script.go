package simulate

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/profile"
)

//go:embed scripts/*.txt
var scripts embed.FS

// The parts of a script.
const (
	partResult  = "result"  // an upload of one patient's sample
	partControl = "control" // a control run
	partQuery   = "query"   // the question for the orders of a sample
)

// script is how the analyzer of one profile speaks: its messages as text, with places that are filled in. The file is named
// like the profile. A line of it is
//
//	# a note                                    for people
//	test CODE | NAME | UNIT | LOW | HIGH | n    a test with numbers of n digits behind the point
//	word CODE | NAME | VALUES                   a test that answers in words, with a comma between them
//	list TEXT                                   how each test stands in {tests}; "^^^{code}" without it
//	split                                       one test in each message
//	comma                                       decimals behind a comma
//	thousands                                   a comma between groups of three digits
//	[result], [control], [query]                the lines of that message follow, one for each record or segment
//
// In a message {id} is the control id, {sample} the sample, {sample22} the same padded to 22 characters, {time} the time and
// {tests} the list. Lines that begin with * belong to one test and come again for each, in runs; in them (and everywhere where
// messages are split) {i} counts, and {code}, {code.1} … (its parts between ^), {name}, {value}, {unit}, {flag}, {low} and
// {high} are the test's.
type script struct {
	split, comma, thousands bool
	list                    string
	tests                   []Analyte
	parts                   map[string][]string
}

// Scripted gives the analyzers of all profiles that the simulator has a script for, in the order of their ids.
func Scripted(set *profile.Set) ([]Model, error) {
	var out []Model
	for _, p := range set.All() {
		text, err := fs.ReadFile(scripts, "scripts/"+p.ID+".txt")
		if err != nil {
			continue // a lab's own profile: nobody wrote down how its analyzer speaks
		}
		s, err := readScript(string(text))
		if err != nil {
			return nil, fmt.Errorf("script %s: %w", p.ID, err)
		}
		out = append(out, Model{ID: p.ID, Protocol: p.Protocol, Analytes: s.tests, profile: p, script: s})
	}
	return out, nil
}

// readScript reads a script. A fault names its line.
func readScript(text string) (*script, error) {
	s := &script{list: "^^^{code}", parts: map[string][]string{}}
	part := ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, "[") {
			part = strings.Trim(line, "[]")
			if part != partResult && part != partControl && part != partQuery {
				return nil, fmt.Errorf("line %d: there is no part %q", i+1, part)
			}
			continue
		}
		if part != "" {
			s.parts[part] = append(s.parts[part], line)
			continue
		}
		if err := s.directive(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if len(s.tests) == 0 || len(s.parts[partResult]) == 0 {
		return nil, fmt.Errorf("it has %d tests and %d lines of results", len(s.tests), len(s.parts[partResult]))
	}
	return s, nil
}

func (s *script) directive(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "test", "word":
		a, err := readAnalyte(word, rest)
		if err != nil {
			return err
		}
		s.tests = append(s.tests, a)
	case "list":
		s.list = rest
	case "split":
		s.split = true
	case "comma":
		s.comma = true
	case "thousands":
		s.thousands = true
	default:
		return fmt.Errorf("%q is no word of a script", word)
	}
	return nil
}

func readAnalyte(kind, rest string) (Analyte, error) {
	f := strings.Split(rest, "|")
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	if kind == "word" {
		if len(f) != 3 {
			return Analyte{}, fmt.Errorf("want CODE | NAME | VALUES, and there are %d parts", len(f))
		}
		a := Analyte{Code: f[0], Name: f[1]}
		for w := range strings.SplitSeq(f[2], ",") {
			a.words = append(a.words, strings.TrimSpace(w))
		}
		return a, nil
	}
	if len(f) != 6 {
		return Analyte{}, fmt.Errorf("want CODE | NAME | UNIT | LOW | HIGH | PLACES, and there are %d parts", len(f))
	}
	a := Analyte{Code: f[0], Name: f[1], Unit: f[2]}
	var err error
	for _, n := range []struct {
		to   *float64
		from string
	}{{&a.Low, f[3]}, {&a.High, f[4]}} {
		if *n.to, err = strconv.ParseFloat(n.from, 64); err != nil {
			return a, fmt.Errorf("the limit %q is no number", n.from)
		}
	}
	if a.Places, err = strconv.Atoi(f[5]); err != nil {
		return a, fmt.Errorf("the places %q are no number", f[5])
	}
	return a, nil
}

// write fills in one message.
func (s *script) write(part, id, sample string, rows []row, at time.Time) []byte {
	lines := s.parts[part]
	common := []string{
		"{id}", id, "{sample}", sample, "{sample22}", fmt.Sprintf("%22s", sample), "{time}", stamp(at), "{tests}", s.listOf(rows),
	}
	if len(rows) == 1 {
		common = append(common, s.places(0, rows[0])...)
	}
	var out strings.Builder
	fill := strings.NewReplacer(common...)
	for i := 0; i < len(lines); {
		if !strings.HasPrefix(lines[i], "*") {
			out.WriteString(fill.Replace(lines[i]) + "\r")
			i++
			continue
		}
		end := i
		for end < len(lines) && strings.HasPrefix(lines[end], "*") {
			end++
		}
		for n, r := range rows {
			one := strings.NewReplacer(append(s.places(n, r), common...)...)
			for _, line := range lines[i:end] {
				out.WriteString(one.Replace(line[1:]) + "\r")
			}
		}
		i = end
	}
	return []byte(out.String())
}

// places gives what is filled in for one test.
func (s *script) places(n int, r row) []string {
	value := r.value
	switch {
	case r.words != nil:
	case s.comma:
		value = strings.ReplaceAll(value, ".", ",")
	case s.thousands:
		value = grouped(value)
	}
	out := []string{
		"{i}", strconv.Itoa(n + 1), "{code}", r.Code, "{name}", r.Name, "{value}", value, "{unit}", r.Unit, "{flag}", r.flag,
		"{low}", strconv.FormatFloat(r.Low, 'f', r.Places, 64), "{high}", strconv.FormatFloat(r.High, 'f', r.Places, 64),
	}
	for i, part := range strings.Split(r.Code, "^") {
		out = append(out, "{code."+strconv.Itoa(i+1)+"}", part)
	}
	return out
}

// listOf gives {tests}: each test once, as repeats of one field.
func (s *script) listOf(rows []row) string {
	repeat := `\`
	if head := s.parts[partResult][0]; strings.HasPrefix(head, "H") && len(head) > 2 {
		repeat = head[2:3]
	}
	var out []string
	seen := map[string]bool{}
	for i, r := range rows {
		if one := strings.NewReplacer(s.places(i, r)...).Replace(s.list); !seen[one] {
			seen[one] = true
			out = append(out, one)
		}
	}
	return strings.Join(out, repeat)
}

// grouped puts a comma between thousands.
func grouped(number string) string {
	whole, rest, _ := strings.Cut(number, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	return whole
}

// hello is a message that says no more than who is speaking: what an analyzer sends when it was switched on.
func (s *script) hello(p instruments.Protocol, id string, at time.Time) []byte {
	head := &script{list: s.list, parts: map[string][]string{partResult: s.parts[partResult][:1]}}
	if p != instruments.HL7 {
		head.parts[partResult] = append([]string{head.parts[partResult][0]}, "L|1|N")
	}
	return head.write(partResult, id, "", nil, at)
}
