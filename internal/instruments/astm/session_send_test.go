package astm_test

import (
	"strings"
	"testing"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
)

func TestSenderSendsAndEnds(t *testing.T) {
	t.Parallel()
	r := newRig(astm.Options{})
	if !r.line.Send(r.now, []byte("H|\\^&\rL|1\r")) || r.line.Send(r.now, []byte("x")) {
		t.Fatal("Send takes exactly one message")
	}
	r.drain()
	r.want(t, "begin ENQ")
	r.feed("\r\nz") // anything but ACK, NAK and ENQ is ignored
	r.want(t, "")
	r.feed("\x06")
	r.want(t, "frame1")
	r.feed("\x06")
	r.want(t, "frame2")
	r.feed("\x06")
	r.want(t, "EOT finish sent")
}

func TestSenderRetries(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"\x15", "?", "\x05"} {
		r := newRig(astm.Options{})
		r.line.Send(r.now, []byte("L|1\r"))
		r.drain()
		r.feed("\x06")
		for range 5 {
			r.feed(answer)
		}
		r.want(t, "begin ENQ"+strings.Repeat(" frame1", 6))
		r.feed(answer)
		r.want(t, "EOT finish sent:refused")
	}
}

func TestSenderTimers(t *testing.T) {
	t.Parallel()
	t.Run("no answer to ENQ", func(t *testing.T) {
		t.Parallel()
		r := newRig(astm.Options{Tries: 2})
		r.line.Send(r.now, []byte("L|1\r"))
		r.drain()
		r.pass(15*time.Second - 1)
		r.want(t, "begin ENQ")
		r.pass(1)
		r.want(t, "EOT !no_answer finish")
		r.pass(10 * time.Second)
		r.want(t, "begin ENQ")
		r.pass(15 * time.Second)
		r.want(t, "EOT !no_answer finish sent:no_answer")
	})
	t.Run("no answer to a frame", func(t *testing.T) {
		t.Parallel()
		r := newRig(astm.Options{})
		r.line.Send(r.now, []byte("L|1\r"))
		r.drain()
		r.feed("\x06")
		r.pass(15 * time.Second)
		r.want(t, "begin ENQ frame1 EOT finish sent:no_answer")
	})
	t.Run("busy", func(t *testing.T) {
		t.Parallel()
		r := newRig(astm.Options{})
		r.line.Send(r.now, []byte("L|1\r"))
		r.drain()
		r.feed("\x15")
		r.pass(10*time.Second - 1)
		r.want(t, "begin ENQ !peer_busy finish")
		r.pass(1)
		r.want(t, "begin ENQ")
	})
	t.Run("interrupt", func(t *testing.T) {
		t.Parallel()
		r := newRig(astm.Options{})
		r.line.Send(r.now, []byte("H|\\^&\rL|1\r"))
		r.drain()
		r.feed("\x06")
		r.feed("\x04")
		r.want(t, "begin ENQ frame1 !receiver_interrupt EOT finish")
		r.feed("\x05" + astmFrame(1, "H|\\^&\rL|1\r") + "\x04")
		r.want(t, "begin ACK commit* ACK finish")
		r.pass(15 * time.Second)
		r.want(t, "begin ENQ")
		r.feed("\x06")
		r.want(t, "frame1")
	})
	t.Run("interrupt ignored", func(t *testing.T) {
		t.Parallel()
		r := newRig(astm.Options{IgnoreStop: true})
		r.line.Send(r.now, []byte("H|\\^&\rL|1\r"))
		r.drain()
		r.feed("\x06")
		r.feed("\x04")
		r.want(t, "begin ENQ frame1 !receiver_interrupt frame2")
	})
}

func TestReceiverInterrupts(t *testing.T) {
	t.Parallel()
	r := newRig(astm.Options{})
	r.feed("\x05")
	r.line.Send(r.now, []byte("L|1\r"))
	r.line.Interrupt()
	r.feed(astmFrame(1, "H|\\^&\r"))
	r.want(t, "begin ACK commit EOT")
	r.feed(astmFrame(2, "L|1\r")) // the sender ignores it
	r.want(t, "commit* ACK")
	r.feed("\x04")
	r.want(t, "finish begin ENQ")
}

