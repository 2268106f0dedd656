package hl7

import (
	"bytes"
	"time"

	"jaanch/internal/instruments"
)

// Options set up a Line.
type Options struct {
	// Ack builds the answer to a message with this MSA-1 code; text may be empty. It copes with a message that is no HL7.
	Ack      func(message []byte, code, text string) []byte
	Reply    time.Duration // for the acknowledgement of a message of ours (30 s)
	Tail     time.Duration // for the CR behind FS (200 ms)
	Silence  time.Duration // inside a block before it counts as cut (30 s)
	BlockCap int           // greatest payload, in bytes (16 MiB)
	Tries    int           // sends of one message before giving up (3)
}

func (o Options) filled() Options {
	if o.Reply <= 0 {
		o.Reply = 30 * time.Second
	}
	if o.Tail <= 0 {
		o.Tail = 200 * time.Millisecond
	}
	if o.Silence <= 0 {
		o.Silence = 30 * time.Second
	}
	if o.BlockCap <= 0 {
		o.BlockCap = DefaultBlockCap
	}
	if o.Tries <= 0 {
		o.Tries = 3
	}
	return o
}

// Codes of Note effects and of failed sends.
const (
	CodeBlockCut     = "block_cut"       // a block without its end; the sender will repeat it
	CodeBlockLong    = "block_too_large" // over the cap: refused, never acknowledged
	CodeNotHL7       = "not_hl7"         // a block without an MSH segment
	CodeStoreRefused = "store_refused"   // the node could not make the message durable
	CodeLateAnswer   = "unknown_answer"  // an acknowledgement of nothing that is on its way
	CodeNoAnswer     = "no_answer"       // our message was not acknowledged at any try
	CodeRejected     = "rejected"        // AE or CE: the content is wrong, a person must look
	CodeRefused      = "refused"         // AR or CR: not now, send again later
	CodeLineLost     = "line_lost"
	CodeCancelled    = "cancelled"
)

// Line is one end of an MLLP connection as a pure state machine; see instruments.Machine for how it is driven. Messages
// are answered strictly in the order in which they came; a message of ours may be on its way meanwhile.
type Line struct {
	opt     Options
	now     time.Duration
	queue   []instruments.Effect
	in      []byte
	used    int
	taken   int
	read    BlockReader
	heard   time.Duration // when the last byte came
	storing bool
	session bool // Begin was emitted, Finish not yet
	current []byte
	head    head
	out     outgoing
}

// outgoing is the message of ours that waits for its acknowledgement.
type outgoing struct {
	text    []byte // nil when there is none
	control string
	waits   bool // it is on the wire
	more    bool // CA came, the application's answer is still due
	tries   int
	due     time.Duration
}

// NewLine makes the end of a connection.
func NewLine(opt Options) *Line {
	opt = opt.filled()
	return &Line{opt: opt, read: BlockReader{Cap: opt.BlockCap}}
}

var _ instruments.Machine = (*Line)(nil)

// Feed gives bytes that came from the other end; without any it tells the time.
func (l *Line) Feed(now time.Duration, in []byte) {
	l.advance(now)
	if len(in) > 0 {
		l.heard = l.now
	}
	l.in = append(l.in, in...)
}

func (l *Line) advance(now time.Duration) {
	if now > l.now {
		l.now = now
	}
}

