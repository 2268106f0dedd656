package profile

import (
	"regexp"
	"slices"
)

// Regexp is a regular expression in a profile file, compiled when the file is read.
type Regexp struct{ re *regexp.Regexp }

// MustRegexp is for constants in tests; it panics on a malformed expression.
func MustRegexp(s string) *Regexp { return &Regexp{re: regexp.MustCompile(s)} }

// UnmarshalYAML compiles the expression.
func (r *Regexp) UnmarshalYAML(unmarshal func(any) error) error {
	var s string
	if err := unmarshal(&s); err != nil {
		return err
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return err
	}
	r.re = re
	return nil
}

// Match tells whether the text matches.
func (r *Regexp) Match(s string) bool { return r.re.MatchString(s) }

// First gives the first group of the match, the whole match where the expression has no group.
func (r *Regexp) First(s string) (string, bool) {
	m := r.re.FindStringSubmatch(s)
	switch {
	case m == nil:
		return "", false
	case len(m) > 1:
		return m[1], true
	default:
		return m[0], true
	}
}

// String gives the expression's source.
func (r *Regexp) String() string { return r.re.String() }

// Condition is one test of a text in the message. Of is a word for what was already read from the row ("code",
// "value", "flag", "status", "aspect", "name"); At names a field. Exactly one of Is, In, Matches, Filled is set.
type Condition struct {
	At         Place    `yaml:"at"`
	Of         string   `yaml:"of"`
	Delimiters string   `yaml:"delimiters"` // the message's delimiters as sent behind H
	Is         *string  `yaml:"is"`
	In         []string `yaml:"in"`
	Matches    *Regexp  `yaml:"matches"`
	Filled     *bool    `yaml:"filled"`
}

// IsZero tells whether the condition is not set.
func (c Condition) IsZero() bool {
	return c.At.IsZero() && c.Of == "" && c.Delimiters == ""
}

// Holds tests one text.
func (c Condition) Holds(text string) bool {
	switch {
	case c.Is != nil:
		return text == *c.Is
	case len(c.In) > 0:
		return slices.Contains(c.In, text)
	case c.Matches != nil:
		return c.Matches.Match(text)
	case c.Filled != nil:
		return (text != "") == *c.Filled
	default:
		return false
	}
}
