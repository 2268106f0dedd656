package driver_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/hl7"
)

// transcripts gives the bytes of every transcript of ours as a line would carry them, by file name.
func transcripts(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Ext(path) {
		case ".hl7":
			for _, m := range hl7.ReadRecording(data).Messages {
				out[path] = hl7.AppendBlock(out[path], m)
			}
		case ".astm":
			for _, m := range astm.ReadRecording(data).Messages {
				out[path] = append(out[path], 0x05)
				out[path] = append(out[path], bytes.Join(astm.Frames(m.Bytes, astm.RecordPerFrame, 0), nil)...)
				out[path] = append(out[path], 0x04)
			}
		}
	}
	if len(out) < 40 {
		t.Fatalf("only %d transcripts", len(out))
	}
	return out
}

// TestCutAtEveryByte cuts every transcript at every byte: what is said to be complete is the beginning of what the whole
// holds, row by row, and nothing is ever made up.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	profiles := builtin(t)
	for name, whole := range transcripts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all []driver.Observation
			for _, m := range driver.Decode(profiles, whole).Messages {
				all = append(all, m.Observations...)
			}
			for cut := range len(whole) {
				if cut > 4096 { // the shape repeats
					break
				}
				n := 0
				for _, m := range driver.Decode(profiles, whole[:cut]).Messages {
					if !m.Ended || m.Protocol == "hl7" {
						continue // of an unfinished message nothing is filed
					}
					for _, o := range m.Observations {
						if n >= len(all) || all[n].Value != o.Value || all[n].SampleID != o.SampleID || all[n].MapCode != o.MapCode {
							t.Fatalf("cut at %d: row %d is %q of %q, which the whole does not hold there", cut, n, o.Value, o.SampleID)
						}
						n++
					}
				}
			}
		})
	}
}

// TestThreeInOneWriteBehindNoise: three copies in one run of bytes, with noise before the start and between them, are
// three times the same rows in the same order.
func TestThreeInOneWriteBehindNoise(t *testing.T) {
	t.Parallel()
	profiles := builtin(t)
	for name, whole := range transcripts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			once := driver.NewDocument(driver.Decode(profiles, whole))
			noise := []byte("\x06\x06\x00\r\n\x15")
			three := driver.NewDocument(driver.Decode(profiles, slices.Concat(noise, whole, noise, whole, noise, whole)))
			if three.Messages != 3*once.Messages || len(three.Queries) != 3*len(once.Queries) {
				t.Fatalf("%d messages and %d queries, want three times %d and %d", three.Messages, len(three.Queries), once.Messages, len(once.Queries))
			}
			want := slices.Concat([]driver.DocumentResult{}, once.Results, once.Results, once.Results)
			for i := range want {
				want[i].Message, three.Results[i].Message = 0, 0
			}
			if diff := cmp.Diff(want, three.Results, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
