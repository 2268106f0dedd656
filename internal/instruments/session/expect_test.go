package session_test

import (
	"strings"
	"testing"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
)

// TestExpectedLineIsSpokenToFirst: of an analyzer that is set up, orders need not wait for its first word, and what it speaks
// in truth is still found.
func TestExpectedLineIsSpokenToFirst(t *testing.T) {
	t.Parallel()
	order := instruments.Outgoing{ID: lab.ID{15: 7}, Text: []byte("H|\\^&\rL|1|N\r")}
	bubble("orders", t, func(t *testing.T) {
		for _, expect := range []instruments.Protocol{instruments.Auto, instruments.ASTM} {
			a := &archive{orders: []instruments.Outgoing{order}}
			inst := connect(t, a, session.Options{Link: "serial", Instrument: lab.ID{1}, Expect: expect})
			want := map[bool]string{true: "\x05"}[expect != instruments.Auto]
			if got := hear(inst); got != want {
				t.Errorf("expecting %q the line begins with %q", expect, got)
			}
			_ = inst.Close()
		}
	})
	bubble("another protocol", t, func(t *testing.T) {
		a := &archive{}
		inst := connect(t, a, session.Options{Link: "serial", Instrument: lab.ID{1}, Expect: instruments.ASTM})
		if got := say(t, inst, string(hl7.AppendBlock(nil, []byte(upload)))); !strings.Contains(got, "MSA|AA|") {
			t.Errorf("answered by %q", got)
		}
		if got := a.texts(); len(got) != 1 || got[0] != "terminated:"+upload {
			t.Errorf("stored %q", got)
		}
	})
}
