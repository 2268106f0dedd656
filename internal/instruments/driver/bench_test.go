package driver_test

import (
	"fmt"
	"strings"
	"testing"

	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/profile"
)

// BenchmarkDecode50 turns a message of 50 results into observations, detection included.
func BenchmarkDecode50(b *testing.B) {
	var text strings.Builder
	text.WriteString("H|\\^&|||Analyte One^1.2^S-9001|||||LIS||P|LIS2-A2|20240311081500\rP|1||PAT-1\rO|1|26071A20012C||^^^ALL|R\r")
	for i := 1; i <= 50; i++ {
		fmt.Fprintf(&text, "R|%d|^^^T%02d^Test %d|%d.%02d|mg/dL|3.9^6.1|N||F||op1^ver2|20240311081000|20240311081400|S-9001\r", i, i, i, i*3, i)
	}
	text.WriteString("L|1|N\r")
	d := driver.New(builtin(b), profile.ASTM, nil)
	payload := []byte(text.String())
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		if m := d.Decode(payload); len(m[0].Observations) != 50 {
			b.Fatal("rows are missing")
		}
	}
}
