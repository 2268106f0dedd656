package line //nolint:testpackage // anatomy and redaction are the package's inner life; what they give is tested over the API too

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
)

// planted are what a recording that leaves the lab must not hold.
var planted = []string{"Sharma", "sharma", "SHARMA", "Asha", "19800102", "9876543210", "MRN-77812", "26071A20012C", "Verma", "LakeRoad"} //nolint:gochecknoglobals // constant

const plantedASTM = "H|\\^&|||XN-550^00-24^77|||||||P|E1394-97\r" +
	"P|1|MRN-77812|||Sharma^Asha||19800102|F||LakeRoad 5||9876543210|Verma\r" +
	"O|1|26071A20012C||^^^^WBC|||||||||||||Dr Verma|9876543210\r" +
	"R|1|^^^^WBC^1|7.1|10*3/uL||N||F||Verma\r" +
	"C|1|L|called Mrs Sharma|G\r" +
	"M|1|note for sharma\r" +
	"Z|1|SHARMA\r" +
	"L|1|N\r"

const plantedHL7 = "MSH|^~\\&|BC-5380|Mindray|||20240311101400||ORU^R01|1|P|2.3.1\r" +
	"PID|1||MRN-77812^^^LAB^MR||Sharma^Asha||19800102|Female|||LakeRoad||9876543210\r" +
	"PV1|1||||||Verma\r" +
	"OBR|1|26071A20012C|26071A20012C|00001^Automated Count^99MRC|||20240311101400|||Verma\r" +
	"OBX|1|NM|6690-2^WBC^LN||7.1|10*9/L|||||F||||||Verma\r" +
	"OBX|2|ED|15001^Picture^99MRC||^Image^BMP^Base64^QXNoYVNoYXJtYQ==||||||F\r" +
	"NTE|1||call Sharma at 9876543210\r" +
	"ZZZ|Sharma\r"

// runs cuts bytes into runs as a slow line would bring them.
func runs(b []byte, n int) []part {
	var out []part
	at := time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	for len(b) > 0 {
		k := min(n, len(b))
		out = append(out, part{at: at, dir: instruments.In, bytes: bytes.Clone(b[:k])})
		b = b[k:]
	}
	return out
}

func wire(text string, frame int) []byte {
	out := []byte{enq}
	for _, f := range astm.Frames([]byte(text), astm.WholeMessage, frame) {
		out = append(out, f...)
	}
	return append(out, eot)
}

func joined(pieces []piece) []byte {
	var out []byte
	for _, p := range pieces {
		out = append(out, p.bytes...)
	}
	return out
}

// TestNothingLeaves: whatever the framing, the cut of the frames and the size of the reads, nothing planted is in what
// leaves the lab, its length is the same, and the results in it still read the same.
func TestNothingLeaves(t *testing.T) {
	t.Parallel()
	profiles, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	noisy := append([]byte("printer line for Sharma 9876543210\r\n"), wire(plantedASTM, 240)...)
	for name, b := range map[string][]byte{
		"astm": wire(plantedASTM, 240), "astm cut small": wire(plantedASTM, 20), "soh": append(append([]byte{soh}, plantedASTM...), eot),
		"bare": []byte(plantedASTM), "hl7": hl7.AppendBlock(nil, []byte(plantedHL7)), "bare hl7": []byte(plantedHL7), "noise": noisy,
	} {
		for _, n := range []int{1, 7, 4096} {
			pieces := anatomy(runs(b, n))
			if got := joined(pieces); !bytes.Equal(got, b) {
				t.Fatalf("%s in runs of %d: the pieces are not the bytes:\n%q\n%q", name, n, got, b)
			}
			(&redactor{level: outside, key: []byte("key")}).redact(pieces)
			got := joined(pieces)
			if len(got) != len(b) {
				t.Errorf("%s: %d bytes became %d", name, len(b), len(got))
			}
			for _, word := range planted {
				if bytes.Contains(got, []byte(word)) {
					t.Errorf("%s in runs of %d: %s is still there:\n%q", name, n, word, got)
				}
			}
			before, after := driver.NewDocument(driver.Decode(profiles, b)), driver.NewDocument(driver.Decode(profiles, got))
			if len(after.Results) == 0 || before.Results[0].Value != after.Results[0].Value || before.Results[0].TestCode != after.Results[0].TestCode || before.Driver != after.Driver {
				t.Errorf("%s: reads %+v, was %+v", name, after, before)
			}
			if len(after.Warnings) > len(before.Warnings) {
				t.Errorf("%s: new faults %+v", name, after.Warnings)
			}
		}
	}
}

// TestScreenHidesThePatient: a screen that nobody unlocked shows ids and values, and no name.
func TestScreenHidesThePatient(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{"astm": wire(plantedASTM, 24), "hl7": hl7.AppendBlock(nil, []byte(plantedHL7))} {
		pieces := anatomy(runs(b, 5))
		(&redactor{level: personal}).redact(pieces)
		got := string(joined(pieces))
		for _, word := range []string{"Sharma", "Asha", "19800102", "MRN-77812"} {
			if strings.Contains(got, word) {
				t.Errorf("%s: %s is shown:\n%q", name, word, got)
			}
		}
		if name == "hl7" && !strings.Contains(got, "26071A20012C") {
			t.Errorf("%s: the sample's id is hidden:\n%q", name, got)
		}
	}
}

