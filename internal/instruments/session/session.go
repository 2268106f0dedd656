// Package session runs connections: for each a goroutine that carries bytes between a port and the state machine of its
// protocol, and asks the host to store before anything is acknowledged. It decides nothing about a message's meaning.
package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/link"
	"jaanch/internal/lab"
)

// Options set up a connection. The zero value finds the protocol by itself and keeps to the standards.
type Options struct {
	Link       string               // name of the listener or configured link, for the archive and the screen
	Instrument lab.ID               // where the link's configuration names one
	Protocol   instruments.Protocol // Auto finds out
	Expect     instruments.Protocol // with Auto: what the instrument speaks as far as is known, so that it can be spoken to first
	ASTM       astm.Options
	HL7        hl7.Options
	StoreLimit time.Duration // for one Store (10 s)
	Idle       time.Duration // of silence, after which what waits for no acknowledgement is archived (2 s)
	Poll       time.Duration // between looks for outgoing messages when nobody wakes the connection (30 s)
	Retry      time.Duration // before a message of ours that failed is sent again (10 s)
}

// TCPOptions are Options for analyzers on the network: many converters swallow the ENQ, and some send SOH blocks.
func TCPOptions(name string) Options {
	return Options{Link: name, ASTM: astm.Options{LenientENQ: true, BlocksSOH: true}}
}

func (o Options) filled(now func() time.Time) Options {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&o.StoreLimit, 10*time.Second)
	def(&o.Idle, 2*time.Second)
	def(&o.Poll, 30*time.Second)
	def(&o.Retry, 10*time.Second)
	if o.HL7.Ack == nil {
		o.HL7.Ack = plainAck(now)
	}
	return o
}

// Causes for which the node itself ends a connection.
var (
	errReplaced = errors.New("session: a newer connection of the same instrument took over")
	errCrowded  = errors.New("session: too many unidentified connections")
	errMemory   = errors.New("session: no memory left for unfinished messages")
)

// conn is one connection.
type conn struct {
	port    link.Port
	host    instruments.Host
	opt     Options
	board   *Board
	start   time.Time
	wake    chan struct{}
	end     context.CancelCauseFunc
	shared  sharedState
	machine instruments.Machine
	spoken  instruments.Protocol // which machine it is, bare included
	fixed   bool                 // the protocol is certain: configured, or proved by a stored message
	sniff   sniffer
	kept    []byte // the last byte of noise, when it may begin something
	archive archive
	keeper  *keeper // nil before the first Store, and after one that did not come back
	outbox  outbox
	fruit   fruitless
	flushAt time.Duration // when the archive is flushed; 0 when nothing waits
	lost    error         // of a write

	unanswered bool // something is stored whose acknowledgement was not written yet
}

// sharedState is what the board reads from other goroutines.
type sharedState struct {
	mu    sync.Mutex
	peer  instruments.Peer
	state instruments.State
	since time.Time
	heard atomic.Int64 // nanoseconds since start, 0 before the first byte
}

// Run serves one connection until it ends or ctx does, and closes the port. The error says why it ended; io.EOF is the
// ordinary one.
func Run(ctx context.Context, board *Board, port link.Port, host instruments.Host, opt Options) error {
	opt = opt.filled(host.Now)
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	c := &conn{
		port: port, host: host, opt: opt, board: board, start: time.Now(), wake: make(chan struct{}, 1), end: end,
		archive: archive{newID: host.NewID, now: host.Now},
	}
	c.shared.since = host.Now()
	c.shared.peer = instruments.Peer{
		Conn: host.NewID(), Instrument: opt.Instrument, Link: opt.Link, Address: port.Address(), Protocol: opt.Protocol,
	}
	if host.Habits != nil {
		habits := host.Habits(ctx, c.shared.peer)
		c.opt.ASTM.AnyNumber = c.opt.ASTM.AnyNumber || habits.AnyNumber
	}
	if opt.Protocol != instruments.Auto {
		c.speak(opt.Protocol)
		c.fixed = true
	} else if opt.Expect != instruments.Auto {
		c.speak(opt.Expect)
	}
	if !board.admit(c) {
		c.event(instruments.Faulty, "too_many_connections", 0)
		_ = port.Close()
		return errCrowded
	}
	defer board.leave(c)
	c.event(instruments.Connected, "", 0)
	board.identified(c)
	err := c.loop(ctx)
	c.keeper.end()
	c.answered()
	c.event(instruments.Disconnected, "", 0)
	return err
}

// speak chooses the protocol.
func (c *conn) speak(p instruments.Protocol) {
	c.spoken = p
	switch p {
	case instruments.HL7:
		c.machine = hl7.NewLine(c.opt.HL7)
	case bare:
		c.machine = astm.NewBare(c.opt.ASTM)
		p = instruments.ASTM
	case instruments.ASTM, instruments.Raw, instruments.Auto:
		c.machine = astm.NewLine(c.opt.ASTM)
	}
	c.archive.protocol = p
	c.shared.mu.Lock()
	c.shared.peer.Protocol = p
	c.shared.mu.Unlock()
}

