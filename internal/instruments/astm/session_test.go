package astm_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
)

// rig drives a Line by hand and writes down what it does.
type rig struct {
	line  *astm.Line
	now   time.Duration
	deny  bool // refuse to store
	log   []string
	raw   []byte
	texts []instruments.Text
}

func newRig(opt astm.Options) *rig { return &rig{line: astm.NewLine(opt)} }

func (r *rig) drain() {
	for {
		e, more := r.line.Next()
		r.raw = append(r.raw, r.line.Take()...)
		if !more {
			return
		}
		switch e.Kind {
		case instruments.Write:
			r.log = append(r.log, show(e.Bytes))
		case instruments.Begin:
			r.log = append(r.log, "begin")
		case instruments.Commit:
			r.log = append(r.log, "commit"+strings.Repeat("*", len(e.Messages)))
			if !r.deny {
				r.texts = append(r.texts, e.Messages...)
			}
			r.line.Stored(r.now, !r.deny, nil)
		case instruments.Finish:
			r.log = append(r.log, "finish"+strings.Repeat("*", len(e.Messages)))
			r.texts = append(r.texts, e.Messages...)
		case instruments.Sent:
			r.log = append(r.log, strings.TrimSuffix("sent:"+e.Code, ":"))
		case instruments.Note:
			r.log = append(r.log, "!"+e.Code)
		}
	}
}

func (r *rig) feed(s string) {
	r.line.Feed(r.now, []byte(s))
	r.drain()
}

func (r *rig) pass(d time.Duration) {
	r.now += d
	r.line.Feed(r.now, nil)
	r.drain()
}

// take gives what happened since the last call.
func (r *rig) take() string {
	s := strings.Join(r.log, " ")
	r.log = nil
	return s
}

func (r *rig) want(t *testing.T, want string) {
	t.Helper()
	if got := r.take(); got != want {
		t.Fatalf("at %v:\n got %s\nwant %s", r.now, got, want)
	}
}

func show(b []byte) string {
	switch string(b) {
	case "\x05":
		return "ENQ"
	case "\x06":
		return "ACK"
	case "\x15":
		return "NAK"
	case "\x04":
		return "EOT"
	}
	return "frame" + string(b[1:2])
}

func TestReceiverTakesAnUpload(t *testing.T) {
	t.Parallel()
	for _, packing := range []astm.Packing{astm.RecordPerFrame, astm.WholeMessage} {
		for _, size := range []int{1, 2, 7, 1 << 20} {
			r := newRig(astm.Options{})
			r.feed("\x05")
			in := append(bytes.Join(astm.Frames([]byte(message), packing, 60), nil), 4)
			for len(in) > 0 {
				n := min(size, len(in))
				r.feed(string(in[:n]))
				in = in[n:]
			}
			want := []instruments.Text{{Bytes: []byte(message), Ending: instruments.Terminated}}
			if diff := cmp.Diff(want, r.texts); diff != "" {
				t.Fatalf("packing %d, reads of %d: %s", packing, size, diff)
			}
			if got := r.take(); strings.Contains(got, "NAK") || !strings.HasSuffix(got, "commit* ACK finish") {
				t.Errorf("packing %d, reads of %d: %s", packing, size, got)
			}
		}
	}
}

func TestReceiverRefusesByTheRules(t *testing.T) {
	t.Parallel()
	first, second := astmFrame(1, "H|\\^&\r"), astmFrame(2, "L|1\r")
	for _, tc := range []struct{ name, in, want string }{
		{"wrong checksum, then right", bad(first) + first, "!checksum NAK commit ACK"},
		{"first number is not 1", second, "!frame_number NAK"},
		{"a number is skipped", first + astmFrame(3, "L|1\r"), "commit ACK !frame_number NAK"},
		{"retransmission is acknowledged and dropped", first + first + second, "commit ACK " + "ACK commit* ACK"},
		{"same number, other text", first + astmFrame(1, "P|1\r"), "commit ACK !frame_number NAK"},
		{"no digit for a number", "\x02xH|\x03" + sum("xH|\x03"), "!frame_number NAK"},
		{"DLE in the text", astmFrame(1, "H|\x10\r"), "!illegal_char NAK"},
		{"STX in the text starts anew", "\x021H|\\^" + first, "commit ACK"},
		{"ENQ as a letter of the text", astmFrame(1, "H|\x05\r") + first, "!illegal_char NAK commit ACK"},
		{"digits replaced by STX", "\x021H|\\^&\r\x03" + first, "!checksum NAK commit ACK"},
		{"ENQ again", first + "\x05" + first, "commit ACK !session_restarted finish* begin ACK commit ACK"},
		{"EOT at once", "\x04", "finish"},
		{"numbers turn over", strings.Join([]string{
			first, astmFrame(2, "a\r"), astmFrame(3, "a\r"), astmFrame(4, "a\r"), astmFrame(5, "a\r"),
			astmFrame(6, "a\r"), astmFrame(7, "a\r"), astmFrame(0, "a\r"), astmFrame(1, "L|1\r"),
		}, ""), strings.Repeat("commit ACK ", 8) + "commit* ACK"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(astm.Options{})
			r.feed("\x05")
			r.want(t, "begin ACK")
			r.feed(tc.in)
			r.want(t, tc.want)
		})
	}
}

