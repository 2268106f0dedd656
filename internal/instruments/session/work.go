package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/failpoint"
	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/lab"
)

// work carries out everything that is due now: the machine's effects, messages of ours, and the archive.
func (c *conn) work(ctx context.Context) {
	if c.machine != nil {
		c.machine.Feed(c.elapsed(), nil)
		c.drain(ctx)
		for c.pump(ctx) {
			c.drain(ctx)
		}
	}
	if c.flushAt > 0 && c.elapsed() >= c.flushAt {
		c.flush(ctx)
	}
}

// drain carries out the machine's effects in order. The bytes that caused an effect are archived before it.
func (c *conn) drain(ctx context.Context) {
	for {
		e, more := c.machine.Next()
		c.archive.add(instruments.In, c.machine.Take())
		if !more {
			return
		}
		switch e.Kind {
		case instruments.Write:
			c.write(e.Bytes)
		case instruments.Begin:
			c.archive.begin()
			c.event(c.doing(), "", 0)
		case instruments.Commit:
			c.commit(ctx, e)
		case instruments.Finish:
			c.finish(ctx, e.Messages)
		case instruments.Sent:
			c.delivered(ctx, e.Code)
		case instruments.Note:
			c.note(e.Code)
			c.yielded(e.Code)
		}
	}
}

// yielded takes an order back that lost a contention: what the instrument says first may change it, so it is asked for
// again when the line is free.
func (c *conn) yielded(code string) {
	if it := c.outbox.current; code == astm.CodeContention && it != nil && !it.order.IsZero() {
		c.machine.Cancel()
	}
}

// doing is the state that a session begins with.
func (c *conn) doing() instruments.State {
	if c.outbox.current != nil {
		return instruments.Sending
	}
	return instruments.Receiving
}

// write puts bytes on the line. A failed write ends the connection when the effects are drained; until then nothing more
// is written, so nothing is acknowledged on a line that is gone.
func (c *conn) write(b []byte) {
	if c.lost != nil {
		return
	}
	c.fruit.count++
	if len(b) > 1 && c.archive.cur != nil {
		c.archive.worth() // not a lone control character: an answer or a message of ours
	}
	_, err := c.port.Write(b)
	c.answered()
	if err != nil {
		c.lost = fmt.Errorf("write %s: %w", c.opt.Link, err)
		return
	}
	c.archive.add(instruments.Out, b)
	c.flushAt = c.elapsed() + c.opt.Idle
}

// commit stores, and only then lets the machine acknowledge.
func (c *conn) commit(ctx context.Context, e instruments.Effect) {
	in, fresh := c.archive.intake(e.Messages)
	if failpoint.AckEarly() { // the defect that the kill test plants; never in an ordinary build
		c.machine.Stored(c.elapsed(), true, nil)
		c.drain(ctx)
		_ = c.store(ctx, in)
		return
	}
	failpoint.Enter(failpoint.Storing)
	err := c.store(ctx, in)
	failpoint.Leave(failpoint.Storing)
	ok := err == nil
	var ack []byte
	if !ok {
		if !undecided(err) {
			c.archive.refused(fresh)
		}
	} else {
		c.fixed = c.fixed || fresh > 0
		c.fruit = fruitless{}
		if e.Answer {
			ack = c.answers(ctx, in.Messages)
		}
	}
	if ok {
		c.unanswered = true
		failpoint.Enter(failpoint.Unanswered)
	}
	c.machine.Stored(c.elapsed(), ok, ack)
	if ok && !e.Answer {
		c.answers(ctx, in.Messages)
	}
}

// answered tells the fault test that what was stored has been acknowledged, or never will be on this line.
func (c *conn) answered() {
	if c.unanswered {
		c.unanswered = false
		failpoint.Leave(failpoint.Unanswered)
	}
}

// finish ends a session. Messages that its end completed are stored now; nobody waits for an acknowledgement, so when
// that fails they are tried again at the next store.
func (c *conn) finish(ctx context.Context, texts []instruments.Text) {
	c.archive.finish(texts)
	if len(texts) > 0 {
		c.flush(ctx)
	}
	c.event(instruments.Idle, "", 0)
}