// input is one read of the port.
type input struct {
	bytes []byte
	err   error
}

// read carries the port's bytes to the loop. The port is closed by the loop's end, which ends this goroutine too.
func (c *conn) read(ctx context.Context, to chan<- input) {
	buf := make([]byte, 32<<10)
	for {
		n, err := c.port.Read(buf)
		in := input{err: err}
		if n > 0 {
			in.bytes = append([]byte(nil), buf[:n]...)
		}
		select {
		case to <- in:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// loop is the life of a connection.
func (c *conn) loop(ctx context.Context) error {
	inputs := make(chan input)
	var reader sync.WaitGroup
	reader.Go(func() { c.read(ctx, inputs) })
	lease := c.board.budget.Lease()
	defer lease.Release()
	defer reader.Wait()
	defer func() { _ = c.port.Close() }()
	defer c.end(nil)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var err error
	for err == nil {
		c.work(ctx)
		if err = c.lost; err != nil {
			break
		}
		from := inputs
		if c.fruit.pausing(c.elapsed()) || c.archive.size > backlog {
			from = nil
		}
		timer.Reset(c.wait())
		select {
		case in := <-from:
			err = c.take(ctx, lease, in)
		case <-timer.C:
		case <-c.wake:
			c.outbox.lookAt = 0
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	c.close(context.WithoutCancel(ctx))
	if errors.Is(err, errMemory) {
		c.event(instruments.Faulty, "memory_full", 0)
	}
	return err
}

// backlog is how many bytes may wait for a store that fails before nothing more is read: a whole message, and room.
const backlog = hl7.DefaultBlockCap + 8<<20

// take feeds one read to the machine.
func (c *conn) take(ctx context.Context, lease *link.Lease, in input) error {
	if len(in.bytes) > 0 {
		c.shared.heard.Store(int64(max(1, c.elapsed())))
		c.flushAt = c.elapsed() + c.opt.Idle
		began := time.Now()
		c.feed(in.bytes)
		c.work(ctx)
		held := 0
		if c.machine != nil {
			held = c.machine.Held()
		}
		if c.archive.ours > keepNoise { // a long message of ours: nothing of it is noise
			c.flush(ctx)
		}
		if c.archive.trim(held) {
			c.fruit.count++
			c.fruit.dropped = true
		}
		c.fruit.charge(c.elapsed(), time.Since(began))
		limited, stop := context.WithTimeoutCause(ctx, c.opt.StoreLimit, errMemory)
		defer stop()
		if err := lease.Hold(limited, held+c.archive.size); err != nil {
			return context.Cause(limited)
		}
	}
	if in.err != nil {
		return fmt.Errorf("read %s: %w", c.opt.Link, in.err)
	}
	return nil
}

// feed gives bytes to the machine, choosing it first where nobody configured one.
func (c *conn) feed(b []byte) {
	if !c.fixed && c.outbox.current == nil && (c.machine == nil || !c.machine.Busy()) {
		found := c.sniff.sniff(b)
		b = append(c.kept, b...)
		c.kept = nil
		switch {
		case found != instruments.Auto && found != c.spoken:
			c.speak(found)
		case c.machine == nil:
			if n := len(b) - 1; b[n] == 0x02 || b[n] == 'H' {
				b, c.kept = b[:n], []byte{b[n]}
			}
			c.archive.add(instruments.In, b)
			return
		}
	}
	c.machine.Feed(c.elapsed(), b)
}

// elapsed is the machine's clock.
func (c *conn) elapsed() time.Duration { return time.Since(c.start) }

// wait gives the time until something is due.
func (c *conn) wait() time.Duration {
	due := c.outbox.due(c)
	if c.machine != nil {
		if d, ok := c.machine.Deadline(); ok {
			due = sooner(due, d)
		}
	}
	due = sooner(due, c.flushAt)
	due = sooner(due, c.fruit.until)
	if due == 0 {
		return time.Hour
	}
	return max(0, due-c.elapsed())
}

// sooner gives the earlier of two times, of which zero means never.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// peer gives a copy of what is known of the other end.
func (c *conn) peer() instruments.Peer {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	return c.shared.peer
}

func (c *conn) instrument() lab.ID { return c.peer().Instrument }

func (c *conn) status() Status {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	s := Status{Peer: c.shared.peer, State: c.shared.state, Since: c.shared.since}
	if at := c.shared.heard.Load(); at > 0 {
		s.Heard = c.shared.since.Add(time.Duration(at))
	}
	return s
}

// silentFor is how long ago the last byte came, or the connection was made.
func (c *conn) silentFor() time.Duration { return c.elapsed() - time.Duration(c.shared.heard.Load()) }

// event tells the host of a change of state, once; faults are told each time.
func (c *conn) event(state instruments.State, code string, count int64) {
	c.shared.mu.Lock()
	same := c.shared.state == state && code == ""
	if code == "" {
		c.shared.state = state
	}
	peer := c.shared.peer
	c.shared.mu.Unlock()
	if !same && c.host.Event != nil {
		c.host.Event(instruments.Event{Peer: peer, At: c.host.Now(), State: state, Code: code, Count: count})
	}
}
