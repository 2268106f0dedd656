package label_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"jaanch/internal/lab"
	"jaanch/internal/lab/label"
	"jaanch/internal/lab/sample"

	"pgregory.net/rapid"
)

func example() label.Label {
	return label.Label{
		Name: label.NameFor("Asha Sharma"), AgeSex: "34Y/F", MRN: "P0012345", Accession: "26325K70042L", Specimen: "SERUM",
		Collected: time.Date(2026, 11, 21, 8, 40, 0, 0, time.UTC), Priority: "R", Tests: []string{"LFT", "KFT"},
	}
}

// The worked example of lab-rules section 9.
func TestZPLExample(t *testing.T) {
	t.Parallel()
	got, err := label.ZPL(example())
	if err != nil {
		t.Fatal(err)
	}
	want := `^XA^CI28^PW400^LL200^LH0,0
^FO12,8^A0N,26,24^FB376,1,0,L^FH_^FDSHARMA, ASHA  34Y/F^FS
^FO12,38^A0N,20,18^FB376,1,0,L^FH_^FDP0012345  SERUM  21-11-26 08:40^FS
^FO40,64^BY2,2.0,80^BCN,80,N,N,N,A^FD26325K70042L^FS
^FO12,150^A0N,24,22^FB376,1,0,L^FH_^FD26325K70042L  R  LFT KFT^FS
^PQ1^XZ
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBarcodeFits(t *testing.T) {
	t.Parallel()
	if got := label.BarcodeWidth(sample.AccessionLength); got != 334 {
		t.Errorf("the code is %d dots wide, want 334", got)
	}
	if !label.Fits() {
		t.Error("code and quiet zones do not fit")
	}
}

// Whatever the name is, the printer gets five fields, one barcode, and no command of the name's making.
func TestNoNameCommandsThePrinter(t *testing.T) {
	t.Parallel()
	reference, err := label.ZPL(example())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		l := example()
		l.Name = "X" + rapid.OneOf(
			rapid.String(), rapid.StringMatching(`[\^~_A-Z\x00-\x1f]{0,30}`), rapid.SampledFrom([]string{"^XZ^XA", "_5EXZ", "~JA", "\xff^\xfe"}),
		).Draw(t, "name")
		l.Tests = []string{rapid.String().Draw(t, "test")}
		got, err := label.ZPL(l)
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(got) {
			t.Fatal("not UTF-8")
		}
		for _, c := range []string{"^", "~", "\n"} {
			if bytes.Count(got, []byte(c)) != bytes.Count(reference, []byte(c)) {
				t.Fatalf("%q stands %d times in\n%q", c, bytes.Count(got, []byte(c)), got)
			}
		}
	})
}

func TestNameFor(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Asha Devi Sharma": "SHARMA, ASHA DEVI", "Asha": "ASHA", "": "",
		"Thirunavukkarasu Balasubramanian": "BALASUBRAMANIAN, THIRUN.",
		"आशा शर्मा":                        "शर्मा, आशा",
	} {
		if got := label.NameFor(in); got != want || utf8.RuneCountInString(got) > label.NameLength {
			t.Errorf("%q is printed %q, want %q", in, got, want)
		}
	}
	for limit, want := range map[int]string{7: "कर्मवीर", 6: "कर्म.", 5: "कर्म.", 4: "क.", 3: "क."} {
		if got := label.Cut("कर्मवीर", limit); got != want {
			t.Errorf("cut to %d: %q, want %q", limit, got, want)
		}
	}
}

func TestIncompleteLabelIsNotPrinted(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*label.Label){
		"no name":              func(l *label.Label) { l.Name = " " },
		"no patient number":    func(l *label.Label) { l.MRN = "" },
		"a wrong tube number":  func(l *label.Label) { l.Accession = "26325K70043L" },
		"command as tube code": func(l *label.Label) { l.Accession = "^XZ^XA^XZ^XA" },
	} {
		l := example()
		change(&l)
		if out, err := label.ZPL(l); lab.CodeOf(err) != "label_incomplete" || out != nil {
			t.Errorf("%s gave %v", name, err)
		}
	}
	l := example()
	l.Collected = time.Time{}
	out, err := label.ZPL(l)
	if err != nil || !strings.Contains(string(out), "_5F_5F-_5F_5F") {
		t.Errorf("room for the time: %s %v", out, err)
	}
}
