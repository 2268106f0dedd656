package astm

import (
	"time"

	"jaanch/internal/instruments"
)

// Bare reads E1394 records that come without any frames, as some converters and middlewares send them. Nothing is
// answered, so nothing is promised; a message ends with its L record, or when the line has been silent for a while. It
// is an instruments.Machine.
type Bare struct {
	silence time.Duration
	now     time.Duration
	heard   time.Duration
	queue   []instruments.Effect
	group   group
	in      []byte
	used    int
}

// NewBare makes a reader; zero values take the defaults of Options.
func NewBare(opt Options) *Bare {
	opt = opt.filled()
	return &Bare{silence: opt.Timers.Frame, group: group{limit: opt.MessageCap}}
}

var _ instruments.Machine = (*Bare)(nil)

// Feed takes bytes; without any it tells the time.
func (b *Bare) Feed(now time.Duration, in []byte) {
	b.now = max(b.now, now)
	if len(in) > 0 {
		b.heard = b.now
	}
	b.in = append(b.in, in...)
}

// Next gives the next effect. Each read is used up whole: Finish brings whatever messages it completed.
func (b *Bare) Next() (instruments.Effect, bool) {
	if len(b.queue) == 0 {
		b.step()
	}
	if len(b.queue) == 0 {
		return instruments.Effect{}, false
	}
	e := b.queue[0]
	b.queue = b.queue[1:]
	return e, true
}

func (b *Bare) step() {
	switch {
	case b.used < len(b.in):
		b.take(b.in[b.used:])
		b.used = len(b.in)
	case len(b.group.buf) > 0 && b.now >= b.heard+b.silence:
		b.emit(instruments.Effect{Kind: instruments.Note, Code: CodeTimeout})
		b.emit(instruments.Effect{Kind: instruments.Finish, Messages: b.group.end(instruments.Cut)})
	}
}

// take adds text. A control character means that this is no text at all: what came so far is dropped as noise.
func (b *Bare) take(in []byte) {
	text := make([]byte, 0, len(in))
	for _, c := range in {
		if restricted(c) {
			b.drop()
			return
		}
		if c != 0 {
			text = append(text, c)
		}
	}
	if len(b.group.buf) == 0 {
		b.emit(instruments.Effect{Kind: instruments.Begin})
	}
	done, ok := b.group.add(text, false)
	if !ok {
		b.emit(instruments.Effect{Kind: instruments.Note, Code: CodeMessageLong})
		b.group.reset()
	}
	if len(done) > 0 || !ok {
		b.emit(instruments.Effect{Kind: instruments.Finish, Messages: done})
		if len(b.group.buf) > 0 {
			b.emit(instruments.Effect{Kind: instruments.Begin})
		}
	}
}

func (b *Bare) drop() {
	if len(b.group.buf) > 0 {
		b.group.reset()
		b.emit(instruments.Effect{Kind: instruments.Note, Code: CodeNotText})
		b.emit(instruments.Effect{Kind: instruments.Finish})
	}
}

func (b *Bare) emit(e instruments.Effect) { b.queue = append(b.queue, e) }

// Stored is never waited for: on such a line nothing is acknowledged.
func (b *Bare) Stored(time.Duration, bool, []byte) {}

// Send refuses: there is no way to speak on such a line.
func (b *Bare) Send(time.Duration, []byte) bool { return false }

// Cancel has nothing to drop.
func (b *Bare) Cancel() {}

// Close gives what came so far.
func (b *Bare) Close(now time.Duration) {
	b.now = max(b.now, now)
	if rest := b.group.end(instruments.Cut); rest != nil {
		b.emit(instruments.Effect{Kind: instruments.Finish, Messages: rest})
	}
}

// Take gives the bytes used up since the last call.
func (b *Bare) Take() []byte {
	taken := b.in[:b.used]
	b.in, b.used = nil, 0
	return taken
}

// Deadline gives the time at which Feed is wanted, bytes or not.
func (b *Bare) Deadline() (time.Duration, bool) { return b.heard + b.silence, len(b.group.buf) > 0 }

// Busy tells whether a message has begun.
func (b *Bare) Busy() bool { return len(b.group.buf) > 0 }

// Held is what is kept of an unfinished message, in bytes.
func (b *Bare) Held() int { return len(b.group.buf) }
