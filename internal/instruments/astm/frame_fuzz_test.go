package astm_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
)

// FuzzFrame checks that a line does the same however its bytes are cut into reads, acknowledges nothing that it did not
// ask to be stored, keeps to its limits, and that what a sender frames is what a receiver finds.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("\x05"+framed("H|\\^&\r", "R|1|x\r", "L|1|N\r")+"\x04"), uint8(1))
	f.Add([]byte("\x05"+framed("H|\\^&\rR|1~", "|x\rL|1|N\r")+"\x04"), uint8(5))
	f.Add([]byte("\x05\x021H|\x05\x04\x021H\x03zz\x15\x06"), uint8(2))
	f.Add([]byte("\x01H|\\^&\rL|1\r\x04"), uint8(3))
	f.Add([]byte("H|\\^&\nR|1\nL|1"), uint8(3))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		opt := astm.Options{LenientENQ: true, BlocksSOH: true, FrameCap: 200, MessageCap: 400, MaxFaults: 4}
		whole, pieces := newRig(opt), newRig(opt)
		whole.feed(string(in))
		for b := in; len(b) > 0; {
			n := min(int(size)+1, len(b))
			pieces.feed(string(b[:n]))
			b = b[n:]
		}
		if a, b := whole.take(), pieces.take(); a != b {
			t.Fatalf("one read:   %s\nsmall reads: %s", a, b)
		}
		if !bytes.Equal(whole.raw, in) || !bytes.Equal(pieces.raw, in) {
			t.Fatalf("the archive holds %q, want %q", whole.raw, in)
		}
		if held := whole.line.Held(); held > 400+202+400 {
			t.Fatalf("holds %d bytes", held)
		}
		whole.pass(time.Hour)
		whole.line.Close(whole.now)
		whole.drain()
		if whole.line.Busy() {
			t.Fatal("still busy after the end")
		}
		for _, m := range whole.texts {
			if len(m.Bytes) == 0 || len(m.Bytes) > 800 {
				t.Fatalf("a message of %d bytes", len(m.Bytes))
			}
		}
		astm.ReadRecording(in)
		roundTrip(t, in, int(size)+1)
	})
}

// roundTrip frames a message made of in and reads it back.
func roundTrip(t *testing.T, in []byte, limit int) {
	t.Helper()
	body := strings.Map(func(r rune) rune {
		if r < ' ' || r == 'H' || r == 'h' || r == 'L' || r == 'l' {
			return -1
		}
		return r
	}, string(in))
	message := "H|\\^&\rR|1|" + body + "\rL|1|N\r"
	for _, packing := range []astm.Packing{astm.RecordPerFrame, astm.WholeMessage} {
		r := newRig(astm.Options{})
		r.feed("\x05")
		for _, frame := range astm.Frames([]byte(message), packing, limit) {
			r.feed(string(frame))
		}
		if len(r.texts) != 1 || string(r.texts[0].Bytes) != message || r.texts[0].Ending != instruments.Terminated {
			t.Fatalf("sent %q, found %q", message, r.texts)
		}
	}
}
