package session_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
)

// TestCutAtEveryByteKeepsWhatWasAcknowledged cuts an upload at every offset. Every acknowledged frame is in the archive,
// and reading the archive again finds what the live session found.
func TestCutAtEveryByteKeepsWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	frames := astm.Frames([]byte(records), astm.RecordPerFrame, 0)
	upload := "\x05" + string(bytes.Join(frames, nil)) + "\x04"
	bubble("every offset", t, func(t *testing.T) {
		for cut := 1; cut < len(upload); cut++ {
			a := &archive{}
			inst := connect(t, a, session.TCPOptions("astm"))
			acks := strings.Count(say(t, inst, upload[:cut]), "\x06")
			raw := a.raw(instruments.In)
			for i := range max(0, acks-1) {
				if !strings.Contains(raw, strings.TrimSuffix(string(frames[i]), "\r\n")) {
					t.Fatalf("cut at %d: frame %d was acknowledged and is not archived", cut, i)
				}
			}
			_ = inst.Close()
			synctest.Wait()
			if got := a.raw(instruments.In); acks > 1 && got != upload[:cut] {
				t.Fatalf("cut at %d: archived %q", cut, got)
			}
			var again []string
			for _, m := range session.Reread(a.chunks, session.TCPOptions("astm")) {
				again = append(again, string(m.Ending)+":"+string(m.Text))
			}
			if diff := cmp.Diff(a.texts(), again); diff != "" && acks > 1 {
				t.Fatalf("cut at %d, read again: %s", cut, diff)
			}
		}
	})
}

// TestHL7CutAtEveryByteIsNeverAcknowledged cuts a block at every offset: nothing is acknowledged before its end, and a
// message is stored whole or not at all.
func TestHL7CutAtEveryByteIsNeverAcknowledged(t *testing.T) {
	t.Parallel()
	block := string(hl7.AppendBlock(nil, []byte(upload)))
	bubble("every offset", t, func(t *testing.T) {
		for cut := 1; cut < len(block); cut++ {
			a := &archive{}
			inst := connect(t, a, session.TCPOptions("hl7"))
			if got := say(t, inst, block[:cut]); got != "" {
				t.Fatalf("cut at %d: answered by %q", cut, got)
			}
			_ = inst.Close()
			synctest.Wait()
			if got := a.texts(); len(got) > 0 && (cut < len(block)-1 || got[0] != "terminated:"+upload) {
				t.Fatalf("cut at %d: stored %q", cut, got)
			}
			if got := a.raw(instruments.In); got != block[:cut] {
				t.Fatalf("cut at %d: archived %q", cut, got)
			}
		}
	})
}

// TestLongMessageOfOursIsArchivedWhole sends an order list far longer than the noise that is kept.
func TestLongMessageOfOursIsArchivedWhole(t *testing.T) {
	t.Parallel()
	bubble("long", t, func(t *testing.T) {
		long := "H|\\^&\r" + strings.Repeat("O|1|A0001||^^^GLU|R\r", 12000) + "L|1|N\r"
		a := &archive{reply: func(instruments.Message) (instruments.Reply, error) {
			return instruments.Reply{Send: [][]byte{[]byte(long)}}, nil
		}}
		opt := session.TCPOptions("astm")
		opt.ASTM.Packing, opt.ASTM.FrameText = astm.WholeMessage, 4000
		inst := connect(t, a, opt)
		heard := say(t, inst, "\x05"+string(astm.AppendFrame(nil, 1, []byte(records), true))+"\x04")
		for !strings.HasSuffix(heard, "\x04") {
			heard += say(t, inst, "\x06")
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := a.raw(instruments.Out); got != heard || len(got) < len(long) {
			t.Errorf("archived %d bytes of %d that went out", len(got), len(heard))
		}
		checkChunks(t, a, 2)
	})
}

// TestMessageEndedByEOTSurvivesARefusedStore lets the disk be full just when EOT ends a message whose frames are all
// acknowledged: it is stored as soon as there is room.
func TestMessageEndedByEOTSurvivesARefusedStore(t *testing.T) {
	t.Parallel()
	bubble("full at EOT", t, func(t *testing.T) {
		a := &archive{}
		inst := connect(t, a, session.TCPOptions("astm"))
		open := strings.TrimSuffix(records, "L|1|N\r")
		if got := say(t, inst, "\x05"+string(astm.AppendFrame(nil, 1, []byte(open), true))); got != "\x06\x06" {
			t.Fatalf("answered by %q", got)
		}
		full := func(instruments.Intake) error { return errors.New("disk full") }
		a.mu.Lock()
		a.fail = full
		a.mu.Unlock()
		say(t, inst, "\x04")
		time.Sleep(time.Minute)
		if got := a.texts(); got != nil {
			t.Fatalf("stored %q on a full disk", got)
		}
		a.mu.Lock()
		a.fail = nil
		a.mu.Unlock()
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]string{"closed:" + open}, a.texts()); diff != "" {
			t.Error(diff)
		}
		checkChunks(t, a, 1)
	})
}