// Next gives the next effect; false when there is nothing to do until something happens.
func (l *Line) Next() (instruments.Effect, bool) {
	for len(l.queue) == 0 {
		if l.storing || !l.step() {
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

func (l *Line) step() bool {
	if l.used < len(l.in) {
		b, n := l.read.Scan(l.in[l.used:])
		l.used += n
		l.block(b)
		return true
	}
	switch {
	case l.read.Ending() && l.now >= l.heard+l.opt.Tail:
		l.block(l.read.Quiet(false))
	case l.read.Inside() && !l.read.Ending() && l.now >= l.heard+l.opt.Silence:
		l.block(l.read.Quiet(true))
	case l.out.text != nil && !l.out.waits:
		l.transmit()
	case l.out.waits && l.now >= l.out.due:
		l.unanswered()
	default:
		return false
	}
	return true
}

// block takes one block.
func (l *Line) block(b Block) {
	switch b.Kind {
	case Whole:
		l.message(bytes.Clone(b.Payload))
	case CutOff:
		l.note(CodeBlockCut)
	case TooLarge:
		l.note(CodeBlockLong)
		h := readHead(b.Payload)
		l.write(l.ack(b.Payload, refusal(h, "AE", "CE"), "message too long"))
	case NoBlock:
	}
}

// message asks for a whole message to be stored. A block that is no HL7 is refused; its bytes are noise to the archive.
func (l *Line) message(text []byte) {
	h := readHead(text)
	if !h.valid {
		l.note(CodeNotHL7)
		l.write(l.ack(text, "AR", "not an HL7 message"))
		return
	}
	l.begin()
	l.current, l.head, l.storing = text, h, true
	l.emit(instruments.Effect{
		Kind: instruments.Commit, Answer: !h.response,
		Messages: []instruments.Text{{Bytes: text, Ending: instruments.Terminated}},
	})
}

// Stored tells whether the message is durable; ack is the host's own answer to it, nil for a plain one.
func (l *Line) Stored(now time.Duration, ok bool, ack []byte) {
	l.advance(now)
	if !l.storing {
		return
	}
	l.storing = false
	text, h := l.current, l.head
	l.current = nil
	switch {
	case !ok:
		l.note(CodeStoreRefused)
		if !h.response {
			l.write(l.ack(text, refusal(h, "AR", "CR"), "temporarily unable to store"))
		}
	case h.response:
		if h.accept == "AL" {
			l.write(l.ack(text, "CA", ""))
		}
		l.answered(h)
	default:
		l.accept(text, h, ack)
	}
	l.finish()
}

// accept writes the answers to a stored message: the accept acknowledgement where MSH-15 asks for one, then the
// application's.
func (l *Line) accept(text []byte, h head, ack []byte) {
	if h.accept == "AL" || h.accept == "SU" {
		l.write(l.ack(text, "CA", ""))
	}
	switch {
	case ack != nil:
		l.write(ack)
	case !h.enhanced(), h.apply == "AL", h.apply == "SU":
		l.write(l.ack(text, "AA", ""))
	}
}

// refusal chooses the code of a negative answer: the accept level's where MSH-15 asks for answers, else the
// application's. It is sent even to a sender that asked for no answers at all.
func refusal(h head, application, accept string) string {
	if h.accept == "AL" || h.accept == "ER" {
		return accept
	}
	return application
}

func (l *Line) ack(message []byte, code, text string) []byte {
	if l.opt.Ack == nil {
		return nil
	}
	return l.opt.Ack(message, code, text)
}

// Send takes a message of ours, HL7 segments; false while an earlier one is on its way. A Sent effect tells the outcome.
func (l *Line) Send(now time.Duration, text []byte) bool {
	l.advance(now)
	if l.out.text != nil || len(text) == 0 {
		return false
	}
	l.out = outgoing{text: text, control: readHead(text).control}
	return true
}

// Cancel drops a message that is not on the wire yet.
func (l *Line) Cancel() {
	if l.out.text != nil && !l.out.waits {
		l.sent(CodeCancelled)
	}
}

func (l *Line) transmit() {
	l.begin()
	l.out.waits = true
	l.out.tries++
	l.out.due = l.now + l.opt.Reply
	l.write(l.out.text)
}

func (l *Line) unanswered() {
	if l.out.tries >= l.opt.Tries {
		l.sent(CodeNoAnswer)
		l.finish()
		return
	}
	l.out.waits = false // the same control id goes out again
}

// answered takes an acknowledgement. One that names another message is never paired with ours.
func (l *Line) answered(h head) {
	if !l.out.waits || h.answersTo != l.out.control {
		l.note(CodeLateAnswer)
		return
	}
	switch h.code {
	case "CA":
		if readHead(l.out.text).apply == "NE" {
			l.sent("")
			return
		}
		l.out.more, l.out.due = true, l.now+l.opt.Reply
	case "AE", "CE":
		l.sent(CodeRejected)
	case "AR", "CR":
		l.sent(CodeRefused)
	default:
		l.sent("")
	}
}

func (l *Line) sent(code string) {
	l.out = outgoing{}
	l.emit(instruments.Effect{Kind: instruments.Sent, Code: code})
}

func (l *Line) begin() {
	if !l.session {
		l.session = true
		l.emit(instruments.Effect{Kind: instruments.Begin})
	}
}

// finish ends the session unless a message of ours still waits for its answer.
func (l *Line) finish() {
	if l.session && !l.out.waits {
		l.session = false
		l.emit(instruments.Effect{Kind: instruments.Finish})
	}
}

// Deadline gives the time at which Feed is wanted, bytes or not.
func (l *Line) Deadline() (time.Duration, bool) {
	var due time.Duration
	consider := func(t time.Duration) {
		if due == 0 || t < due {
			due = t
		}
	}
	if l.storing {
		return 0, false
	}
	if l.read.Ending() {
		consider(l.heard + l.opt.Tail)
	} else if l.read.Inside() {
		consider(l.heard + l.opt.Silence)
	}
	if l.out.waits {
		consider(l.out.due)
	}
	return due, due > 0
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

// Busy tells whether a block or an exchange is going on.
func (l *Line) Busy() bool { return l.session || l.read.Inside() || l.used < len(l.in) }

// Held is what the line keeps of unfinished messages, in bytes.
func (l *Line) Held() int {
	return len(l.in) - l.used + l.read.Held() + len(l.current) + len(l.out.text)
}

// Close tells that the connection is gone.
func (l *Line) Close(now time.Duration) {
	l.advance(now)
	if l.read.Ending() {
		l.block(l.read.Quiet(false)) // its end was there but for the CR; the store decides, the answer finds nobody
		if l.storing {
			return
		}
	}
	if l.read.Inside() {
		l.block(l.read.Quiet(true))
	}
	if l.out.text != nil {
		l.sent(CodeLineLost)
	}
	l.finish()
}

func (l *Line) emit(e instruments.Effect) { l.queue = append(l.queue, e) }

func (l *Line) note(code string) { l.emit(instruments.Effect{Kind: instruments.Note, Code: code}) }

func (l *Line) write(payload []byte) {
	if payload != nil {
		l.emit(instruments.Effect{Kind: instruments.Write, Bytes: AppendBlock(nil, payload)})
	}
}
