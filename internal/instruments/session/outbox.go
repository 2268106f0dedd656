package session

import (
	"context"
	"errors"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/lab"
)

var errClosed = errors.New("session: the connection is closed")

// outbox holds what is to be sent on a connection: answers in the order of their queries, and between them, one at a
// time, the messages that the host has waiting.
type outbox struct {
	answers  []item
	current  *item         // given to the machine
	lookAt   time.Duration // when the host is asked for outgoing messages next
	answerAt time.Duration // when a failed answer is tried again
}

// item is one message of ours.
type item struct {
	text  []byte
	form  instruments.Form
	order lab.ID // of an Outgoing; zero for an answer
	tries int
}

// answerTries is how often an answer is offered: after that the instrument has long given up waiting for it.
const answerTries = 3

func (o *outbox) push(text []byte, form instruments.Form) {
	o.answers = append(o.answers, item{text: text, form: form})
}

// shaper is a machine whose messages can be put on the line in more than one form.
type shaper interface{ Shape(form instruments.Form) }

// give hands a message to the machine; false when it cannot take one now.
func (c *conn) give(now time.Duration, it item) bool {
	if m, ok := c.machine.(shaper); ok {
		m.Shape(it.form)
	}
	return c.machine.Send(now, it.text)
}

// cancel drops the answers that are not on the wire yet.
func (o *outbox) cancel(c *conn) {
	o.answers = nil
	c.machine.Cancel()
}

// due gives the time at which the outbox wants attention; 0 for never.
func (o *outbox) due(c *conn) time.Duration {
	switch {
	case o.current != nil || c.machine == nil:
		return 0
	case len(o.answers) > 0:
		return max(1, o.answerAt)
	case c.host.Outgoing != nil && !c.machine.Busy() && !c.instrument().IsZero():
		return max(1, o.lookAt)
	}
	return 0
}

// pump gives the machine its next message; false when there is none, or not now.
func (c *conn) pump(ctx context.Context) bool {
	o := &c.outbox
	now := c.elapsed()
	if o.current != nil {
		return false
	}
	if len(o.answers) > 0 {
		if now < o.answerAt {
			return false
		}
		next := o.answers[0]
		if !c.give(now, next) {
			o.answerAt = now + c.opt.Retry
			return false
		}
		o.answers, o.current = o.answers[1:], &next
		return true
	}
	return c.outgoing(ctx, now)
}

// outgoing looks for a message that the host has waiting.
func (c *conn) outgoing(ctx context.Context, now time.Duration) bool {
	o := &c.outbox
	if c.host.Outgoing == nil || now < o.lookAt || c.machine.Busy() || c.instrument().IsZero() {
		return false
	}
	o.lookAt = now + c.opt.Poll
	ctx, cancel := context.WithTimeout(ctx, c.opt.StoreLimit)
	defer cancel()
	next, found, err := c.host.Outgoing(ctx, c.peer())
	if err != nil {
		c.note("outgoing_failed")
		return false
	}
	if !found {
		return false
	}
	it := item{text: next.Text, form: next.Form, order: next.ID}
	if !c.give(now, it) {
		c.report(ctx, it.order, hl7.CodeCancelled)
		o.lookAt = now + c.opt.Poll // a line that cannot be spoken on is not asked again at once
		return false
	}
	o.current = &it
	return true
}

// delivered takes the outcome of the message that the machine had.
func (c *conn) delivered(ctx context.Context, code string) {
	o := &c.outbox
	it := o.current
	o.current = nil
	if it == nil {
		return
	}
	if code == "" {
		c.fruit = fruitless{}
	}
	if !it.order.IsZero() {
		c.report(ctx, it.order, code)
		return
	}
	if code == "" || code == hl7.CodeCancelled {
		return
	}
	it.tries++
	if it.tries >= answerTries || code == hl7.CodeRejected || code == hl7.CodeNoAnswer && c.archive.protocol == instruments.HL7 {
		c.note("answer_dropped")
		return
	}
	o.answers = append([]item{*it}, o.answers...)
	o.answerAt = c.elapsed() + c.opt.Retry
}

// report tells the host what became of an outgoing message. After a success, and after a contention, the next one is looked
// for as soon as the line is free.
func (c *conn) report(ctx context.Context, id lab.ID, code string) {
	var outcome error
	if code == "" || code == hl7.CodeCancelled {
		c.outbox.lookAt = 0
	}
	if code != "" {
		outcome = &lab.Error{Kind: lab.KindUnavailable, Code: code, Message: "The instrument did not take the message."}
	}
	if c.host.Sent == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, c.opt.StoreLimit)
	defer cancel()
	c.host.Sent(ctx, c.peer(), id, outcome)
}

// drop forgets the answers: their connection is gone.
func (o *outbox) drop(ctx context.Context, c *conn) {
	if o.current != nil {
		c.delivered(ctx, hl7.CodeLineLost)
	}
	o.answers = nil
}