// flush stores what waits for no acknowledgement.
func (c *conn) flush(ctx context.Context) {
	c.flushAt = 0
	in, waits := c.archive.idle()
	if !waits {
		return
	}
	if c.store(ctx, in) != nil {
		c.note(hl7.CodeStoreRefused)
		c.flushAt = c.elapsed() + c.opt.Retry
		return
	}
	c.answers(ctx, in.Messages)
}

// store calls the host's Store within its time. A Store that panics is called again for the raw bytes alone: no message
// can make the node refuse bytes for ever.
func (c *conn) store(ctx context.Context, in instruments.Intake) error {
	ctx, cancel := context.WithTimeout(ctx, c.opt.StoreLimit)
	defer cancel()
	in.Peer = c.peer()
	receipt, err := c.storeOnce(ctx, in)
	if _, panicked := errors.AsType[panicError](err); panicked {
		c.note("message_unreadable")
		in.Messages, in.Bare = nil, true
		receipt, err = c.storeOnce(ctx, in)
	}
	if err != nil {
		return err
	}
	c.archive.stored()
	if !receipt.Instrument.IsZero() && receipt.Instrument != in.Peer.Instrument {
		c.shared.mu.Lock()
		c.shared.peer.Instrument = receipt.Instrument
		c.shared.mu.Unlock()
		c.board.identified(c)
	}
	return nil
}

// undecided tells whether a Store that failed may yet have succeeded. Its messages then keep their identities: the
// sender's repetition is a message of its own, which the host knows as a duplicate by its content.
func undecided(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || lab.KindOf(err) == lab.KindUnknown
}

// answers asks the host what to send because of stored messages. It gives the whole acknowledgement of the last one,
// nil for a plain one; everything else goes to the outbox.
func (c *conn) answers(ctx context.Context, messages []instruments.Message) (ack []byte) {
	if c.host.Answer == nil {
		return nil
	}
	for _, m := range messages {
		if m.Ending == instruments.Cut || m.Ending == instruments.GivenUp {
			continue
		}
		r, err := c.answer(ctx, m)
		if err != nil {
			c.note("answer_failed")
			continue
		}
		if r.Cancel {
			c.outbox.cancel(c)
		}
		for _, text := range r.Send {
			c.outbox.push(text, r.Form)
		}
		ack = r.Ack
	}
	return ack
}

func (c *conn) answer(ctx context.Context, m instruments.Message) (r instruments.Reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.opt.StoreLimit)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = panicError{v}
		}
	}()
	return c.host.Answer(ctx, c.peer(), m)
}

// note tells of a fault. A line that makes nothing but faults is told of at 1, 2, 4, 8 … of them.
func (c *conn) note(code string) {
	c.fruit.count++
	if n := c.fruit.count; n <= 8 || n&(n-1) == 0 {
		c.event(instruments.Faulty, code, n)
	}
}

// close reports the end of the line to the machine and stores what is left.
func (c *conn) close(ctx context.Context) {
	if c.machine != nil {
		c.lost = errClosed
		c.machine.Close(c.elapsed())
		c.drain(ctx)
		c.machine.Close(c.elapsed())
		c.drain(ctx)
	}
	c.archive.add(instruments.In, c.kept)
	c.outbox.drop(ctx, c)
	if c.archive.cur != nil {
		c.archive.finish(nil)
	}
	c.flush(ctx)
}

// fruitless watches for a line that makes work and brings nothing: an ENQ storm, or noise. Its reads are slowed down so
// that it takes no more than about a sixth of a core.
type fruitless struct {
	count   int64 // answers and faults since the last stored frame
	dropped bool  // noise was dropped since then
	until   time.Duration
}

// patience is how many answers and faults an honest line may need.
const patience = 64

func (f *fruitless) charge(now, spent time.Duration) {
	if f.count > patience || f.dropped {
		f.until = now + min(5*spent, time.Second)
	}
}

// pausing tells whether nothing is to be read now.
func (f *fruitless) pausing(now time.Duration) bool {
	if f.until > now {
		return true
	}
	f.until = 0
	return false
}
