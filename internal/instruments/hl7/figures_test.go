package hl7_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"jaanch/internal/instruments/hl7"
	"jaanch/internal/measure"
)

// TestFiguresParse measures reading a message of 50 results, every field of which can be reached afterwards, in turns with
// the plain split of the same bytes into segments and fields.
func TestFiguresParse(t *testing.T) {
	measure.Wanted(t)
	text := fiftyResults()
	pieces := 0
	parse := func() { pieces += len(hl7.Parse(text, "").Segments) }
	split := func() {
		for _, segment := range bytes.Split(text, []byte{'\r'}) { //nolint:modernize // the split that makes all pieces is what we compare with
			pieces += len(bytes.Split(segment, []byte{'|'}))
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
	measure.Sheet(t, "Reading a message of 50 results: HL7", measure.AtLeast(0.5, "every field can be reached",
		fmt.Sprintf("%.0f MB/s, %.0f allocations", mb("parse"), testing.AllocsPerRun(100, parse)),
		fmt.Sprintf("plain split: %.0f MB/s, %.0f allocations", mb("split"), testing.AllocsPerRun(100, split)),
		got["parse"].Median/got["split"].Median, fmt.Sprintf("%d bytes", len(text))))
}

// readFifty reads the message and then the code, value, unit and flag of each of its results.
func readFifty(text []byte) (results, letters int) {
	for _, g := range hl7.Parse(text, "").Segments {
		if g.Name != "OBX" {
			continue
		}
		results++
		letters += len(g.Field(3).Component(1).Text()) + len(g.Field(5).Text()) + len(g.Field(6).Component(1).Text()) + len(g.Field(8).Component(1).Text())
	}
	return results, letters
}

// TestFiguresParsePeers measures the same reading by programs that others use for it, in turns: 50 times code, value, unit
// and flag.
func TestFiguresParsePeers(t *testing.T) {
	measure.Wanted(t)
	text := fiftyResults()
	results, letters := readFifty(text)
	if results != 50 {
		t.Fatalf("%d results", results)
	}
	const turn = 200 * time.Millisecond
	sides := []measure.Side{{Name: "ours", Run: func() float64 { return measure.For(turn, 100, func() { readFifty(text) }) }}}
	names := []string{"simple-hl7", "@medplum/core", "node-hl7-client"}
	peer := measure.StartPeer(t)
	if peer != nil {
		file := filepath.Join(t.TempDir(), "message.hl7")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			sides = append(sides, measure.Side{Name: name, Run: func() float64 {
				var did struct {
					Rate  float64
					Found int
				}
				peer.Ask(&did, "parse", name, file, strconv.Itoa(int(turn.Milliseconds())))
				if did.Found != letters {
					t.Fatalf("%s read %d letters, ours %d", name, did.Found, letters)
				}
				return did.Rate
			}})
		}
	}
	got := measure.Turns(5, sides...)
	mb := func(name string) float64 { return got[name].Median * float64(len(text)) / 1e6 }
	ours := fmt.Sprintf("%.0f MB/s, %.0f allocations", mb("ours"), testing.AllocsPerRun(100, func() { readFifty(text) }))
	if peer == nil {
		measure.Sheet(t, "Reading 50 × (code, value, unit, flag): HL7", measure.Figure{What: "ours", Measured: ours, Reference: "peers not installed"})
		return
	}
	best := names[0]
	var figures []measure.Figure
	for _, name := range names {
		if got[name].Median > got[best].Median {
			best = name
		}
		figures = append(figures, measure.Figure{What: "beside " + name, Measured: ours, Reference: fmt.Sprintf("%.1f MB/s", mb(name)), Ratio: got["ours"].Median / got[name].Median})
	}
	figures = append(figures, measure.AtLeast(5, "beside the best of them", ours, best, got["ours"].Median/got[best].Median, "node on the same machine, one thread each"))
	measure.Sheet(t, "Reading 50 × (code, value, unit, flag): HL7", figures...)
}