// TestOffByOne: a sender whose patient record has a field too many shows no date of birth where the sex should stand.
func TestOffByOne(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{
		"astm": wire("H|\\^&\rP|1|||||Sharma^Asha||19800102|F\rL|1\r", 240),
		"hl7":  hl7.AppendBlock(nil, []byte("MSH|^~\\&|A\rPID|1||||||Sharma^Asha|19800102|F\r")),
	} {
		pieces := anatomy(runs(b, 4096))
		(&redactor{level: personal}).redact(pieces)
		if got := string(joined(pieces)); strings.Contains(got, "19800102") || strings.Contains(got, "Asha") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestAliases: the same id becomes the same other id within a recording, and another one in the next.
func TestAliases(t *testing.T) {
	t.Parallel()
	cover := func(key string) []string {
		pieces := anatomy(runs(wire("H|\\^&\rO|1|S100045^A\rO|2|S100046^A\rO|3|S100045^A\rL|1\r", 240), 4096))
		(&redactor{level: outside, key: []byte(key)}).redact(pieces)
		var ids []string
		for _, r := range splitRecords(string(joined(pieces))) {
			if f := strings.Split(r, "|"); len(f) > 2 && f[0] == "O" {
				ids = append(ids, f[2])
			}
		}
		return ids
	}
	a, b := cover("one"), cover("two")
	if len(a) != 3 || a[0] != a[2] || a[0] == a[1] || a[0] == b[0] || strings.Contains(a[0], "100045") {
		t.Errorf("aliases %v, in another recording %v", a, b)
	}
	if len(a) > 0 && (len(a[0]) != len("S100045^A") || a[0][7] != '^') {
		t.Errorf("the shape of %q is another one", a[0])
	}
}

// TestAnatomy: what each piece of a line is.
func TestAnatomy(t *testing.T) {
	t.Parallel()
	bad := astm.AppendFrame(nil, 2, []byte("R|1|^^^GLU|5.1\r"), true)
	bad[len(bad)-3] ^= 1
	in := append([]byte{enq}, astm.AppendFrame(nil, 1, []byte("H|\\^&\rP|1\r"), true)...)
	parts := []part{
		{dir: instruments.In, bytes: in[:1]},
		{dir: instruments.Out, bytes: []byte{ack}},
		{dir: instruments.In, bytes: in[1:9]},
		{dir: instruments.In, bytes: in[9:]},
		{dir: instruments.Out, bytes: []byte{ack}},
		{dir: instruments.In, bytes: bad},
		{dir: instruments.Out, bytes: []byte{nak}},
		{dir: instruments.In, bytes: []byte{eot}},
	}
	var got []string
	for _, p := range anatomy(parts) {
		got = append(got, strings.TrimSpace(p.label+" "+p.fault))
		if strings.HasPrefix(p.label, "frame 2") && p.record != 2 {
			t.Errorf("frame 2 carries record %d, want 2", p.record)
		}
	}
	if want := "ENQ,ACK,frame 1,ACK,frame 2 checksum,NAK,EOT"; strings.Join(got, ",") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ","), want)
	}
}

// TestCapturesKeepTheirBytes: the pieces of every capture are its bytes, and covering it keeps its length.
func TestCapturesKeepTheirBytes(t *testing.T) {
	t.Parallel()
	root := os.Getenv("JAANCH_SAMPLES")
	if root == "" {
		t.Skip("JAANCH_SAMPLES is not set: no captures to cut")
	}
	for _, pattern := range []string{"astm/*.astm", "hl7/*.hl7"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			pieces := anatomy(runs(b, 13))
			if !bytes.Equal(joined(pieces), b) {
				t.Errorf("%s: the pieces are not the bytes", filepath.Base(file))
			}
			(&redactor{level: outside, key: []byte("k")}).redact(pieces)
			if got := joined(pieces); len(got) != len(b) {
				t.Errorf("%s: %d bytes became %d", filepath.Base(file), len(b), len(got))
			}
		}
	}
}

// FuzzAnatomy: any bytes in any runs come out as they went in, covered or not in length.
func FuzzAnatomy(f *testing.F) {
	f.Add([]byte("\x05\x021H|\\^&\r\x03E5\r\n\x04"), 3)
	f.Add([]byte("\x0bMSH|^~\\&|A\rPID|1||X\r\x1c\r"), 2)
	f.Add([]byte("H|\\^&\rP|1|a\r"), 1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		if n <= 0 || n > 4096 {
			n = 5
		}
		pieces := anatomy(runs(b, n))
		if !bytes.Equal(joined(pieces), b) {
			t.Fatalf("%q became %q", b, joined(pieces))
		}
		(&redactor{level: outside, key: []byte("k")}).redact(pieces)
		if len(joined(pieces)) != len(b) {
			t.Fatalf("%q changed its length", b)
		}
	})
}
