package driver_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"jaanch/internal/instruments/driver"
	"jaanch/internal/lab"
)

// FuzzDecode reads anything as a recording, and answers every query found in it: no panic, and rows that keep what the
// rest of the node relies on.
func FuzzDecode(f *testing.F) {
	for _, pattern := range []string{"*.astm", "*.hl7"} {
		files, err := filepath.Glob(filepath.Join("testdata", "*", pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	profiles := builtin(f)
	f.Fuzz(func(t *testing.T, recording []byte) {
		read := driver.Decode(profiles, recording)
		d := driver.New(profiles, read.Protocol, nil)
		for i, m := range read.Messages {
			if m.Index != i {
				t.Fatalf("message %d says that it is %d", i, m.Index)
			}
			for _, o := range m.Observations {
				if o.Message != i || o.Role == "" {
					t.Fatalf("row %+v of message %d", o, i)
				}
			}
			for _, q := range m.Queries {
				a := driver.Answer{At: time.Unix(0, 0), ControlID: "1"}
				for _, id := range q.SampleIDs {
					a.Samples = append(a.Samples, driver.SampleAnswer{SampleID: id, Found: true, Tests: []string{"T"}})
				}
				if _, err := d.Answer(q, a); err != nil && lab.CodeOf(err) != "query_unknown" {
					t.Fatal(err)
				}
			}
		}
		_ = driver.NewDocument(read)
	})
}
