package astm_test

import (
	"bytes"
	"testing"

	"jaanch/internal/instruments/astm"
)

// FuzzRecords reads anything: no panic, every field reachable, and no byte of a record lost.
func FuzzRecords(f *testing.F) {
	for _, seed := range []string{
		"", "H", "H|", "H|\\^&\rP|1\rO|1|S1||^^^A\\^^^B\rR|1|^^^A|1.2&F&3|mg\rL|1|N\r", "H|`^&\rQ|1|^1`2\rL|1",
		"H|@^\\\rR|1|^p^^a|\\R\\^\rL|1\r", "R|1\n\rH\x00\rL", "h|\\^&\rr|1|&X4\r", "H|\\\\^&|&\r&|&&|\r", "HHHH\rH^^^^^\r",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		for _, m := range astm.Parse(text) {
			for _, r := range m.Records {
				var joined []byte
				for n := 1; n <= r.Fields(); n++ {
					field := r.Field(n)
					if n > 1 {
						joined = append(joined, r.Delimiters().Field)
					}
					joined = append(joined, field.Raw...)
					reach(field)
				}
				if !bytes.Equal(joined, r.Raw) {
					t.Fatalf("record %q is read as %q", r.Raw, joined)
				}
			}
		}
		if !bytes.Equal(before, text) {
			t.Fatal("the input was changed")
		}
	})
}

// reach reads every repeat and component.
func reach(f astm.Field) {
	for i := 1; i <= min(f.Repeats(), 8); i++ {
		for j := 1; j <= min(f.Repeat(i).Components(), 8); j++ {
			_ = f.Repeat(i).Component(j).Text()
		}
	}
	_ = f.Text()
}
