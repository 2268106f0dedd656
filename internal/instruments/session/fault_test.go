package session_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
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