func TestReceiverWithoutNumbersKeepsNewText(t *testing.T) {
	t.Parallel()
	r := newRig(astm.Options{AnyNumber: true})
	r.feed("\x05" + astmFrame(1, "H|\\^&\r") + astmFrame(1, "M|1|a\r") + astmFrame(1, "M|1|a\r") + astmFrame(4, "L|1\r"))
	r.want(t, "begin ACK commit ACK commit ACK "+"ACK commit* ACK")
	if got, want := string(r.texts[0].Bytes), "H|\\^&\rM|1|a\rL|1\r"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
}

func TestReceiverInNeutralIgnoresAllButENQ(t *testing.T) {
	t.Parallel()
	r := newRig(astm.Options{})
	r.feed("\x06\x15\x04abc" + astmFrame(1, "H|\\^&\r"))
	r.want(t, "")
	if r.line.Noise() == 0 {
		t.Error("no noise was counted")
	}
	r.feed("\x05")
	r.want(t, "begin ACK")
}

func TestReceiverLenientOpensOnAFrame(t *testing.T) {
	t.Parallel()
	r := newRig(astm.Options{LenientENQ: true})
	r.feed(bad(astmFrame(3, "H|\\^&\r")) + astmFrame(3, "H|\\^&\r") + astmFrame(4, "L|1\r") + "\x04")
	r.want(t, "begin !checksum NAK commit ACK commit* ACK finish")
}

func TestReceiverStoreRefusedIsNAKAndForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(astm.Options{})
	frames := astm.Frames([]byte(message), astm.RecordPerFrame, 0)
	r.feed("\x05")
	for _, f := range frames {
		r.deny = true
		r.feed(string(f))
		r.deny = false
		r.feed(string(f))
	}
	if got, want := r.take(), "begin ACK"+strings.Repeat(" commit !store_refused NAK commit ACK", 5)+" commit* !store_refused NAK commit* ACK"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if len(r.texts) != 1 || string(r.texts[0].Bytes) != message {
		t.Errorf("messages %q", r.texts)
	}
}

func TestReceiverEndings(t *testing.T) {
	t.Parallel()
	head := "\x05" + astmFrame(1, "H|\\^&\r") + astmFrame(2, "R|1|x\r")
	for _, tc := range []struct {
		name string
		do   func(*rig)
		want instruments.Ending
		log  string
	}{
		{"EOT", func(r *rig) { r.feed("\x04") }, instruments.Closed, "finish*"},
		{"EOT after a refused frame", func(r *rig) { r.feed(bad(astmFrame(3, "L|1\r")) + "\x04") }, instruments.GivenUp, "!checksum NAK !aborted_by_sender finish*"},
		{"EOT in a chain", func(r *rig) { r.feed(framed("", "", "R|2|y~")[14:] + "\x04") }, instruments.Cut, "commit ACK finish*"},
		{"silence", func(r *rig) { r.pass(30 * time.Second) }, instruments.Cut, "!session_timeout finish*"},
		{"the line is lost", func(r *rig) { r.line.Close(r.now); r.drain() }, instruments.Cut, "!line_lost finish*"},
		{"ENQ", func(r *rig) { r.feed("\x05") }, instruments.Cut, "!session_restarted finish* begin ACK"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(astm.Options{})
			r.feed(head)
			r.want(t, "begin ACK commit ACK commit ACK")
			tc.do(r)
			r.want(t, tc.log)
			if len(r.texts) != 1 || r.texts[0].Ending != tc.want || !strings.HasPrefix(string(r.texts[0].Bytes), "H|\\^&\rR|1|x\r") {
				t.Errorf("messages %q, want one that is %s", r.texts, tc.want)
			}
		})
	}
}

