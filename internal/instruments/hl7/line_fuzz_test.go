package hl7_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/hl7"
)

// driven feeds a line in steps, refusing every refuse-th store, and gives what it stored and what it wrote.
func driven(in []byte, step, refuse int) (kept []string, wrote []byte) {
	l := hl7.NewLine(hl7.Options{Ack: func(m []byte, code, text string) []byte {
		return hl7.Ack(hl7.Parse(m, ""), hl7.Code(code), hl7.Reply{Text: text})
	}})
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
					if ok {
						kept = append(kept, string(m.Bytes))
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
	return kept, wrote
}

// FuzzLine: however bytes are cut into reads, a line stores and answers the same; and a store that is refused is never
// acknowledged.
func FuzzLine(f *testing.F) {
	one := hl7.AppendBlock(nil, []byte("MSH|^~\\&|A|B|||1||ORU^R01|7|P|2.3.1\rOBX|1|NM|X||1\r"))
	f.Add(one, 0)
	f.Add(slices.Concat([]byte("noise"), one, one[:9], one), 2)
	f.Add(append(hl7.AppendBlock(nil, []byte("MSH|^~\\&|A|B|||1||ACK|7|P|2.5|||AL|NE\rMSA|AA|9\r")), 0x0b, 0x1c), 1)
	f.Fuzz(func(t *testing.T, in []byte, refuse int) {
		if refuse < 0 || refuse > 5 || len(in) > 4096 {
			return
		}
		kept, wrote := driven(in, len(in)+1, refuse)
		slowly, said := driven(in, 1, refuse)
		if !slices.Equal(kept, slowly) || !bytes.Equal(wrote, said) {
			t.Errorf("in one read %q %q, byte by byte %q %q", kept, wrote, slowly, said)
		}
		if refuse == 1 && (len(kept) > 0 || bytes.Contains(wrote, []byte("\rMSA|AA|"))) {
			t.Errorf("every store was refused, and %q was answered by %q", kept, wrote)
		}
	})
}
