package astm

import (
	"time"

	"jaanch/internal/instruments"
)

// Role decides who yields when both ends ask for the line at once: the instrument wins.
type Role uint8

// The roles.
const (
	HostRole       Role = iota // the laboratory's side
	InstrumentRole             // the analyzer's side, played by the simulator
)

// Timers are the waits of E1381. A zero value takes the standard's.
type Timers struct {
	Reply       time.Duration // sender: for an answer to ENQ or to a frame (15 s)
	Frame       time.Duration // receiver: for the next frame or EOT (30 s)
	Busy        time.Duration // sender: after NAK to its ENQ, before it asks again (10 s)
	Yield       time.Duration // host: after contention, for the instrument's ENQ (20 s)
	Contend     time.Duration // instrument: after contention, before it asks again (1 s)
	Interrupted time.Duration // sender that stopped for the receiver: before it asks again (15 s)
	Retry       time.Duration // sender: after an ENQ that nobody answered, before it asks again (10 s)
	Gap         time.Duration // receiver: silence inside a frame that means it is torn (5 s)
	Whole       time.Duration // receiver: for one whole frame, however slowly it comes (10 min)
	Settle      time.Duration // sender: after an answer that never came, quiet behind the ACK of the next ENQ (500 ms)
}

// Options set up a Line. The zero value is a host by the letter of the standard.
type Options struct {
	Role          Role
	Timers        Timers
	LenientENQ    bool // a frame may open a session: some converters swallow the ENQ
	AnyNumber     bool // fn_check=off: frame numbers are not enforced
	IgnoreStop    bool // as sender, do not honour EOT in the place of ACK
	Packing       Packing
	FrameText     int  // text of a frame that we send, in bytes (240)
	FrameCap      int  // text of a frame that we accept, in bytes (65 536)
	MessageCap    int  // one message, in bytes (4 MiB)
	Tries         int  // sends of one frame, or of ENQ, before giving up (6)
	MaxFaults     int  // refused frames in a row before the session is ended (12)
	BlocksSOH     bool // accept SOH … EOT blocks, answered by one ACK
	contentionMax int
}

func (o Options) filled() Options {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	num := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	t := &o.Timers
	def(&t.Reply, 15*time.Second)
	def(&t.Frame, 30*time.Second)
	def(&t.Busy, 10*time.Second)
	def(&t.Yield, 20*time.Second)
	def(&t.Contend, time.Second)
	def(&t.Interrupted, 15*time.Second)
	def(&t.Retry, 10*time.Second)
	def(&t.Gap, 5*time.Second)
	def(&t.Whole, 10*time.Minute)
	def(&t.Settle, 500*time.Millisecond)
	num(&o.FrameText, DefaultFrameText)
	num(&o.FrameCap, DefaultFrameCap)
	num(&o.MessageCap, DefaultMessageCap)
	num(&o.Tries, 6)
	num(&o.MaxFaults, 12)
	num(&o.contentionMax, 20)
	return o
}

// Codes of Note effects and of failed sends, beside the faults of a frame.
const (
	CodeContention   = "contention"         // both ends asked for the line; we yielded
	CodeRestart      = "session_restarted"  // ENQ in the middle of a session
	CodeTimeout      = "session_timeout"    // the sender fell silent
	CodeTooManyBad   = "too_many_faults"    // the sender never got a frame through
	CodeMessageLong  = "message_too_long"   // over the cap: refused, never acknowledged
	CodeStoreRefused = "store_refused"      // the node could not make the frame durable
	CodeNoAnswer     = "no_answer"          // nobody answered our ENQ, or a frame
	CodeRefused      = "refused"            // a frame was refused at every try
	CodeStopped      = "receiver_interrupt" // EOT in the place of ACK
	CodeBusy         = "peer_busy"          // NAK to our ENQ
	CodeNotText      = "not_text"           // control characters among bare records
	CodeLineLost     = "line_lost"          // the connection ended
	CodeCancelled    = "cancelled"          // dropped before it was sent
	CodeAborted      = "aborted_by_sender"  // EOT before the L record: the sender gave the message up
)

type state uint8

const (
	neutral   state = iota
	receiving       // ENQ was acknowledged: a frame or EOT comes next
	storing         // a frame waits for Stored
	asking          // our ENQ is out
	yielding        // we lost a contention and wait for the instrument's ENQ
	offering        // a frame of ours is out
)

// Line is one end of an E1381 line as a pure state machine; see instruments.Machine for how it is driven.
type Line struct {
	opt   Options
	now   time.Duration
	state state
	queue []instruments.Effect

	in          []byte // bytes not used up yet, behind those not taken yet
	used, taken int

	scan   scanner
	group  group
	due    time.Duration // of the state's timer; 0 when there is none
	gapDue time.Duration // of the silence inside a frame
	capDue time.Duration // of the whole frame
	recv   receiveState
	send   sendState
	owed   bool // an answer to what we sent never came: it may come yet, and would pass for the answer to the next thing
}