func TestReceiverTimers(t *testing.T) {
	t.Parallel()
	r := newRig(astm.Options{})
	r.feed("\x05")
	r.pass(30*time.Second - 1)
	r.want(t, "begin ACK")
	r.pass(1)
	r.want(t, "!session_timeout finish")

	r.feed("\x05\x021H|")
	r.pass(5*time.Second - 1)
	r.want(t, "begin ACK")
	r.pass(1)
	r.want(t, "!frame_torn NAK")

	r.feed("\x021H|\\\x04") // torn, and then the sender's own EOT
	r.pass(5 * time.Second)
	r.want(t, "!aborted_by_sender finish")

	r.feed("\x05")
	r.take()
	for i := range 2 * 300 { // a byte a second, for ever: the frame as a whole has its limit
		r.feed("\x021"[min(i, 1) : min(i, 1)+1])
		r.pass(time.Second)
	}
	r.want(t, "!frame_torn NAK")
}

func TestReceiverTakesASlowFrame(t *testing.T) {
	t.Parallel()
	r := newRig(astm.Options{})
	r.feed("\x05")
	r.take()
	for _, c := range astmFrame(1, "H|\\^&\rR|1|"+strings.Repeat("7", 220)+"\rL|1\r") {
		r.feed(string(c))
		r.pass(time.Second)
	}
	r.want(t, "commit* ACK")
}

func TestReceiverLimits(t *testing.T) {
	t.Parallel()
	r := newRig(astm.Options{FrameCap: 100, MessageCap: 150, MaxFaults: 3})
	r.feed("\x05" + astmFrame(1, strings.Repeat("x", 200)))
	r.want(t, "begin ACK !frame_too_long NAK")
	if held := r.line.Held(); held > 110 {
		t.Errorf("holds %d bytes of a frame over the cap", held)
	}
	r.feed(astmFrame(1, "H|"+strings.Repeat("x", 80)+"\r") + astmFrame(2, strings.Repeat("y", 80)))
	r.want(t, "commit ACK !message_too_long NAK")
	for range 3 {
		r.feed(astmFrame(2, strings.Repeat("y", 80)))
	}
	r.want(t, "!message_too_long NAK !message_too_long NAK !message_too_long !too_many_faults finish*")
}

func TestReceiverSOHBlock(t *testing.T) {
	t.Parallel()
	r := newRig(astm.Options{BlocksSOH: true})
	r.feed("\x01" + message + "\x04")
	r.want(t, "begin commit* ACK finish")
	r.deny = true
	r.feed("\x01" + message + "\x04")
	r.want(t, "begin commit* !store_refused NAK finish")
	r.feed("\x01H|")
	r.pass(5 * time.Second)
	r.want(t, "begin !frame_torn NAK finish")
}

// TestCutAtEveryByte cuts a session at every offset: what was acknowledged is reported, and never more than was sent.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	session := "\x05" + string(bytes.Join(astm.Frames([]byte(message), astm.RecordPerFrame, 0), nil)) + "\x04"
	for cut := range len(session) {
		r := newRig(astm.Options{})
		r.feed(session[:cut])
		acked := max(0, strings.Count(strings.Join(r.log, " "), "ACK")-1)
		r.line.Close(r.now)
		r.drain()
		if string(r.raw) != session[:cut] {
			t.Fatalf("cut at %d: raw %q", cut, r.raw)
		}
		var got strings.Builder
		for _, m := range r.texts {
			got.Write(m.Bytes)
			if (m.Ending == instruments.Terminated) != (acked == 6) {
				t.Fatalf("cut at %d after %d frames: ending %s", cut, acked, m.Ending)
			}
		}
		want := strings.Join(strings.SplitAfter(message, "\r")[:acked], "")
		if got := got.String(); got != want {
			t.Fatalf("cut at %d: %d frames acknowledged, got %q", cut, acked, got)
		}
	}
}

func TestNoiseHoldsLittle(t *testing.T) {
	t.Parallel()
	r := newRig(astm.Options{LenientENQ: true, BlocksSOH: true})
	noise := make([]byte, 64<<10)
	seed := uint32(1)
	for range 160 { // 10 MiB
		for i := range noise {
			seed = seed*1664525 + 1013904223
			noise[i] = byte(seed >> 24)
		}
		r.line.Feed(r.now, noise)
		r.drain()
		r.raw, r.log = r.raw[:0], r.log[:0]
		r.now += time.Second
		if held := r.line.Held(); held > astm.DefaultMessageCap+astm.DefaultFrameCap+len(noise) {
			t.Fatalf("holds %d bytes", held)
		}
	}
	r.pass(time.Minute)
	r.pass(time.Minute)
	r.take()
	r.texts = nil
	r.feed("\x05" + string(bytes.Join(astm.Frames([]byte(message), astm.WholeMessage, 0), nil)) + "\x04")
	if len(r.texts) != 1 {
		t.Errorf("after the noise: %s", r.take())
	}
}
