package profile_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"jaanch/internal/instruments/profile"
)

// folder makes a folder with the two generic profiles and one more file.
func folder(name, text string) fstest.MapFS {
	dir := fstest.MapFS{
		"generic-astm.yaml": {Data: []byte("id: generic-astm\nname: Any ASTM\nprotocol: astm\nsample: [{at: O-3.1}]\nvalue: {at: R-4, none: [NA]}\n")},
		"generic-hl7.yaml":  {Data: []byte("id: generic-hl7\nname: Any HL7\nprotocol: hl7\n")},
	}
	if name != "" {
		dir[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return dir
}

// TestLoadProblems: a fault in a file is named with file, line and key.
func TestLoadProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "id: x\nname: X\nprotocol: astm\nsampel: []\n", "x.yaml:4: sampel"},
		{"missing name", "id: x\nprotocol: astm\n", "x.yaml"},
		{"wrong protocol", "id: x\nname: X\nprotocol: serial\n", "x.yaml:3: protocol"},
		{"bad place", "id: x\nname: X\nprotocol: astm\nsample:\n  - {at: O-3.1}\n  - {at: O3}\n", "x.yaml:6: sample.1.at"},
		{"bad expression", "id: x\nname: X\nprotocol: astm\nroles:\n  - role: flag\n    all: [{of: code, matches: '('}]\n", "x.yaml"},
		{"bad baud", "id: x\nname: X\nprotocol: astm\nlink: {baud: 9601}\n", "x.yaml:4: link.baud"},
		{"bad LOINC", "id: x\nname: X\nprotocol: astm\ncodes:\n  - {code: A, loinc: abc}\n", "x.yaml:5: codes.0.loinc"},
		{"not YAML", "id: [\n", "x.yaml"},
		{"id is not the file's name", "id: y\nname: X\nprotocol: astm\n", "x.yaml:1: id"},
		{"condition of nothing", "id: x\nname: X\nprotocol: astm\nroles:\n  - role: flag\n    all: [{is: A}]\n", "x.yaml:6: roles.0.all.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := profile.Load(folder("x.yaml", c.text))
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not name %q", err, c.want)
			}
		})
	}
}

func TestLoadNeedsGenerics(t *testing.T) {
	t.Parallel()
	if _, err := profile.Load(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), profile.GenericASTM) {
		t.Errorf("error %v", err)
	}
}

// TestFill: what a file leaves out is the generic profile's; what it gives stands.
func TestFill(t *testing.T) {
	t.Parallel()
	set, err := profile.Load(folder("x.yaml", "id: x\nname: X\nprotocol: astm\nvalue: {none: [none]}\nflag: [{at: R-8}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	p, ok := set.Get("x")
	if !ok {
		t.Fatal("not loaded")
	}
	if len(p.Sample) != 1 || p.Sample[0].At.String() != "O-3.1" {
		t.Errorf("sample: %v", p.Sample)
	}
	if got := strings.Join(p.Value.None, ","); got != "none,NA" || p.Value.At.String() != "R-4" {
		t.Errorf("value: %+v", p.Value)
	}
	if len(p.Flag) != 1 || p.Flag[0].At.String() != "R-8" {
		t.Errorf("flag: %v", p.Flag)
	}
}

func TestParsePlace(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"R-4", "O-4.3", "SPM-2.1.1", "MSH-16"} {
		p, err := profile.ParsePlace(good)
		if err != nil || p.String() != good {
			t.Errorf("%s: %v, %v", good, p, err)
		}
	}
	for _, bad := range []string{"", "R", "R-", "-4", "R-0", "R-4.x", "R-1.2.3.4", "R-1000"} {
		if _, err := profile.ParsePlace(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestBuiltin checks every profile that comes with the program: it loads, its LOINC suggestions have the right check
// digit, and a test stands once.
func TestBuiltin(t *testing.T) {
	t.Parallel()
	set, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(set.All()); n < 20 {
		t.Errorf("only %d profiles", n)
	}
	for _, p := range set.All() {
		seen := map[string]bool{}
		for _, c := range p.Codes {
			if seen[c.Code] {
				t.Errorf("%s: %s stands twice", p.ID, c.Code)
			}
			seen[c.Code] = true
			if c.LOINC != "" && !loincValid(c.LOINC) {
				t.Errorf("%s: %s has the LOINC %s, whose check digit is wrong", p.ID, c.Code, c.LOINC)
			}
		}
		if p.Name == "" || len(p.Sample) == 0 || len(p.TestCode) == 0 || len(p.Time) == 0 {
			t.Errorf("%s: not complete", p.ID)
		}
	}
}

// loincValid checks the check digit (Luhn, modulo 10, of the number before the dash).
func loincValid(code string) bool {
	number, check, ok := strings.Cut(code, "-")
	if !ok || len(check) != 1 {
		return false
	}
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return (10-sum%10)%10 == int(check[0]-'0')
}
