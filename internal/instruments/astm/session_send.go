package astm

import (
	"bytes"
	"time"

	"jaanch/internal/instruments"
)

// sendState is what a sender remembers of the message on its way.
type sendState struct {
	text      []byte   // the message; nil when there is none
	ready     [][]byte // its frames, where the caller cut them
	frames    [][]byte // while it is being sent
	next      int      // index of the frame that is out
	tries     int      // sends of that frame
	asks      int      // ENQs that were not granted
	clashes   int      // contentions in a row
	notBefore time.Duration
	urgent    bool // stop the other side at the next frame
	granted   bool // our ENQ is acknowledged, and the line has to be quiet before the first frame goes out
}

// Send takes a message, records each ended by CR, and sends it as soon as the line is free; false while an earlier one
// is on its way. A Sent effect tells the outcome.
func (l *Line) Send(now time.Duration, text []byte) bool {
	l.advance(now)
	if l.send.text != nil || len(text) == 0 {
		return false
	}
	l.send = sendState{text: text, notBefore: max(l.now, l.send.notBefore)}
	return true
}

// Shape sets how the messages that follow are put into frames. It is called between messages.
func (l *Line) Shape(f instruments.Form) {
	if !f.Known {
		return
	}
	l.opt.Packing, l.opt.FrameText = RecordPerFrame, DefaultFrameText
	if f.Whole {
		l.opt.Packing = WholeMessage
	}
	if f.Text > 0 {
		l.opt.FrameText = f.Text
	}
}

// SendFrames is Send for a message that is cut into frames already, as a replay is.
func (l *Line) SendFrames(now time.Duration, frames [][]byte) bool {
	if len(frames) == 0 || !l.Send(now, bytes.Join(frames, nil)) {
		return false
	}
	l.send.ready = frames
	return true
}

// Interrupt asks the other side to stop at its next frame, by EOT in the place of ACK, because a message of ours is
// urgent. It may ignore that.
func (l *Line) Interrupt() { l.send.urgent = l.send.text != nil }

// Cancel drops a message that is not on the wire yet.
func (l *Line) Cancel() {
	if l.send.text != nil && l.state != asking && l.state != offering {
		l.unsent(CodeCancelled)
	}
}

// stopping tells whether the next acknowledgement is to be an interrupt, once.
func (l *Line) stopping() bool {
	u := l.send.urgent
	l.send.urgent = false
	return u
}

// ask sends ENQ.
func (l *Line) ask() {
	l.send.granted = false
	l.emit(instruments.Effect{Kind: instruments.Begin})
	l.state = asking
	l.due = l.now + l.opt.Timers.Reply
	l.write(enq)
}

// reply takes one byte while we are the sender.
func (l *Line) reply(c byte) {
	l.used++
	if l.state == asking {
		l.granted(c)
		return
	}
	switch c {
	case ack:
		l.acknowledged()
	case eot:
		l.interrupted()
	case cr, lf, 0: // an idle line, or the end of something: not an answer
	default:
		l.used = len(l.in) // what is buffered answers the frame that is out, not the one that follows
		l.again()
	}
}

// granted takes the answer to ENQ; anything but ACK, NAK and ENQ is ignored. Where an answer to something earlier is owed,
// this ACK may be that one: only when the line stays quiet behind it are the two ends in step again. Otherwise every frame
// would be taken for acknowledged by the answer to the one before it.
func (l *Line) granted(c byte) {
	switch c {
	case ack:
		if l.owed {
			l.send.granted = true
			l.due = l.now + l.opt.Timers.Settle
			return
		}
		l.begun()
	case nak:
		l.note(CodeBusy)
		l.postpone(l.opt.Timers.Busy, CodeBusy)
	case enq:
		l.clash()
	}
}

// begun sends the first frame.
func (l *Line) begun() {
	l.send.asks, l.send.clashes, l.send.granted, l.owed = 0, 0, false, false
	if l.send.frames = l.send.ready; l.send.frames == nil {
		l.send.frames = Frames(l.send.text, l.opt.Packing, l.opt.FrameText)
	}
	l.send.next, l.send.tries = 0, 0
	l.used = len(l.in)
	l.state = offering
	l.offer()
}

// clash settles a contention: the instrument wins, the host waits for its next ENQ.
func (l *Line) clash() {
	l.note(CodeContention)
	l.emit(instruments.Effect{Kind: instruments.Finish})
	l.send.clashes++
	if l.send.clashes > l.opt.contentionMax {
		l.state, l.due = neutral, 0
		l.unsent(CodeContention)
		return
	}
	if l.opt.Role == InstrumentRole {
		l.state, l.due = neutral, 0
		l.send.notBefore = l.now + l.opt.Timers.Contend
		return
	}
	l.state = yielding
	l.due = l.now + l.opt.Timers.Yield
}

// postpone gives the line back and asks again later, a bounded number of times.
func (l *Line) postpone(wait time.Duration, code string) {
	l.emit(instruments.Effect{Kind: instruments.Finish})
	l.state, l.due = neutral, 0
	l.send.asks++
	if l.send.asks >= l.opt.Tries {
		l.unsent(code)
		l.send.notBefore = l.now + wait
		return
	}
	l.send.notBefore = l.now + wait
}

// offer puts the current frame on the line.
func (l *Line) offer() {
	l.send.tries++
	l.due = l.now + l.opt.Timers.Reply
	l.write(append([]byte(nil), l.send.frames[l.send.next]...)...)
}

func (l *Line) acknowledged() {
	l.send.next++
	l.send.tries = 0
	if l.send.next < len(l.send.frames) {
		l.used = len(l.in)
		l.offer()
		return
	}
	l.leave("")
}

// again sends the same frame once more, or gives up.
func (l *Line) again() {
	if l.send.tries >= l.opt.Tries {
		l.leave(CodeRefused)
		return
	}
	l.offer()
}

// interrupted takes EOT in the place of ACK: the frame was accepted and the receiver wants to speak.
func (l *Line) interrupted() {
	l.note(CodeStopped)
	if l.opt.IgnoreStop || l.send.next+1 >= len(l.send.frames) {
		l.acknowledged()
		return
	}
	l.write(eot)
	l.emit(instruments.Effect{Kind: instruments.Finish})
	l.state, l.due = neutral, 0
	l.send.frames = nil
	l.send.notBefore = l.now + l.opt.Timers.Interrupted
}

// leave ends our session with EOT and reports the outcome.
func (l *Line) leave(code string) {
	l.write(eot)
	l.emit(instruments.Effect{Kind: instruments.Finish})
	l.state, l.due = neutral, 0
	l.unsent(code)
}

// unsent reports the outcome of the message, empty for good, and forgets it.
func (l *Line) unsent(code string) {
	l.send = sendState{notBefore: l.send.notBefore}
	l.emit(instruments.Effect{Kind: instruments.Sent, Code: code})
}

// timeout takes the expiry of the state's timer.
func (l *Line) timeout() {
	switch l.state {
	case receiving:
		l.finish(l.group.end(instruments.Cut), CodeTimeout)
	case asking:
		if l.send.granted {
			l.begun()
			return
		}
		l.owed = true
		l.write(eot)
		l.note(CodeNoAnswer)
		l.postpone(l.opt.Timers.Retry, CodeNoAnswer)
	case offering:
		l.owed = true
		l.leave(CodeNoAnswer)
	case yielding:
		l.state = neutral
	case neutral, storing:
	}
}
