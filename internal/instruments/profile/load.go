package profile

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed profiles/*.yaml
var builtin embed.FS

//go:embed schema.json
var schemaText []byte

// Problem is one fault of a profile file, with its place.
type Problem struct { //nolint:errname // a problem is listed, and is an error only where it is returned alone
	File string
	Line int // from 1; 0 where the place is not known
	Key  string
	Text string
}

// Error gives "file:line: key: text".
func (p Problem) Error() string {
	out := p.File
	if p.Line > 0 {
		out += ":" + strconv.Itoa(p.Line)
	}
	if p.Key != "" {
		out += ": " + p.Key
	}
	return out + ": " + p.Text
}

// Set is the profiles that a node knows, complete: what a file leaves out is filled in from the generic profile. A lab's own
// profiles are learned later, while lines are being read, so what the set holds is exchanged as a whole.
type Set struct {
	now  atomic.Pointer[library]
	base *library // without the lab's own
}

// library is the content of a Set at one moment. It is never changed.
type library struct {
	byID map[string]*Profile
	ids  []string // the lab's own first, so that of equal identities its own wins
	own  map[string]bool
}

// Builtin loads the profiles that come with the program.
func Builtin() (*Set, error) {
	sub, err := fs.Sub(builtin, "profiles")
	if err != nil {
		return nil, fmt.Errorf("open built-in profiles: %w", err)
	}
	return Load(sub)
}

// Load reads every .yaml file of a folder. The two generic profiles must be among them. All problems of all files are
// given back together, each a Problem.
func Load(dir fs.FS) (*Set, error) {
	schema, err := compileSchema()
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list profiles: %w", err)
	}
	set, problems := &library{byID: map[string]*Profile{}, own: map[string]bool{}}, []error{}
	for _, name := range names {
		p, err := readFile(dir, name, schema)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if set.byID[p.ID] != nil {
			problems = append(problems, Problem{File: name, Key: "id", Text: "another file has the id " + p.ID})
		}
		set.byID[p.ID] = p
		set.ids = append(set.ids, p.ID)
	}
	for _, id := range []string{GenericASTM, GenericHL7} {
		if set.byID[id] == nil {
			problems = append(problems, fmt.Errorf("profile %s is missing", id))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	sort.Strings(set.ids)
	for _, p := range set.byID {
		set.complete(p)
	}
	out := &Set{base: set}
	out.now.Store(set)
	return out, nil
}

// complete fills in from the generic profile of its protocol what a profile leaves out.
func (l *library) complete(p *Profile) {
	if p.Protocol == HL7 {
		p.fill(l.byID[GenericHL7])
	} else {
		p.fill(l.byID[GenericASTM])
	}
}

// Get gives a profile by its id.
func (s *Set) Get(id string) (*Profile, bool) {
	p, ok := s.now.Load().byID[id]
	return p, ok
}

// All gives the profiles: the lab's own, then the others, each in the order of their ids.
func (s *Set) All() []*Profile {
	l := s.now.Load()
	out := make([]*Profile, 0, len(l.ids))
	for _, id := range l.ids {
		out = append(out, l.byID[id])
	}
	return out
}

func compileSchema() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		return nil, fmt.Errorf("read the profile schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("profile.json", doc); err != nil {
		return nil, fmt.Errorf("add the profile schema: %w", err)
	}
	schema, err := c.Compile("profile.json")
	if err != nil {
		return nil, fmt.Errorf("compile the profile schema: %w", err)
	}
	return schema, nil
}

func readFile(dir fs.FS, name string, schema *jsonschema.Schema) (*Profile, error) {
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	return read(name, data, schema)
}

// read reads and checks one profile. Every error is a Problem, or several joined.
func read(name string, data []byte, schema *jsonschema.Schema) (*Profile, error) {
	var plain any
	if err := yaml.Unmarshal(data, &plain); err != nil {
		return nil, yamlProblem(name, err)
	}
	if err := validate(name, data, plain, schema); err != nil {
		return nil, err
	}
	p := new(Profile)
	if err := yaml.UnmarshalWithOptions(data, p, yaml.Strict()); err != nil {
		return nil, yamlProblem(name, err)
	}
	if want := strings.TrimSuffix(path.Base(name), ".yaml"); p.ID != want {
		return nil, Problem{File: name, Line: lineOf(data, []string{"id"}), Key: "id", Text: "must be the name of the file, " + want}
	}
	return p, nil
}

// validate checks the file against the schema. The document goes through JSON so that numbers are of one type.
func validate(name string, data []byte, plain any, schema *jsonschema.Schema) error {
	text, err := json.Marshal(plain)
	if err != nil {
		return Problem{File: name, Text: err.Error()}
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return Problem{File: name, Text: err.Error()}
	}
	err = schema.Validate(doc)
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	var problems []error
	for _, leaf := range leaves(invalid) {
		text := leaf.Error()
		if _, after, ok := strings.Cut(text, "': "); ok {
			text = after
		}
		if extra, ok := leaf.ErrorKind.(*kind.AdditionalProperties); ok {
			for _, key := range extra.Properties {
				at := append(slices.Clone(leaf.InstanceLocation), key)
				problems = append(problems, Problem{File: name, Line: lineOf(data, at), Key: strings.Join(at, "."), Text: "there is no such key"})
			}
			continue
		}
		problems = append(problems, Problem{
			File: name, Line: lineOf(data, leaf.InstanceLocation),
			Key: strings.Join(leaf.InstanceLocation, "."), Text: text,
		})
	}
	return errors.Join(problems...)
}

func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var out []*jsonschema.ValidationError
	for _, c := range e.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}

// lineOf gives the line of the value at that place of the document, 0 where it can't be found.
func lineOf(data []byte, location []string) int {
	b := (&yaml.PathBuilder{}).Root()
	for _, part := range location {
		if n, err := strconv.ParseUint(part, 10, 32); err == nil {
			b = b.Index(uint(n))
			continue
		}
		b = b.Child(part)
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return 0
	}
	node, err := b.Build().FilterFile(file)
	if err != nil || node == nil || node.GetToken() == nil {
		return 0
	}
	return node.GetToken().Position.Line
}

// yamlProblem takes the line out of an error of the YAML reader, whose first line is "[line:column] text".
func yamlProblem(name string, err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n")
	p := Problem{File: name, Text: text}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		if at, rest, ok := strings.Cut(inner, "] "); ok {
			line, _, _ := strings.Cut(at, ":")
			if n, err := strconv.Atoi(line); err == nil {
				p.Line, p.Text = n, rest
			}
		}
	}
	return p
}
