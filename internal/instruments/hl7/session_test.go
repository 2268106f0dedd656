package hl7_test

import (
	"strings"
	"testing"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/hl7"
)

// rig drives a Line by hand and writes down what it does.
type rig struct {
	line *hl7.Line
	now  time.Duration
	deny bool
	ack  []byte // the host's own answer
	log  []string
}

func newRig(opt hl7.Options) *rig {
	opt.Ack = func(m []byte, code, text string) []byte {
		f := strings.Split(string(m), "|")
		id := ""
		if len(f) > 9 {
			id = f[9]
		}
		return []byte(code + ":" + id)
	}
	return &rig{line: hl7.NewLine(opt)}
}

func (r *rig) drain() {
	for {
		e, more := r.line.Next()
		r.line.Take()
		if !more {
			return
		}
		switch e.Kind {
		case instruments.Write:
			s := strings.TrimSuffix(strings.TrimPrefix(string(e.Bytes), "\v"), "\x1c\r")
			if strings.HasPrefix(s, "MSH") {
				s = "out:" + strings.Split(s, "|")[9]
			}
			r.log = append(r.log, s)
		case instruments.Begin:
			r.log = append(r.log, "begin")
		case instruments.Commit:
			if e.Answer {
				r.log = append(r.log, "commit?")
			} else {
				r.log = append(r.log, "commit")
			}
			r.line.Stored(r.now, !r.deny, r.ack)
		case instruments.Finish:
			r.log = append(r.log, "finish")
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

func (r *rig) want(t *testing.T, want string) {
	t.Helper()
	got := strings.Join(r.log, " ")
	r.log = nil
	if got != want {
		t.Fatalf("at %v:\n got %s\nwant %s", r.now, got, want)
	}
}

// msg makes a message with MSH-10, MSH-15 and MSH-16.
func msg(kind, id, accept, apply string, segments ...string) string {
	return strings.Join(append([]string{"MSH|^~\\&|A|B|||20260102030405||" + kind + "|" + id + "|P|2.5.1|||" + accept + "|" + apply}, segments...), "\r") + "\r"
}

func block(s string) string { return string(hl7.AppendBlock(nil, []byte(s))) }

func TestAcknowledgementModes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, accept, apply, stored, refused string }{
		{"original", "", "", "AA:7", "AR:7"},
		{"accept and application", "AL", "AL", "CA:7 AA:7", "CR:7"},
		{"accept alone", "AL", "NE", "CA:7", "CR:7"},
		{"application alone (LAW)", "NE", "AL", "AA:7", "AR:7"},
		{"none", "NE", "NE", "", "AR:7"},
		{"errors only", "ER", "ER", "", "CR:7"},
		{"success only", "SU", "SU", "CA:7 AA:7", "AR:7"},
		{"accept empty, application always", "", "AL", "AA:7", "AR:7"},
		{"MSH-16 is a kind of message", "", "2", "AA:7", "AR:7"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(hl7.Options{})
			join := func(parts ...string) string { return strings.Join(strings.Fields(strings.Join(parts, " ")), " ") }
			r.feed(block(msg("ORU^R01", "7", tc.accept, tc.apply)))
			r.want(t, join("begin commit?", tc.stored, "finish"))
			r.deny = true
			r.feed(block(msg("ORU^R01", "7", tc.accept, tc.apply)))
			r.want(t, join("begin commit? !store_refused", tc.refused, "finish"))
		})
	}
}

func TestMessagesAreAnsweredInOrder(t *testing.T) {
	t.Parallel()
	r := newRig(hl7.Options{})
	r.feed(block(msg("ORU^R01", "1", "", "")) + block(msg("ORU^R01", "2", "", "")) + block(msg("ORU^R01", "3", "", ""))[:20])
	r.want(t, "begin commit? AA:1 finish begin commit? AA:2 finish")
	r.ack = []byte("own")
	r.feed(block(msg("ORU^R01", "3", "", ""))[20:])
	r.want(t, "begin commit? own finish")
}

func TestBadBlocksAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(hl7.Options{BlockCap: 200})
	r.feed(block("no HL7 at all"))
	r.want(t, "!not_hl7 AR:")
	r.feed(block(msg("ORU^R01", "9", "", "", strings.Repeat("x", 300))))
	r.want(t, "!block_too_large AE:9")
	r.feed(block(msg("ORU^R01", "9", "AL", "", strings.Repeat("x", 300))))
	r.want(t, "!block_too_large CE:9")
	r.feed("\vMSH|^~\\&|A|B\v" + msg("ORU^R01", "10", "", "") + "\x1c\r")
	r.want(t, "!block_cut begin commit? AA:10 finish")
}

func TestTimersOfABlock(t *testing.T) {
	t.Parallel()
	r := newRig(hl7.Options{})
	r.feed("\v" + msg("ORU^R01", "1", "", "") + "\x1c")
	r.pass(199 * time.Millisecond)
	r.want(t, "")
	r.pass(time.Millisecond)
	r.want(t, "begin commit? AA:1 finish")
	r.feed("\vMSH|")
	r.pass(30*time.Second - 1)
	r.want(t, "")
	r.pass(1)
	r.want(t, "!block_cut")
}

func TestSender(t *testing.T) {
	t.Parallel()
	answer := func(code, id string) string { return block(msg("ACK", "x", "", "", "MSA|"+code+"|"+id)) }
	for _, tc := range []struct{ name, code, want string }{
		{"accepted", "AA", "begin out:50 commit sent finish"},
		{"content refused", "AE", "begin out:50 commit sent:rejected finish"},
		{"not now", "AR", "begin out:50 commit sent:refused finish"},
		{"commit alone is not the application's answer", "CA", "begin out:50 commit"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(hl7.Options{})
			if !r.line.Send(0, []byte(msg("OML^O33", "50", "", ""))) || r.line.Send(0, []byte("x")) {
				t.Fatal("Send takes exactly one message")
			}
			r.drain()
			r.feed(answer(tc.code, "50"))
			r.want(t, tc.want)
		})
	}
	t.Run("another message's answer", func(t *testing.T) {
		t.Parallel()
		r := newRig(hl7.Options{})
		r.line.Send(0, []byte(msg("OML^O33", "50", "", "")))
		r.drain()
		r.feed(answer("AA", "49"))
		r.want(t, "begin out:50 commit !unknown_answer")
		r.feed(block(msg("ORU^R01", "8", "", ""))) // the instrument speaks meanwhile
		r.want(t, "commit? AA:8")
		r.feed(answer("AA", "50"))
		r.want(t, "commit sent finish")
	})
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		r := newRig(hl7.Options{Tries: 2})
		r.line.Send(0, []byte(msg("OML^O33", "50", "", "")))
		r.drain()
		r.pass(30 * time.Second)
		r.want(t, "begin"+strings.Repeat(" out:50", 2))
		r.pass(30 * time.Second)
		r.want(t, "sent:no_answer finish")
	})
	t.Run("line lost", func(t *testing.T) {
		t.Parallel()
		r := newRig(hl7.Options{})
		r.line.Send(0, []byte(msg("OML^O33", "50", "", "")))
		r.drain()
		r.line.Close(0)
		r.drain()
		r.want(t, "begin out:50 sent:line_lost finish")
	})
}

func TestDisplayResponseIsAMessage(t *testing.T) {
	t.Parallel()
	r := newRig(hl7.Options{})
	r.feed(block(msg("DSR^Q03", "5", "", "", "MSA|AA|4")))
	r.want(t, "begin commit? AA:5 finish")
	r.feed(block(msg("QCK^Q02", "5", "", "", "MSA|AA|4")))
	r.want(t, "begin commit !unknown_answer finish")
}
