package hl7_test

import (
	"testing"

	"jaanch/internal/instruments/hl7"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFieldNumbers(t *testing.T) {
	t.Parallel()
	m := hl7.Parse([]byte("MSH|^~\\&|APP^x|FAC|||20240311||ORU^R01^ORU_R01|77|P^not present|2.5.1\rOBX|1|NM|GLU^Glucose&sub^L~second||5.1\r"), "")
	for _, c := range []struct{ name, got, want string }{
		{"MSH-1", m.Header().Field(1).Text(), "|"},
		{"MSH-2", string(m.Header().Field(2).Raw), `^~\&`},
		{"MSH-3.2", m.Header().Field(3).Component(2).Text(), "x"},
		{"MSH-12", m.Version(), "2.5.1"},
		{"control id", m.ControlID(), "77"},
		{"OBX-3.2.2", m.Segments[1].Field(3).Component(2).Sub(2).Text(), "sub"},
		{"OBX-3 second repeat", m.Segments[1].Field(3).Repeat(2).Text(), "second"},
		{"OBX-5", m.Segments[1].Field(5).Text(), "5.1"},
		{"OBX-6", m.Segments[1].Field(6).Text(), ""},
		{"OBX-0", m.Segments[1].Field(0).Text(), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
	if code, event := m.Type(); code != "ORU" || event != "R01" {
		t.Errorf("type %s %s", code, event)
	}
	if n := m.Segments[1].Fields(); n != 5 {
		t.Errorf("OBX has %d fields, want 5", n)
	}
	if n := m.Header().Fields(); n != 12 {
		t.Errorf("MSH has %d fields, want 12", n)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		segments   []string
		notes      []hl7.Leniency
	}{
		{"CR", "MSH|^~\\&|A\rPID|1\r", []string{"MSH", "PID"}, nil},
		{"LF and CRLF", "MSH|^~\\&|A\nPID|1\r\nOBR|1", []string{"MSH", "PID", "OBR"}, nil},
		{"blank lines", "\r\n\x00MSH|^~\\&|A\r\r\rPID|1", []string{"MSH", "PID"}, nil},
		{"unknown segment", "MSH|^~\\&|A\rZXY|1", []string{"MSH", "ZXY"}, nil},
		{"no header", "PID|1", []string{"PID"}, []hl7.Leniency{hl7.NoHeader}},
		{"a line that is none", "MSH|^~\\&|A\nsome words", []string{"MSH", "some words"}, []hl7.Leniency{hl7.OddSegment}},
		{"few separators", "MSH|^|A\r", []string{"MSH"}, []hl7.Leniency{hl7.ShortSeparators}},
		{"the same twice", "MSH|^^\\&|A\r", []string{"MSH"}, []hl7.Leniency{hl7.OddSeparators}},
		{"bare header", "MSH\r", []string{"MSH"}, []hl7.Leniency{hl7.ShortSeparators}},
		{"own separators", "MSH#*~!@#A*B\rPID#1", []string{"MSH", "PID"}, nil},
		{"nothing", "", nil, []hl7.Leniency{hl7.NoHeader}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := hl7.Parse([]byte(c.text), "")
			var names []string
			var notes []hl7.Leniency
			for _, g := range m.Segments {
				names = append(names, g.Name)
			}
			for _, n := range m.Notes {
				notes = append(notes, n.Leniency)
			}
			if diff := cmp.Diff(c.segments, names); diff != "" {
				t.Errorf("segments (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEscapes follows chapter 2 of the standard; what is malformed stays as it is.
func TestEscapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw, want string
		malformed bool
	}{
		{`a\F\b`, "a|b", false},
		{`a\S\b\T\c\R\d`, "a^b&c~d", false},
		{`\E\`, `\`, false},
		{`\X4142\`, "AB", false},
		{`\XE9\`, "é", false},
		{`one\.br\two`, "one\ntwo", false},
		{`\H\bold\N\`, "bold", false},
		{`\C2842\x`, "x", false},
		{`\Z9\`, `\Z9\`, false},
		{`C:\dir`, `C:\dir`, true},
		{`\Q\`, `\Q\`, true},
		{`\X4\`, `\X4\`, true},
		{`\`, `\`, true},
		{` padded `, "padded", false},
		{`""`, `""`, false},
	} {
		t.Run(c.raw, func(t *testing.T) {
			t.Parallel()
			m := hl7.Parse([]byte("MSH|^~\\&|A\rOBX|1|ST|X||"+c.raw), "")
			got, malformed := m.Segments[1].Field(5).Decode()
			if got != c.want || malformed != c.malformed {
				t.Errorf("%q malformed=%t, want %q malformed=%t", got, malformed, c.want, c.malformed)
			}
		})
	}
}

// TestCharset: valid UTF-8 wins over what is declared; otherwise the declaration, otherwise what is configured.
func TestCharset(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, declared, fallback, bytes, want string
		wrong                                 bool
	}{
		{"ASCII", "ASCII", "", "Asha", "Asha", false},
		{"UTF-8 declared as UNICODE", "UNICODE", "", "आशा", "आशा", false},
		{"UTF-8 declared as Latin 1", "8859/1", "", "é", "é", false},
		{"Latin 1", "8859/1", "", "\xe9", "é", false},
		{"first repeat counts", "8859/1~UNICODE UTF-8", "", "\xe9", "é", false},
		{"GB 18030", "GB 18030-2000", "", "\xd6\xd0", "中", false},
		{"GB 18030 with a separator as second byte", "GB 18030-2000", "", "\x81\x5c|x", "乗", false},
		{"Cyrillic by configuration", "", "windows-1251", "\xc0", "А", false},
		{"declared UTF-8 that is none", "UNICODE UTF-8", "windows-1252", "\xe9", "é", false},
		{"nothing known", "", "", "\xe9", "é", true},
		{"an unknown set", "KOI7", "", "\xe9", "é", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := "MSH|^~\\&|A||||||ORU^R01|1|P|2.3.1||||||" + c.declared + "\rPID|1||||" + c.bytes + "\r"
			m := hl7.Parse([]byte(text), c.fallback)
			if got := m.Segments[1].Field(5).Text(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			wrong := false
			for _, n := range m.Notes {
				wrong = wrong || n.Leniency == hl7.WrongCharset
			}
			if wrong != c.wrong {
				t.Errorf("noted as wrong: %t, want %t", wrong, c.wrong)
			}
		})
	}
}

func TestWriterRoundTrip(t *testing.T) {
	t.Parallel()
	text := rapid.StringOf(rapid.RuneFrom([]rune("aZ09|^~\\&\né")))
	rapid.Check(t, func(t *rapid.T) {
		a, b := "x"+text.Draw(t, "a")+"x", "x"+text.Draw(t, "b")+"x"
		w := hl7.NewWriter(hl7.Separators{})
		w.Header(hl7.Header{Type: []string{"ORU", "R01"}, ControlID: "1"})
		w.Segment("OBX", "1", w.Components(a, "", b), "", "")
		m := hl7.Parse(w.Bytes(), "")
		if len(m.Segments) != 2 {
			t.Fatalf("read %d segments from %q", len(m.Segments), w.Bytes())
		}
		f := m.Segments[1].Field(2)
		if got := f.Component(1).Text(); got != a {
			t.Fatalf("read %q, wrote %q", got, a)
		}
		if got := f.Component(3).Text(); got != b {
			t.Fatalf("read %q, wrote %q", got, b)
		}
	})
}

func TestBatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"MSH|1\rPID|1\r", []string{"MSH|1\rPID|1\r"}},
		{"FHS|1\rMSH|1\rOBX|MSH|\rMSH|2\n\nMSH|3", []string{"FHS|1\rMSH|1\rOBX|MSH|\r", "MSH|2\n\n", "MSH|3"}},
	} {
		var got []string
		for _, b := range hl7.Batch([]byte(c.text)) {
			got = append(got, string(b))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}