// TestOrderThatFailsIsReportedAndAskedForAgain refuses an order, then takes it.
func TestOrderThatFailsIsReportedAndAskedForAgain(t *testing.T) {
	t.Parallel()
	bubble("refused", t, func(t *testing.T) {
		a := &archive{orders: []instruments.Outgoing{{ID: lab.ID{15: 200}, Text: []byte("H|\\^&\rL|1|N\r")}}}
		opt := session.Options{Link: "astm", Instrument: lab.ID{1}, Protocol: instruments.ASTM}
		inst := connect(t, a, opt)
		if got := hear(inst); got != "\x05" {
			t.Fatalf("an order that waits begins with %q", got)
		}
		say(t, inst, "\x06")
		for range 6 {
			say(t, inst, "\x15")
		}
		if len(a.sent) != 1 || !strings.HasPrefix(a.sent[0], "200:refused") {
			t.Fatalf("reported %q", a.sent)
		}
		time.Sleep(31 * time.Second)
		if got := hear(inst); got != "\x05" {
			t.Fatalf("after a while comes %q", got)
		}
		for range 3 {
			say(t, inst, "\x06")
		}
		if len(a.sent) != 2 || a.sent[1] != "200:<nil>" {
			t.Errorf("reported %q", a.sent)
		}
	})
}

// TestRereadFindsWhatTheLineFound tears frames so that only time tells what was meant, and cuts the session then.
func TestRereadFindsWhatTheLineFound(t *testing.T) {
	t.Parallel()
	frames := astm.Frames([]byte(records), astm.RecordPerFrame, 0)
	for name, torn := range map[string]string{
		"a torn frame, sent again": string(frames[1][:4]),
		"a torn frame, then ENQ":   string(frames[1][:4]) + "\x05",
	} {
		bubble(name, t, func(t *testing.T) {
			a := &archive{}
			opt := session.Options{Link: "serial", Protocol: instruments.ASTM}
			inst := connect(t, a, opt)
			say(t, inst, "\x05"+string(frames[0])+torn)
			time.Sleep(6 * time.Second)
			rest := bytes.Join(frames[1:4], nil)
			if strings.HasSuffix(torn, "\x05") {
				rest = bytes.Join(frames[:4], nil)
			}
			for i := range rest { // slowly, with a pause in the middle of a frame
				say(t, inst, string(rest[i:i+1]))
				time.Sleep(time.Second)
				if i == 20 {
					time.Sleep(3 * time.Second)
				}
			}
			_ = inst.Close()
			synctest.Wait()
			last := a.messages[len(a.messages)-1]
			if want := strings.TrimSuffix(records, "L|1|N\r"); string(last.Text) != want || last.Ending != instruments.Cut {
				t.Fatalf("live: %s %q", last.Ending, last.Text)
			}
			var chunks []instruments.Chunk
			for _, c := range a.chunks {
				if c.Session == last.Session {
					chunks = append(chunks, c)
				}
			}
			again := session.Reread(chunks, opt)
			if len(again) == 0 || !bytes.Equal(again[len(again)-1].Text, last.Text) {
				t.Errorf("read again: %+v", again)
			}
		})
	}
}

// TestUndecidedStoreNeverLosesTheNextMessage lets a Store succeed after its time: the identity that it used is not given
// to another message.
func TestUndecidedStoreNeverLosesTheNextMessage(t *testing.T) {
	t.Parallel()
	bubble("late success", t, func(t *testing.T) {
		a := &archive{}
		first := true
		a.fail = func(instruments.Intake) error {
			if first {
				first = false
				return &lab.Error{Kind: lab.KindUnknown, Code: "outcome_unknown"}
			}
			return nil
		}
		inst := connect(t, a, session.TCPOptions("astm"))
		one := string(astm.AppendFrame(nil, 1, []byte(records), true))
		other := string(astm.AppendFrame(nil, 1, []byte(strings.Replace(records, "A0001", "A0002", 1)), true))
		if got := say(t, inst, "\x05"+one); got != "\x06\x15" {
			t.Fatalf("answered by %q", got)
		}
		if got := say(t, inst, other); got != "\x06" {
			t.Fatalf("answered by %q", got)
		}
		if a.messages[0].Index != 1 {
			t.Errorf("index %d is used again", a.messages[0].Index)
		}
	})
}

// TestShutdownKeepsWhatCame ends the node's context in the middle of a session.
func TestShutdownKeepsWhatCame(t *testing.T) {
	t.Parallel()
	bubble("stop", t, func(t *testing.T) {
		a := &archive{}
		ctx, stop := context.WithCancel(t.Context())
		inst, done := connectIn(ctx, a, session.TCPOptions("astm"))
		frames := astm.Frames([]byte(records), astm.RecordPerFrame, 0)
		say(t, inst, "\x05"+string(frames[0])+string(frames[1])+"\x023O|")
		stop()
		<-done
		if got := a.raw(instruments.In); !strings.HasSuffix(got, "\x023O|") {
			t.Errorf("archived %q", got)
		}
		checkChunks(t, a, 1)
	})
}
