package astm_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/measure"
)

// TestFiguresParse measures reading a message of 50 results, every field of which can be reached afterwards, in turns with
// the plain split of the same bytes into records and fields.
func TestFiguresParse(t *testing.T) {
	measure.Wanted(t)
	text := fiftyResults()
	pieces := 0
	parse := func() { pieces += len(astm.Parse(text)[0].Records) }
	split := func() {
		for _, record := range bytes.Split(text, []byte{'\r'}) { //nolint:modernize // the split that makes all pieces is what we compare with
			pieces += len(bytes.Split(record, []byte{'|'}))
		}
	}
	const turn = 200 * time.Millisecond
	got := measure.Turns(9,
		measure.Side{Name: "parse", Run: func() float64 { return measure.For(turn, 100, parse) }},
		measure.Side{Name: "split", Run: func() float64 { return measure.For(turn, 100, split) }})
	if pieces == 0 {
		t.Fatal("nothing was read")
	}
	mb := func(name string) float64 { return got[name].Median * float64(len(text)) / 1e6 }
	measure.Sheet(t, "Reading a message of 50 results: ASTM", measure.AtLeast(0.5, "every field can be reached",
		fmt.Sprintf("%.0f MB/s, %.0f allocations", mb("parse"), testing.AllocsPerRun(100, parse)),
		fmt.Sprintf("plain split: %.0f MB/s, %.0f allocations", mb("split"), testing.AllocsPerRun(100, split)),
		got["parse"].Median/got["split"].Median, fmt.Sprintf("%d bytes", len(text))))
}

// TestFiguresRead measures what a driver needs of a message: to read it, and then the code, value, unit and flag of each of
// its 50 results.
func TestFiguresRead(t *testing.T) {
	measure.Wanted(t)
	text := fiftyResults()
	results, letters := 0, 0
	read := func() {
		results = 0
		for _, r := range astm.Parse(text)[0].Records {
			if r.Type != 'R' {
				continue
			}
			results++
			letters += len(r.Field(3).Component(4).Text()) + len(r.Field(4).Text()) + len(r.Field(5).Text()) + len(r.Field(7).Text())
		}
	}
	got := measure.Turns(9, measure.Side{Name: "read", Run: func() float64 { return measure.For(200*time.Millisecond, 100, read) }})["read"]
	if results != 50 || letters == 0 {
		t.Fatalf("%d results", results)
	}
	rate := got.Median * float64(len(text)) / 1e6
	measure.Sheet(t, "Reading 50 × (code, value, unit, flag): ASTM", measure.AtLeast(1, "on one core",
		fmt.Sprintf("%.0f MB/s, %.0f allocations", rate, testing.AllocsPerRun(100, read)), "100 MB/s", rate/100, ""))
}
