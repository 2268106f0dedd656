package session_test

import (
	"bytes"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/session"
)

// TestRereadLeavesOutWhatWasNeverAccepted: on a serial line the rest of a frame from before a restart stands in front of the
// ENQ. Nobody acknowledged it, so reading the archive again makes nothing of it either.
func TestRereadLeavesOutWhatWasNeverAccepted(t *testing.T) {
	t.Parallel()
	bubble("noise", t, func(t *testing.T) {
		a := &archive{}
		inst := connect(t, a, session.Options{Link: "serial", Protocol: instruments.ASTM})
		stray := string(astm.AppendFrame(nil, 5, []byte("R|3|^^^GLU|7.7\r"), true))
		frames := astm.Frames([]byte(records), astm.RecordPerFrame, 0)
		if got := say(t, inst, stray+"\x04\x05"); got != "\x06" {
			t.Fatalf("answered by %q", got)
		}
		say(t, inst, string(bytes.Join(frames[:4], nil)))
		_ = inst.Close()
		synctest.Wait()
		var again []string
		for _, m := range session.Reread(a.chunks, session.TCPOptions("serial")) {
			again = append(again, string(m.Ending)+":"+string(m.Text))
		}
		if diff := cmp.Diff(a.texts(), again); diff != "" || len(again) != 1 {
			t.Errorf("read again: %s", diff)
		}
	})
}
