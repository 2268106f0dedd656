package simulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/link"
)

// analyzer is one instrument on one connection: the node's own protocol machine in the instrument's role.
type analyzer struct {
	port    link.Port
	machine instruments.Machine
	start   time.Time
	in      chan []byte
	lost    chan error
	quit    chan struct{}
	sent    bool                     // the message on its way came to an end
	code    string                   // how
	inbox   [][]byte                 // what the host sent us, oldest first
	broken  error                    // of a write
	accept  func(text []byte) []byte // the analyzer's own answer to a message of the host; nil for the line's
}

// unsentError says why a message was not acknowledged.
type unsentError struct{ code string }

// Error gives the line's own code.
func (e unsentError) Error() string { return "simulate: the host did not take the message: " + e.code }

// errLine says that the connection is gone; the message goes out again on the next one.
var errLine = errors.New("simulate: the connection is gone")

// The control characters of a block without frames.
const (
	soh = 0x01
	eot = 0x04
	ack = 0x06
)

// plug makes an analyzer of an open port.
func plug(port link.Port, p instruments.Protocol, opt Options) *analyzer {
	a := &analyzer{
		port: port, start: time.Now(), in: make(chan []byte), lost: make(chan error, 1), quit: make(chan struct{}),
	}
	if p == instruments.HL7 {
		a.accept = func(text []byte) []byte { return accept(text, opt.Now()) }
		a.machine = hl7.NewLine(hl7.Options{Reply: opt.Reply, Ack: func(m []byte, code, text string) []byte {
			return hl7.Ack(hl7.Parse(m, ""), hl7.Code(code), hl7.Reply{At: opt.Now(), Text: text})
		}})
	} else {
		timers := opt.Timers
		if opt.Reply > 0 {
			timers.Reply = opt.Reply
		}
		a.machine = astm.NewLine(astm.Options{
			Role: astm.InstrumentRole, Timers: timers, Packing: opt.Packing, FrameText: opt.FrameText, LenientENQ: true,
		})
	}
	go a.read()
	return a
}

func (a *analyzer) read() {
	buf := make([]byte, 4096)
	for {
		n, err := a.port.Read(buf)
		if n > 0 {
			select {
			case a.in <- append([]byte(nil), buf[:n]...):
			case <-a.quit:
				return
			}
		}
		if err != nil {
			a.lost <- err
			return
		}
	}
}

func (a *analyzer) unplug() {
	close(a.quit)
	_ = a.port.Close()
}

// send gives a message to the host and waits until it is acknowledged.
func (a *analyzer) send(ctx context.Context, m outgoing) error {
	if m.block {
		return a.sendBlock(ctx, m.text)
	}
	a.sent, a.code = false, ""
	var taken bool
	if line, ok := a.machine.(*astm.Line); ok && len(m.parts) > 0 {
		taken = line.SendFrames(a.elapsed(), astm.Replay(m.parts))
	} else {
		taken = a.machine.Send(a.elapsed(), m.text)
	}
	if !taken {
		return errors.New("simulate: the line already has a message")
	}
	for a.drain(); !a.sent; {
		if err := a.step(ctx, time.Hour); err != nil {
			return err
		}
	}
	if a.code != "" {
		return unsentError{a.code}
	}
	return nil
}

// blockWait is how long an analyzer waits for the ACK of a block.
const blockWait = 15 * time.Second

// sendBlock sends records between SOH and EOT and waits for the one ACK.
func (a *analyzer) sendBlock(ctx context.Context, text []byte) error {
	if _, err := a.port.Write(slices.Concat([]byte{soh}, text, []byte{eot})); err != nil {
		return fmt.Errorf("%w: %w", errLine, err)
	}
	limit := time.NewTimer(blockWait)
	defer limit.Stop()
	for {
		select {
		case b := <-a.in:
			if bytes.IndexByte(b, ack) >= 0 {
				return nil
			}
			return unsentError{"refused"}
		case err := <-a.lost:
			return fmt.Errorf("%w: %w", errLine, err)
		case <-limit.C:
			return unsentError{"no_answer"}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// receive waits for the next message of the host; nil after the limit.
func (a *analyzer) receive(ctx context.Context, limit time.Duration) ([]byte, error) {
	end := time.Now().Add(limit)
	for len(a.inbox) == 0 {
		left := time.Until(end)
		if left <= 0 {
			return nil, nil
		}
		if err := a.step(ctx, left); err != nil {
			return nil, err
		}
	}
	m := a.inbox[0]
	a.inbox = a.inbox[1:]
	return m, nil
}

// settle goes on until the line is neutral, so that an acknowledgement under way is finished.
func (a *analyzer) settle(ctx context.Context) error {
	for a.machine.Busy() {
		if err := a.step(ctx, time.Hour); err != nil {
			return err
		}
	}
	return nil
}

// step waits for one thing to happen and carries out what it causes.
func (a *analyzer) step(ctx context.Context, limit time.Duration) error {
	if a.broken != nil {
		return a.broken
	}
	if due, ok := a.machine.Deadline(); ok {
		limit = min(limit, max(0, due-a.elapsed()))
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case b := <-a.in:
		a.machine.Feed(a.elapsed(), b)
	case err := <-a.lost:
		return fmt.Errorf("%w: %w", errLine, err)
	case <-t.C:
		a.machine.Feed(a.elapsed(), nil)
	case <-ctx.Done():
		return ctx.Err()
	}
	a.drain()
	return a.broken
}

func (a *analyzer) drain() {
	for {
		e, more := a.machine.Next()
		a.machine.Take()
		if !more {
			return
		}
		switch e.Kind {
		case instruments.Write:
			if _, err := a.port.Write(e.Bytes); err != nil {
				a.broken = fmt.Errorf("%w: %w", errLine, err)
			}
		case instruments.Commit:
			a.keep(e.Messages)
			a.machine.Stored(a.elapsed(), true, a.answer(e.Messages))
		case instruments.Finish:
			a.keep(e.Messages)
		case instruments.Sent:
			a.sent, a.code = true, e.Code
		case instruments.Begin, instruments.Note:
		}
	}
}

func (a *analyzer) answer(messages []instruments.Text) []byte {
	if a.accept == nil || len(messages) == 0 {
		return nil
	}
	return a.accept(messages[len(messages)-1].Bytes)
}

func (a *analyzer) keep(messages []instruments.Text) {
	for _, m := range messages {
		if m.Ending == instruments.Terminated || m.Ending == instruments.Closed {
			a.inbox = append(a.inbox, m.Bytes)
		}
	}
}

func (a *analyzer) elapsed() time.Duration { return time.Since(a.start) }
