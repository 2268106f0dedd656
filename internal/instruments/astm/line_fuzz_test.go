package astm_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
)

// driven feeds a line in steps, refusing every refuse-th store, and gives what it stored as whole and what it wrote.
func driven(in []byte, step, refuse int) (whole []string, wrote []byte) {
	l := astm.NewLine(astm.Options{LenientENQ: true, BlocksSOH: true})
	stores := 0
	drain := func() {
		for {
			e, more := l.Next()
			l.Take()
			if !more {
				return
			}
			switch e.Kind {
			case instruments.Write:
				wrote = append(wrote, e.Bytes...)
			case instruments.Commit:
				stores++
				ok := refuse == 0 || stores%refuse != 0
				for _, m := range e.Messages {
					if ok && m.Ending == instruments.Terminated {
						whole = append(whole, string(m.Bytes))
					}
				}
				l.Stored(0, ok, nil)
			case instruments.Finish, instruments.Begin, instruments.Sent, instruments.Note:
			}
		}
	}
	for len(in) > 0 {
		n := min(step, len(in))
		l.Feed(0, in[:n])
		drain()
		in = in[n:]
	}
	l.Close(time.Second)
	drain()
	return whole, wrote
}

// FuzzLine: however bytes are cut into reads, a line stores and answers the same; nothing counts as whole that has no L record;
// and a store that is refused is never acknowledged.
func FuzzLine(f *testing.F) {
	text := []byte("H|\\^&\rP|1\rO|1|S1||^^^A\rR|1|^^^A|5\rL|1|N\r")
	f.Add(slices.Concat([]byte{5}, bytes.Join(astm.Frames(text, astm.RecordPerFrame, 0), nil), []byte{4}), 0)
	f.Add(slices.Concat([]byte{5}, bytes.Join(astm.Frames(text, astm.WholeMessage, 9), nil), []byte{4, 5}), 2)
	f.Add(slices.Concat([]byte{1}, text, []byte{4}), 1)
	f.Add([]byte("\x05\x021H|\x03zz\r\n\x05\x05\x04"), 0)
	f.Fuzz(func(t *testing.T, in []byte, refuse int) {
		if refuse < 0 || refuse > 5 || len(in) > 4096 {
			return
		}
		whole, wrote := driven(in, len(in)+1, refuse)
		slowly, said := driven(in, 1, refuse)
		if !slices.Equal(whole, slowly) || !bytes.Equal(wrote, said) {
			t.Errorf("in one read %q %x, byte by byte %q %x", whole, wrote, slowly, said)
		}
		for _, m := range whole {
			if !strings.ContainsAny(m, "Ll") {
				t.Errorf("%q counts as whole", m)
			}
		}
		if refuse == 1 && len(whole) > 0 {
			t.Errorf("%d messages count as whole, and every store was refused", len(whole))
		}
	})
}
