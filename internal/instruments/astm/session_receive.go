package astm

import (
	"bytes"
	"time"

	"jaanch/internal/instruments"
)

// receiveState is what a receiver remembers within one session.
type receiveState struct {
	expect  int    // number of the next frame; -1 accepts any
	last    int    // number of the last accepted frame, -1 before the first
	text    []byte // its text: a retransmission must have both
	faults  int    // refused frames in a row
	refused bool   // the last frame was refused, so an EOT now is the sender giving up
	undo    group  // as it was before the frame that is being stored
	number  int    // of the frame that is being stored
	stored  []byte // its text
	block   bool   // the frame being stored is an SOH block
}

// token takes one thing found on the line while we are not the sender.
func (l *Line) token(t token) {
	switch t.kind {
	case tokenControl:
		switch t.control {
		case enq:
			l.enquired()
		case eot:
			l.ended()
		}
	case tokenFrame:
		l.framed(t)
	case tokenBlock:
		l.blocked(t)
	case tokenNone:
	}
}

// enquired answers ENQ. In the middle of a session it means that the sender starts anew.
func (l *Line) enquired() {
	if l.state == receiving {
		l.note(CodeRestart)
		l.finish(l.group.end(instruments.Cut), "")
	}
	l.begin(1)
	l.write(ack)
}

func (l *Line) begin(expect int) {
	l.emit(instruments.Effect{Kind: instruments.Begin})
	l.group.reset()
	l.recv = receiveState{expect: expect, last: -1}
	l.state = receiving
	l.due = l.now + l.opt.Timers.Frame
}

// ended takes EOT: the session is over. What has no L record yet ends here; behind a refused frame the sender gave up for
// certain.
func (l *Line) ended() {
	if l.state != receiving {
		return
	}
	how, code := instruments.Closed, ""
	if l.recv.refused {
		how, code = instruments.GivenUp, CodeAborted
	}
	l.finish(l.group.end(how), code)
}

// finish ends a session that we received.
func (l *Line) finish(messages []instruments.Text, code string) {
	if code != "" {
		l.note(code)
	}
	l.emit(instruments.Effect{Kind: instruments.Finish, Messages: messages})
	l.group.reset()
	l.state, l.due = neutral, 0
}

// framed takes a frame, good or not.
func (l *Line) framed(t token) {
	switch l.state {
	case receiving:
	case yielding: // after contention some instruments go on as if our ENQ had been their ACK
		l.begin(-1)
	case neutral:
		if !l.opt.LenientENQ || t.number < 0 {
			l.scan.noise += int64(len(t.text)) + frameOverhead
			return
		}
		l.begin(-1)
	case storing, asking, offering:
		return
	}
	switch {
	case t.fault != "":
		l.refuse(t.fault)
	case t.number == l.recv.last && bytes.Equal(t.text, l.recv.text):
		l.recv.faults, l.recv.refused = 0, false
		l.due = l.now + l.opt.Timers.Frame
		l.write(ack) // our ACK was lost: the text stands already
	case !l.opt.AnyNumber && l.recv.expect >= 0 && t.number != l.recv.expect:
		l.refuse(FaultNumber)
	default:
		l.accept(t)
	}
}

// accept hands a good frame to the store. It is acknowledged when Stored says so.
func (l *Line) accept(t token) {
	l.recv.undo = l.group
	done, ok := l.group.add(t.text, t.final)
	if !ok {
		l.group = l.recv.undo
		l.refuse(CodeMessageLong)
		return
	}
	l.recv.number, l.recv.stored = t.number, append([]byte(nil), t.text...)
	l.commit(done)
}

func (l *Line) commit(done []instruments.Text) {
	l.state, l.due = storing, 0
	l.emit(instruments.Effect{Kind: instruments.Commit, Messages: done})
}

// blocked takes an SOH … EOT block: a whole session in one.
func (l *Line) blocked(t token) {
	if l.state != neutral && l.state != yielding {
		return
	}
	l.begin(-1)
	l.recv.block = true
	done, ok := []instruments.Text(nil), false
	if t.fault == "" {
		if done, ok = l.group.add(t.text, true); !ok {
			t.fault = CodeMessageLong
		}
	}
	if !ok {
		l.group.reset()
		l.refuse(t.fault)
		l.finish(nil, "")
		return
	}
	l.recv.undo = group{limit: l.group.limit}
	l.commit(append(done, l.group.end(instruments.Closed)...))
}

// refuse answers NAK. Too many in a row end the session: the sender has long given up, or was never one.
func (l *Line) refuse(code string) {
	l.recv.faults++
	l.recv.refused = true
	l.note(code)
	if l.recv.faults > l.opt.MaxFaults {
		l.finish(l.group.end(instruments.Cut), CodeTooManyBad)
		return
	}
	l.due = l.now + l.opt.Timers.Frame
	l.write(nak)
}

// Stored tells whether what Commit asked for is durable. Only now is the frame acknowledged; otherwise it is refused and
// forgotten, and the sender sends it again.
func (l *Line) Stored(now time.Duration, ok bool, _ []byte) {
	l.advance(now)
	if l.state != storing {
		return
	}
	l.state = receiving
	l.due = l.now + l.opt.Timers.Frame
	if !ok {
		l.group = l.recv.undo
		l.recv.refused = true
		l.note(CodeStoreRefused)
		l.write(nak)
	} else {
		l.recv.last, l.recv.text = l.recv.number, l.recv.stored
		l.recv.expect = (l.recv.number + 1) & 7
		l.recv.faults, l.recv.refused = 0, false
		if l.recv.block || !l.stopping() {
			l.write(ack)
		} else {
			l.write(eot)
		}
	}
	l.recv.undo, l.recv.stored = group{}, nil
	if l.recv.block {
		l.finish(nil, "")
	}
}
