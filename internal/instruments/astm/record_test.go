package astm_test

import (
	"testing"

	"jaanch/internal/instruments/astm"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseDelimiters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, header, want string
		notes              []astm.Leniency
	}{
		{"standard", `H|\^&|||X`, `|\^&`, nil},
		{"backquote", "H|`^&||||||", "|`^&", nil},
		{"own escape", `H|@^\|1`, `|@^\`, nil},
		{"alone", `H`, `|\^&`, []astm.Leniency{astm.ShortDelimiters}},
		{"none declared", `H||||X`, `|\^&`, []astm.Leniency{astm.ShortDelimiters}},
		{"no escape", `H|\^|X`, `|\^`, []astm.Leniency{astm.ShortDelimiters}},
		{"logged twice", `H|\\^&|||X`, `|\^&`, []astm.Leniency{astm.DoubledDelimiter}},
		{"five characters", `H|\^&~|||X`, `|\^&`, nil},
		{"the same twice", `H|^^&|||X`, `|^^&`, []astm.Leniency{astm.OddDelimiters}},
		{"lower case", `h|\^&|||X`, `|\^&`, []astm.Leniency{astm.LowerCaseRecord}},
		{"own field delimiter", `H*\^&***X`, `*\^&`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := astm.Parse([]byte(c.header))
			if len(got) != 1 {
				t.Fatalf("%d messages", len(got))
			}
			if got[0].Delimiters.String() != c.want {
				t.Errorf("delimiters %q, want %q", got[0].Delimiters.String(), c.want)
			}
			if diff := cmp.Diff(append(c.notes, astm.NoTerminator), leniencies(got[0])); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

func leniencies(m astm.Message) []astm.Leniency {
	var out []astm.Leniency
	for _, n := range m.Notes {
		out = append(out, n.Leniency)
	}
	return out
}

// TestParseMessages covers how records fall into messages, and which faults are named.
func TestParseMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string // record letters of each message, "!" behind one that ended
		notes      []astm.Leniency
	}{
		{"one", "H|\\^&\rP|1\rL|1\r", []string{"HPL!"}, nil},
		{"two in a row", "H|\\^&\rL|1\rH|\\^&\rL|1\r", []string{"HL!", "HL!"}, nil},
		{"header without the end before", "H|\\^&\rP|1\rH|\\^&\rL|1\r", []string{"HP", "HL!"}, []astm.Leniency{astm.NoTerminator}},
		{"LF and CRLF", "H|\\^&\nP|1\r\nL|1", []string{"HPL!"}, nil},
		{"blanks and NULs before records", "\x00H|\\^&\r  P|1\r\r\x00\x00L|1\r", []string{"HPL!"}, nil},
		{"no header", "P|1\rL|1\r", []string{"PL!"}, []astm.Leniency{astm.NoHeader}},
		{"records behind the end", "H|\\^&\rL|1\rR|1\r", []string{"HL!", "R"}, []astm.Leniency{astm.AfterTerminator, astm.NoTerminator}},
		{"unknown letter", "H|\\^&\rX|1\rL|1\r", []string{"HXL!"}, []astm.Leniency{astm.UnknownRecord}},
		{"no record at all", "H|\\^&\rnoise\rL|1\r", []string{"H?L!"}, []astm.Leniency{astm.UnknownRecord}},
		{"lower case", "H|\\^&\rr|1\rl|1\r", []string{"HRL!"}, []astm.Leniency{astm.LowerCaseRecord, astm.LowerCaseRecord}},
		{"L without fields", "H|\\^&\rL\r", []string{"HL!"}, nil},
		{"nothing", "\r\n \x00", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var letters []string
			var notes []astm.Leniency
			for _, m := range astm.Parse([]byte(c.text)) {
				var s []byte
				for _, r := range m.Records {
					s = append(s, max(r.Type, '?'))
				}
				if m.Ended {
					s = append(s, '!')
				}
				letters = append(letters, string(s))
				notes = append(notes, leniencies(m)...)
			}
			if diff := cmp.Diff(c.want, letters); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDelimitersChange reads two messages that declare different delimiters in one text.
func TestDelimitersChange(t *testing.T) {
	t.Parallel()
	got := astm.Parse([]byte("H|\\^&\rR|1|a^b\\c^d\rL|1\rH|@^\\\rR|1|a^b@c\\R\\d\rL|1\r"))
	if len(got) != 2 {
		t.Fatalf("%d messages", len(got))
	}
	first, second := got[0].Records[1].Field(3), got[1].Records[1].Field(3)
	for _, c := range []struct{ name, got, want string }{
		{"second repeat of the first", first.Repeat(2).Component(2).Text(), "d"},
		{"component of the first repeat", first.Component(2).Text(), "b"},
		{"second repeat of the second", second.Repeat(2).Text(), "c@d"},
		{"a repeat that is not there", second.Repeat(3).Text(), ""},
		{"a component that is not there", second.Component(9).Text(), ""},
		{"component 0", second.Component(0).Text(), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

// TestEach gives the same parts as counting them does.
func TestEach(t *testing.T) {
	t.Parallel()
	m := astm.Parse([]byte("H|\\^&\rR|1|a^b\\^d\\|x\rL|1\r"))
	f := m[0].Records[1].Field(3)
	n := 0
	for r := range f.EachRepeat() {
		n++
		if got, want := string(r.Raw), string(f.Repeat(n).Raw); got != want {
			t.Errorf("repeat %d: %q, want %q", n, got, want)
		}
		k := 0
		for c := range r.EachComponent() {
			k++
			if got, want := string(c.Raw), string(f.Repeat(n).Component(k).Raw); got != want {
				t.Errorf("component %d.%d: %q, want %q", n, k, got, want)
			}
		}
		if k != r.Components() {
			t.Errorf("repeat %d: %d components, want %d", n, k, r.Components())
		}
	}
	if n != f.Repeats() || n != 3 {
		t.Errorf("%d repeats, want %d", n, f.Repeats())
	}
}

func TestFieldNumbers(t *testing.T) {
	t.Parallel()
	m := astm.Parse([]byte("H|\\^&|id\rR|1|^^^GLU||mg/dL| |\rL|1\r"))
	r := m[0].Records[1]
	if n := r.Fields(); n != 7 {
		t.Errorf("%d fields, want 7", n)
	}
	for n, want := range map[int]string{-1: "", 0: "", 1: "R", 2: "1", 3: "^^^GLU", 4: "", 5: "mg/dL", 6: "", 7: "", 8: ""} {
		if got := r.Field(n).Text(); got != want {
			t.Errorf("field %d: %q, want %q", n, got, want)
		}
	}
	if got := m[0].Records[0].Field(3).Text(); got != "id" {
		t.Errorf("H-3: %q", got)
	}
	if !r.Field(6).Empty() || r.Field(5).Empty() {
		t.Error("a field of blanks must be empty, one with text must not")
	}
}

// TestEscapes follows E1394 6.6; what is malformed stays as it is.
func TestEscapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw, want string
		malformed bool
	}{
		{"a&F&b", "a|b", false},
		{"a&S&b", "a^b", false},
		{"a&R&b", `a\b`, false},
		{"a&E&b", "a&b", false},
		{"&H&bold&N&", "bold", false},
		{"&X41&&X4243&", "ABC", false},
		{"&XE9&", "é", false}, // a byte of the instrument's code page
		{"&Z12&", "&Z12&", false},
		{"R&D", "R&D", true},
		{"R&D&F&", "R&D|", true},
		{"&Q&", "&Q&", true},
		{"&X4&", "&X4&", true},
		{"&&", "&&", true},
		{"&", "&", true},
		{"  5.5 ", "5.5", false},
	} {
		t.Run(c.raw, func(t *testing.T) {
			t.Parallel()
			m := astm.Parse([]byte("H|\\^&\rR|1||" + c.raw))
			got, malformed := m[0].Records[1].Field(4).Decode()
			if got != c.want || malformed != c.malformed {
				t.Errorf("%q malformed=%t, want %q malformed=%t", got, malformed, c.want, c.malformed)
			}
		})
	}
}

// TestWriterRoundTrip writes any text into any component and reads it again, with each set of delimiters in use.
func TestWriterRoundTrip(t *testing.T) {
	t.Parallel()
	sets := []astm.Delimiters{astm.Standard(), {Field: '|', Repeat: '`', Component: '^', Escape: '&'}, {Field: '|', Repeat: '@', Component: '^', Escape: '\\'}}
	text := rapid.StringOf(rapid.RuneFrom([]rune("aZ09 |\\^&`@é")))
	rapid.Check(t, func(t *rapid.T) {
		d := sets[rapid.IntRange(0, len(sets)-1).Draw(t, "set")]
		a, b, c := text.Draw(t, "a"), text.Draw(t, "b"), text.Draw(t, "c")
		w := astm.NewWriter(d)
		w.Header()
		w.Record("R", "1", w.Repeats(w.Components(a, b, "end"), w.Components(c)))
		w.Record("L", "1")
		got := astm.Parse(w.Bytes())
		if len(got) != 1 || len(got[0].Records) != 3 || !got[0].Ended {
			t.Fatalf("read %d messages from %q", len(got), w.Bytes())
		}
		f := got[0].Records[1].Field(3)
		for _, pair := range [][2]string{
			{f.Component(1).Text(), a}, {f.Component(2).Text(), b}, {f.Component(3).Text(), "end"}, {f.Repeat(2).Text(), c},
		} {
			if want := trim(pair[1]); pair[0] != want {
				t.Fatalf("read %q, wrote %q as %q", pair[0], want, w.Bytes())
			}
		}
	})
}

func trim(s string) string {
	for len(s) > 0 && s[0] == ' ' {
		s = s[1:]
	}
	for len(s) > 0 && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// TestWriterStrict proves that nothing that the link layer forbids leaves the writer.
func TestWriterStrict(t *testing.T) {
	t.Parallel()
	w := astm.NewWriter(astm.Delimiters{})
	w.Record("C", "1", w.Text("a\x02b\nc\rd\x04\x7fe"), "", "")
	if got, want := string(w.Bytes()), "C|1|abcde\r"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
