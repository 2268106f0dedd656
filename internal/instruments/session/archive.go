package session

import (
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/lab"
)

// archive gathers what passed on the line until it is stored: raw chunks of both directions, cut into sessions, and
// messages that no acknowledgement waits for. A session gets its identity only when something in it is worth one, so
// noise costs nothing.
type archive struct {
	newID    func() lab.ID
	now      func() time.Time
	protocol instruments.Protocol
	chunks   []instruments.Chunk
	messages []instruments.Message
	cur      *open // nil between sessions
	size     int   // bytes in chunks and messages
	ours     int   // of them, bytes that we sent
	sealed   int   // chunks before this index were offered to Store and are not changed any more
	dropped  int64 // bytes dropped, to be told with the next chunk
}

// open is a session that goes on.
type open struct {
	id         lab.ID // zero until it is worth one
	seq, index int
	worth      bool
}

// keepNoise is how many bytes of unanswered input are kept beside what the machine itself holds.
const keepNoise = 64 << 10

// add records bytes that passed.
func (a *archive) add(dir instruments.Dir, b []byte) {
	if len(b) == 0 {
		return
	}
	a.size += len(b)
	if dir == instruments.Out {
		a.ours += len(b)
	}
	if n := len(a.chunks); n > a.sealed {
		last := &a.chunks[n-1]
		if last.Dir == dir && !last.End && (last.Session.IsZero() || a.cur != nil && last.Session == a.cur.id) {
			last.Bytes = append(last.Bytes, b...)
			return
		}
	}
	c := instruments.Chunk{At: a.now(), Dir: dir, Bytes: append([]byte(nil), b...), Dropped: a.dropped}
	a.dropped = 0
	a.chunks = append(a.chunks, c)
}

func (a *archive) begin() {
	if a.cur == nil {
		a.cur = &open{}
	}
}

// worth says that the session that goes on is to be kept as one.
func (a *archive) worth() {
	a.begin()
	a.cur.worth = true
}

// finish ends the session. One without anything worth keeping leaves its bytes as noise.
func (a *archive) finish(texts []instruments.Text) {
	a.begin()
	if len(texts) > 0 {
		a.cur.worth = true
	}
	if a.cur.worth || !a.cur.id.IsZero() {
		a.adopt()
		a.messages = append(a.messages, a.name(texts)...)
		for _, m := range texts {
			a.size += len(m.Bytes)
		}
		a.end()
	}
	a.cur = nil
}

// end marks the last chunk of the session, making an empty one where all of them are stored already.
func (a *archive) end() {
	if n := len(a.chunks); n > a.sealed && a.chunks[n-1].Session == a.cur.id {
		a.chunks[n-1].End = true
		return
	}
	a.chunks = append(a.chunks, instruments.Chunk{
		Session: a.cur.id, Protocol: a.protocol, Seq: a.cur.seq, At: a.now(), Dir: instruments.In, Open: a.cur.seq == 0, End: true,
	})
	a.cur.seq++
}

// adopt gives the chunks without a session to the one that goes on.
func (a *archive) adopt() {
	if a.cur.id.IsZero() {
		a.cur.id = a.newID()
	}
	for i := range a.chunks {
		c := &a.chunks[i]
		if c.Session.IsZero() {
			c.Session, c.Protocol, c.Seq, c.Open = a.cur.id, a.protocol, a.cur.seq, a.cur.seq == 0
			a.cur.seq++
		}
	}
}

// name gives messages their identity.
func (a *archive) name(texts []instruments.Text) []instruments.Message {
	out := make([]instruments.Message, 0, len(texts))
	for _, t := range texts {
		out = append(out, instruments.Message{
			Session: a.cur.id, Index: a.cur.index, Protocol: a.protocol, Text: t.Bytes, Ending: t.Ending,
		})
		a.cur.index++
	}
	return out
}

// intake gives everything that waits, with texts as the newest messages, and how many of the messages those are.
func (a *archive) intake(texts []instruments.Text) (instruments.Intake, int) {
	a.worth()
	a.adopt()
	fresh := a.name(texts)
	return a.pending(fresh), len(fresh)
}

// idle gives everything that waits while no acknowledgement does. Bytes outside of any session become one of their own.
func (a *archive) idle() (instruments.Intake, bool) {
	if len(a.chunks) == 0 && len(a.messages) == 0 {
		return instruments.Intake{}, false
	}
	if a.cur != nil {
		a.adopt()
		return a.pending(nil), true
	}
	if n := len(a.chunks); n > 0 && a.chunks[n-1].Session.IsZero() {
		protocol := a.protocol
		a.protocol = instruments.Raw
		a.cur = &open{}
		a.adopt()
		a.end()
		a.cur, a.protocol = nil, protocol
	}
	return a.pending(nil), true
}

func (a *archive) pending(fresh []instruments.Message) instruments.Intake {
	a.sealed = len(a.chunks)
	in := instruments.Intake{Chunks: append([]instruments.Chunk(nil), a.chunks...)}
	in.Messages = append(append(in.Messages, a.messages...), fresh...)
	return in
}

// stored forgets what is durable now.
func (a *archive) stored() {
	a.chunks, a.messages, a.size, a.ours, a.sealed = nil, nil, 0, 0, 0
}

// refused takes back the identities of n fresh messages: their sender will send them again.
func (a *archive) refused(n int) { a.cur.index -= n }

// trim drops the oldest input when far more waits than the machine holds: noise, or frames that were refused. Nothing
// of it was acknowledged. It tells whether it dropped anything.
func (a *archive) trim(held int) bool {
	if a.size <= held+2*keepNoise {
		return false
	}
	cut := false
	for len(a.chunks) > 0 && a.size > held+keepNoise {
		c := &a.chunks[0]
		excess := a.size - held - keepNoise
		if a.sealed > 0 || excess >= len(c.Bytes) {
			if len(c.Bytes) == 0 {
				break // the end of a session: nothing to gain
			}
			a.size -= len(c.Bytes)
			a.dropped += int64(len(c.Bytes)) + c.Dropped
			a.chunks = a.chunks[1:]
			a.sealed = max(0, a.sealed-1)
		} else {
			c.Bytes = append([]byte(nil), c.Bytes[excess:]...)
			c.Dropped += int64(excess) + a.dropped
			a.dropped = 0
			a.size -= excess
		}
		cut = true
	}
	return cut
}
