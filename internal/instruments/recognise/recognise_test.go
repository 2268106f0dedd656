package recognise_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/recognise"
)

func builtin(t testing.TB) *profile.Set {
	t.Helper()
	set, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// framed puts a transcript of bare records on the wire as its protocol does.
func framed(text []byte, isHL7 bool) []byte {
	text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r"))
	if isHL7 {
		return hl7.AppendBlock(nil, text)
	}
	out := []byte{0x05}
	for _, f := range astm.Frames(text, astm.WholeMessage, 240) {
		out = append(out, f...)
	}
	return append(out, 0x04)
}

// transcripts gives every result transcript of the drivers, by profile.
func transcripts(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../driver/testdata/*/result*.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	out := map[string][]string{}
	for _, f := range files {
		if ext := filepath.Ext(f); ext == ".astm" || ext == ".hl7" {
			id := filepath.Base(filepath.Dir(f))
			out[id] = append(out[id], f)
		}
	}
	return out
}

// TestEveryProfileIsProposed: from the bytes of each profile's own transcript, framed or bare, the profile comes first.
func TestEveryProfileIsProposed(t *testing.T) {
	t.Parallel()
	set := builtin(t)
	for id, files := range transcripts(t) {
		for _, file := range files {
			t.Run(id+"/"+filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				isHL7 := filepath.Ext(file) == ".hl7"
				for name, b := range map[string][]byte{"bare": data, "framed": framed(data, isHL7)} {
					f := recognise.Bytes(set, b)
					best, ok := f.Best()
					if !ok || best.Profile != id && !sharesIdentity(set, best.Profile, id) {
						t.Fatalf("%s: proposed %+v, family %s", name, f.Proposals, f.Family)
					}
					if generic := strings.HasPrefix(id, "generic-"); f.Known() == generic {
						t.Errorf("%s: known %v, want %v", name, f.Known(), !generic)
					}
					if f.Plausible < 90 {
						t.Errorf("%s: plausible %d", name, f.Plausible)
					}
					if len(f.Codes) == 0 {
						t.Errorf("%s: no codes", name)
					}
				}
			})
		}
	}
}

// sharesIdentity: a transcript of one generic rule may carry a header that a vendor's profile knows.
func sharesIdentity(set *profile.Set, got, want string) bool {
	_, ok := set.Get(got)
	return ok && strings.HasPrefix(want, "generic-") && strings.HasPrefix(got, "generic-")
}

// TestCaptures: every capture gets a proposal of the driver that reads it, and is never taken for a wrong speed.
func TestCaptures(t *testing.T) {
	t.Parallel()
	root := os.Getenv("JAANCH_SAMPLES")
	if root == "" {
		t.Skip("JAANCH_SAMPLES is not set: no captures to recognise")
	}
	set := builtin(t)
	seen := 0
	for _, pattern := range []string{"astm/*.astm", "hl7/*.hl7"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			seen++
			f := recognise.Bytes(set, data)
			doc := driver.NewDocument(driver.Decode(set, data))
			if string(f.Protocol) != doc.Protocol {
				t.Errorf("%s: protocol %q, want %q (family %s)", filepath.Base(file), f.Protocol, doc.Protocol, f.Family)
			}
			if !slices.ContainsFunc(f.Proposals, func(p recognise.Proposal) bool { return p.Profile == doc.Driver }) {
				t.Errorf("%s: %s is not among %+v", filepath.Base(file), doc.Driver, f.Proposals)
			}
			if best, ok := f.Best(); !ok || best.Profile != doc.Driver {
				t.Errorf("%s: proposed %q before %q", filepath.Base(file), best.Profile, doc.Driver)
			}
		}
	}
	if seen == 0 {
		t.Error("no captures under JAANCH_SAMPLES")
	}
}

// TestFamilies: framings that are known by sight, and what they must not be taken for.
func TestFamilies(t *testing.T) {
	t.Parallel()
	set := builtin(t)
	for _, c := range []struct {
		name  string
		bytes string
		want  recognise.Family
		proto instruments.Protocol
	}{
		{"silence", "", recognise.Silent, instruments.Auto},
		{"one call", "\x05", recognise.ASTMCalls, instruments.ASTM},
		{"calls and idle bytes", "\x05\x00\x00\x05\x04\x05", recognise.ASTMCalls, instruments.ASTM},
		{"frame without ENQ", string(astm.AppendFrame(nil, 1, []byte("H|\\^&\r"), true)), recognise.ASTMFrames, instruments.ASTM},
		{"torn frame", "\x05\x021H|\\^&|||HOST", recognise.ASTMFrames, instruments.ASTM},
		{"block of SOH", "\x01H|\\^&|||ABL\rP|1\r\x04", recognise.ASTMBlock, instruments.ASTM},
		{"bare records", "H|\\^&|||X\rL|1|N\r", recognise.ASTMBare, instruments.ASTM},
		{"MLLP", "\x0bMSH|^~\\&|A|B\r\x1c\r", recognise.HL7Blocks, instruments.HL7},
		{"HL7 behind heartbeats", "\x02\x02\x0bMSH|^~\\&|A|B\r\x1c\r", recognise.HL7Blocks, instruments.HL7},
		{"bare segments", "MSH|^~\\&|A|B\rPID|1\r", recognise.HL7Bare, instruments.HL7},
		{"AU request", "\x02R 0012 0012 000123\x03", recognise.BeckmanAU, instruments.Auto},
		{"AU data begin", "\x02DB\x03", recognise.BeckmanAU, instruments.Auto},
		{"mini VIDAS", "\x02mtrsl|pi1|ci0042|rtTSH|qn1.2|\x1d5A\x03", recognise.Vidas, instruments.Auto},
		{"Dimension", "\x02P\x1c1\x1c1\x1c1\x1c0\x1c6A\x03", recognise.Dimension, instruments.Auto},
		{"a printer's lines", "GLU   5.4 mmol/L\r\nCHOL  4.1 mmol/L\r\n", recognise.Printer, instruments.Auto},
		{"wrong speed", "\xf8\x00\x80\xe6\x00\x1e\xfe\x00\x9e\x80", recognise.Noise, instruments.Auto},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := recognise.Bytes(set, []byte(c.bytes))
			if f.Family != c.want || f.Protocol != c.proto {
				t.Errorf("family %s (%d %%), protocol %q; want %s, %q", f.Family, f.Plausible, f.Protocol, c.want, c.proto)
			}
		})
	}
}

// TestParityBit: seven bits with a parity bit are found in bytes read as eight, and the message is read all the same.
func TestParityBit(t *testing.T) {
	t.Parallel()
	set := builtin(t)
	data, err := os.ReadFile("../driver/testdata/sysmex-xn/result.astm")
	if err != nil {
		t.Fatal(err)
	}
	plain := framed(data, false)
	for parity, odd := range map[string]int{"even": 0, "odd": 1} {
		f := recognise.Bytes(set, withParity(plain, odd))
		if best, _ := f.Best(); f.Parity != parity || best.Profile != "sysmex-xn" {
			t.Errorf("parity %q, proposals %+v; want %s", f.Parity, f.Proposals, parity)
		}
	}
	if f := recognise.Bytes(set, plain); f.Parity != "" {
		t.Errorf("parity %q found in eight bits", f.Parity)
	}
}

// withParity sets bit 7 so that the number of bits is even (0) or odd (1).
func withParity(b []byte, odd int) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		ones := 0
		for k := range 7 {
			ones += int(c>>k) & 1
		}
		out[i] = c&0x7F | byte((ones+odd)&1)<<7
	}
	return out
}

// TestNothingOfAPatient: what is found holds no name, no sample id and no patient id of the message.
func TestNothingOfAPatient(t *testing.T) {
	t.Parallel()
	f := recognise.Bytes(builtin(t), framed([]byte("H|\\^&|||XN-550^00-1^77\rP|1|||PID-7788|Sharma^Asha||19800102|F\rO|1||1^1^SMP-5566^B|^^^^WBC\rR|1|^^^^WBC^1|7.1|10*3/uL\rL|1|N\r"), false))
	for _, r := range f.Reasons {
		f.Model += r.Detail
	}
	for _, p := range f.Proposals {
		for _, r := range p.Reasons {
			f.Model += r.Detail
		}
	}
	for _, c := range f.Codes {
		f.Model += c.Name + c.Value
	}
	for _, planted := range []string{"Sharma", "Asha", "PID-7788", "SMP-5566", "19800102"} {
		if strings.Contains(f.Model, planted) {
			t.Errorf("%s stands in the finding: %s", planted, f.Model)
		}
	}
}

// FuzzBytes: no bytes make recognition fail, and its figures stay in their bounds.
func FuzzBytes(f *testing.F) {
	for _, s := range []string{"\x05\x021H|\\^&\r\x03E5\r\n", "\x0bMSH|^~\\&|A\r\x1c\r", "\x01H|\\^&\r\x04", "\x02R 12\x03", "MSH", "H|"} {
		f.Add([]byte(s))
	}
	set := builtin(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		got := recognise.Bytes(set, b)
		if got.Plausible < 0 || got.Plausible > 100 || got.Family == "" {
			t.Errorf("%+v", got)
		}
		if got.Protocol != instruments.Auto && len(got.Proposals) == 0 {
			t.Errorf("%s without a proposal", got.Protocol)
		}
	})
}
