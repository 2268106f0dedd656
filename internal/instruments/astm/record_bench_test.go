package astm_test

import (
	"bytes"
	"fmt"
	"testing"

	"jaanch/internal/instruments/astm"
)

// fiftyResults is an upload of 50 results as a chemistry analyzer sends it.
func fiftyResults() []byte {
	var b bytes.Buffer
	b.WriteString("H|\\^&|||Analyte One^1.2^S-9001|||||LIS||P|LIS2-A2|20240311081500\rP|1||PAT-1||Sharma^Asha||19800102|F\r")
	b.WriteString("O|1|26071A20012C||^^^ALL|R|20240311080000|||||N||||SERUM||||||||||F\r")
	for i := 1; i <= 50; i++ {
		fmt.Fprintf(&b, "R|%d|^^^T%02d^Test %d|%d.%02d|mg/dL|3.9^6.1|N||F||op1^ver2|20240311081000|20240311081400|S-9001\r", i, i, i, i*3, i)
	}
	b.WriteString("L|1|N\r")
	return b.Bytes()
}

// BenchmarkParse50 parses a message of 50 results; every field of it can be reached afterwards.
func BenchmarkParse50(b *testing.B) {
	text := fiftyResults()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	records := 0
	for b.Loop() {
		m := astm.Parse(text)
		records = len(m[0].Records)
	}
	if records != 54 {
		b.Fatalf("%d records", records)
	}
}

// BenchmarkSplit50 is the plain split of the same bytes into records and fields, to compare with.
func BenchmarkSplit50(b *testing.B) {
	text := fiftyResults()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	fields := 0
	for b.Loop() {
		for _, record := range bytes.Split(text, []byte{'\r'}) { //nolint:modernize // the split that makes all pieces is what we compare with
			fields += len(bytes.Split(record, []byte{'|'}))
		}
	}
	if fields == 0 {
		b.Fatal("no fields")
	}
}