// NewLine makes the end of a line that was just connected, in neutral.
func NewLine(opt Options) *Line {
	opt = opt.filled()
	l := &Line{opt: opt, group: group{limit: opt.MessageCap}, scan: scanner{limit: opt.FrameCap}}
	if opt.BlocksSOH {
		l.scan.blocks = opt.MessageCap
	}
	return l
}

var _ instruments.Machine = (*Line)(nil)

// Feed gives bytes that came from the other end; without any it tells the time. It is called at Deadline, and may be
// called at any time.
func (l *Line) Feed(now time.Duration, in []byte) {
	l.advance(now)
	l.in = append(l.in, in...)
}

// advance moves the clock; an expired timer takes effect in Next, behind the bytes that came before it.
func (l *Line) advance(now time.Duration) {
	if now > l.now {
		l.now = now
	}
}

// Next gives the next effect; false when there is nothing to do until something happens.
func (l *Line) Next() (instruments.Effect, bool) {
	for len(l.queue) == 0 {
		if l.state == storing || !l.step() {
			return instruments.Effect{}, false
		}
	}
	e := l.queue[0]
	l.queue = l.queue[1:]
	if len(l.queue) == 0 {
		l.queue = nil
	}
	return e, true
}

// step uses up input to the next token, or lets one timer expire; false when there is neither.
func (l *Line) step() bool {
	if l.used < len(l.in) {
		if l.state == asking || l.state == offering {
			l.reply(l.in[l.used])
			return true
		}
		t, n := l.scan.scan(l.in[l.used:])
		l.used += n
		l.watchFrame()
		l.token(t)
		return true
	}
	return l.expire()
}

// watchFrame keeps the two timers of an unfinished frame.
func (l *Line) watchFrame() {
	if !l.scan.inside() {
		l.gapDue, l.capDue = 0, 0
		return
	}
	l.gapDue = l.now + l.opt.Timers.Gap
	if l.capDue == 0 {
		l.capDue = l.now + l.opt.Timers.Whole
	}
}

// expire lets the timer that is due take effect.
func (l *Line) expire() bool {
	switch {
	case l.scan.inside() && (l.gapDue > 0 && l.now >= l.gapDue || l.capDue > 0 && l.now >= l.capDue):
		t := l.scan.quiet()
		l.gapDue, l.capDue = 0, 0
		l.token(t)
		return true
	case l.due > 0 && l.now >= l.due && !l.scan.inside():
		l.due = 0
		l.timeout()
		return true
	case l.state == neutral && l.send.text != nil && l.now >= l.send.notBefore && !l.scan.inside():
		l.ask()
		return true
	}
	return false
}

// Deadline gives the time at which Feed is wanted, bytes or not.
func (l *Line) Deadline() (time.Duration, bool) {
	if l.state == storing {
		return 0, false
	}
	if l.scan.inside() {
		return min(l.gapDue, l.capDue), true
	}
	if l.state == neutral && l.send.text != nil {
		return l.send.notBefore, true
	}
	return l.due, l.due > 0
}

// Take gives the bytes used up since the last call. They are good until the next call of another method.
func (l *Line) Take() []byte {
	b := l.in[l.taken:l.used]
	l.taken = l.used
	if l.used == len(l.in) {
		l.in, l.used, l.taken = l.in[:0], 0, 0
	}
	return b
}

// Busy tells whether a session of either direction is going on.
func (l *Line) Busy() bool { return l.state != neutral || l.scan.inside() }

// Held is what the line keeps of unfinished messages, in bytes.
func (l *Line) Held() int {
	return len(l.in) - l.used + l.scan.held() + len(l.group.buf) + len(l.send.text)
}

// Noise is how many bytes belonged to no frame, since the line was made.
func (l *Line) Noise() int64 { return l.scan.noise }

// Close tells that the connection is gone.
func (l *Line) Close(now time.Duration) {
	l.advance(now)
	switch l.state {
	case receiving, storing:
		l.finish(l.group.end(instruments.Cut), CodeLineLost)
	case asking, offering:
		l.unsent(CodeLineLost)
		l.emit(instruments.Effect{Kind: instruments.Finish})
	case neutral, yielding:
		if l.send.text != nil {
			l.unsent(CodeLineLost)
		}
	}
	l.state, l.due = neutral, 0
}

func (l *Line) emit(e instruments.Effect) { l.queue = append(l.queue, e) }

func (l *Line) note(code string) { l.emit(instruments.Effect{Kind: instruments.Note, Code: code}) }

func (l *Line) write(b ...byte) {
	l.emit(instruments.Effect{Kind: instruments.Write, Bytes: b})
}
