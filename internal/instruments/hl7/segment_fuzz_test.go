package hl7_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"
	"unicode/utf8"

	"jaanch/internal/instruments/hl7"
)

// FuzzSegments reads anything: no panic, every field reachable, no byte of a segment lost, and an acknowledgement that
// can be read.
func FuzzSegments(f *testing.F) {
	for _, seed := range []string{
		"", "MSH", "MSH|", "MSH|^~\\&|A|B|C|D|2024||ORU^R01|1|P|2.3.1\rPID|1\rOBR|1\rOBX|1|NM|A^B||1.2\\F\\|mg\r",
		"MSH#*~!@#A\rOBX#1", "PID|1\n\rMSH|^~\\&\n", "MSH|^~\\&|||||||||||||||||GB 18030-2000\rPID|\x81\x5c", "OBX|\\X4\\\r",
		"MSH|^^^^\r", "\x00\x00MSH|^~\\&|\xff\xfe",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		before := bytes.Clone(payload)
		m := hl7.Parse(payload, "windows-1252")
		for _, g := range m.Segments {
			rejoin(t, g, m.Separators.Field)
		}
		if !bytes.Equal(before, payload) {
			t.Fatal("the input was changed")
		}
		ack := hl7.Ack(m, hl7.AA, hl7.Reply{At: time.Unix(0, 0)})
		if !bytes.HasPrefix(ack, []byte("MSH")) || !bytes.Contains(ack, []byte("MSA")) {
			t.Fatalf("acknowledgement %q", ack)
		}
		if !m.Converted && utf8.Valid(payload) && !utf8.Valid(ack) {
			t.Fatalf("acknowledgement %q is not UTF-8", ack)
		}
	})
}

func rejoin(t *testing.T, g hl7.Segment, sep byte) {
	t.Helper()
	from := 1
	joined := []byte(g.Name)
	if g.Name == "MSH" || g.Name == "BHS" || g.Name == "FHS" {
		from = 2
	}
	for n := from; n <= g.Fields(); n++ {
		f := g.Field(n)
		joined = append(append(joined, sep), f.Raw...)
		for i := 1; i <= min(f.Repeats(), 8); i++ {
			for j := 1; j <= min(f.Repeat(i).Components(), 8); j++ {
				_ = f.Repeat(i).Component(j).Sub(1).Text()
			}
		}
	}
	if !bytes.Equal(joined, g.Raw) {
		t.Fatalf("segment %q is read as %q", g.Raw, joined)
	}
}

// fiftyResults is an upload of 50 results as a chemistry analyzer sends it.
func fiftyResults() []byte {
	var b bytes.Buffer
	b.WriteString("MSH|^~\\&|Analyte Two|Lab One|LIS|Node|20240311101500||ORU^R01^ORU_R01|77|P|2.5.1||||||UNICODE UTF-8\r")
	b.WriteString("PID|1||PAT-1^^^LAB^PI||Sharma^Asha||19800102|F\rOBR|1|ORD-1|26071A20012C|PANEL^Panel^L|||20240311100000\r")
	for i := 1; i <= 50; i++ {
		fmt.Fprintf(&b, "OBX|%d|NM|T%02d^Test %d^L||%d.%02d|mg/dL^^UCUM|3.9-6.1|N|||F|||20240311101400||op1\r", i, i, i, i*3, i)
	}
	return b.Bytes()
}

// BenchmarkParse50 parses a message of 50 results; every field of it can be reached afterwards.
func BenchmarkParse50(b *testing.B) {
	text := fiftyResults()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	segments := 0
	for b.Loop() {
		segments = len(hl7.Parse(text, "").Segments)
	}
	if segments != 53 {
		b.Fatalf("%d segments", segments)
	}
}

// BenchmarkSplit50 is the plain split of the same bytes into segments and fields, to compare with.
func BenchmarkSplit50(b *testing.B) {
	text := fiftyResults()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	fields := 0
	for b.Loop() {
		for _, segment := range bytes.Split(text, []byte{'\r'}) { //nolint:modernize // the split that makes all pieces is what we compare with
			fields += len(bytes.Split(segment, []byte{'|'}))
		}
	}
	if fields == 0 {
		b.Fatal("no fields")
	}
}