func TestContentionInstrumentWins(t *testing.T) {
	t.Parallel()
	host := newRig(astm.Options{})
	host.line.Send(host.now, []byte("L|1\r"))
	host.drain()
	host.feed("\x05")
	host.want(t, "begin ENQ !contention finish")
	host.pass(time.Second)
	host.feed("\x05" + astmFrame(1, "L|1\r") + "\x04")
	host.want(t, "begin ACK commit* ACK finish begin ENQ")

	silent := newRig(astm.Options{})
	silent.line.Send(silent.now, []byte("L|1\r"))
	silent.drain()
	silent.feed("\x05")
	silent.pass(20*time.Second - 1)
	silent.want(t, "begin ENQ !contention finish")
	silent.pass(1)
	silent.want(t, "begin ENQ")

	hasty := newRig(astm.Options{}) // goes on as if our ENQ had been its ACK
	hasty.line.Send(hasty.now, []byte("L|1\r"))
	hasty.drain()
	hasty.feed("\x05" + astmFrame(1, "L|1\r"))
	hasty.want(t, "begin ENQ !contention finish begin commit* ACK")

	instrument := newRig(astm.Options{Role: astm.InstrumentRole})
	instrument.line.Send(instrument.now, []byte("L|1\r"))
	instrument.drain()
	instrument.feed("\x05")
	instrument.pass(time.Second - 1)
	instrument.want(t, "begin ENQ !contention finish")
	instrument.pass(1)
	instrument.want(t, "begin ENQ")
}

// TestBothEndsMeet lets a host and an instrument talk to each other through nothing, both sending at once.
func TestBothEndsMeet(t *testing.T) {
	t.Parallel()
	host, inst := newRig(astm.Options{}), newRig(astm.Options{Role: astm.InstrumentRole, Packing: astm.WholeMessage})
	host.line.Send(0, []byte(message))
	inst.line.Send(0, []byte(message))
	var toHost, toInst []byte
	run := func(r *rig, in *[]byte, out *[]byte) {
		r.line.Feed(r.now, *in)
		*in = nil
		for {
			e, more := r.line.Next()
			if !more {
				return
			}
			switch e.Kind {
			case instruments.Write:
				*out = append(*out, e.Bytes...)
			case instruments.Commit:
				r.texts = append(r.texts, e.Messages...)
				r.line.Stored(r.now, true, nil)
			}
		}
	}
	for range 400 {
		run(host, &toHost, &toInst)
		run(inst, &toInst, &toHost)
		host.now += 100 * time.Millisecond
		inst.now = host.now
	}
	for name, r := range map[string]*rig{"host": host, "instrument": inst} {
		if len(r.texts) != 1 || string(r.texts[0].Bytes) != message {
			t.Errorf("the %s received %q", name, r.texts)
		}
	}
}

// TestSenderWaitsOutALateAnswer: an answer that comes after its sender gave up must not pass for the answer to the next ENQ.
// The sender would be one answer ahead from then on, and believe a last frame acknowledged that the host never stored.
func TestSenderWaitsOutALateAnswer(t *testing.T) {
	t.Parallel()
	givenUp := func(t *testing.T) *rig {
		t.Helper()
		r := newRig(astm.Options{})
		r.line.Send(r.now, []byte("L|1\r"))
		r.drain()
		r.feed("\x06")
		r.pass(15 * time.Second)
		r.want(t, "begin ENQ frame1 EOT finish sent:no_answer")
		r.line.Send(r.now, []byte("H|\\^&\rL|1\r"))
		r.drain()
		r.want(t, "begin ENQ")
		return r
	}
	t.Run("it comes before the answer to the ENQ", func(t *testing.T) {
		t.Parallel()
		r := givenUp(t)
		r.feed("\x06")
		r.want(t, "")
		r.pass(300 * time.Millisecond)
		r.feed("\x06")
		r.pass(500*time.Millisecond - 1)
		r.want(t, "")
		r.pass(1)
		r.want(t, "frame1")
		r.feed("\x06")
		r.want(t, "frame2")
		r.feed("\x06")
		r.want(t, "EOT finish sent")
	})
	t.Run("it never comes", func(t *testing.T) {
		t.Parallel()
		r := givenUp(t)
		r.feed("\x06")
		r.pass(500 * time.Millisecond)
		r.want(t, "frame1")
	})
	t.Run("in step again, the next message does not wait", func(t *testing.T) {
		t.Parallel()
		r := givenUp(t)
		r.feed("\x06")
		r.pass(500 * time.Millisecond)
		r.feed("\x06")
		r.feed("\x06")
		r.want(t, "frame1 frame2 EOT finish sent")
		r.line.Send(r.now, []byte("L|1\r"))
		r.drain()
		r.feed("\x06")
		r.want(t, "begin ENQ frame1")
	})
}
