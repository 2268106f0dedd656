// Package simulate plays analyzers against a node, through the same protocol machines in the instrument's role: a
// recorded capture, generated results, or a whole bench that learns its tubes from printed labels and asks for their
// orders. It opens no database and knows nothing of the node but its addresses.
package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
)

// Target is where one analyzer is plugged in.
type Target struct {
	Model    string               // an id of Models; empty for a capture alone
	Protocol instruments.Protocol // of a capture whose bytes do not tell; else the model's
	Address  string               // host:port of the node
	Listen   string               // in its place, where the node is to dial
	Serial   *link.Serial         // in its place, a serial port
	Query    Query                // how it asks for orders
}

// Options say what is played.
type Options struct {
	Targets   []Target
	Capture   string        // file to replay; empty for generated results
	Rack      string        // address on which the label printer listens; empty for no rack
	Count     int           // messages for each target, or replays of the capture; 0 goes on until the end of ctx
	Samples   []string      // ids for generated results, in turn; empty makes new ones from Prefix
	Ask       bool          // ask the host for the orders of each of Samples, and send results for what it names
	Serve     bool          // wait for orders that the host sends by itself, and run them
	Control   bool          // the generated results are control runs
	Prefix    string        // of made-up sample ids ("SIM")
	Results   int           // result rows of a generated message; 0 takes the whole panel
	Interval  time.Duration // between messages
	Seed      uint64        // same seed, same values
	AckLog    string        // file that lists the acknowledged messages
	Linger    time.Duration // after the last message, for what the host still has to say
	Tries     int           // sends of one message before it is given up; 0 for ever
	Reply     time.Duration // wait for an answer (the protocol's own when zero)
	Timers    astm.Timers
	Packing   astm.Packing
	FrameText int
	Faults    Faults
	Profiles  *profile.Set // nil for those that come with the program
	Backoff   link.Backoff // between attempts to connect
	Now       func() time.Time
	Out       io.Writer // a line of progress for each message; nil for none
}

func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Prefix == "" {
		o.Prefix = "SIM"
	}
	if o.Backoff.Min <= 0 {
		o.Backoff.Min = 100 * time.Millisecond
	}
	if o.Backoff.Max <= 0 {
		o.Backoff.Max = 2 * time.Second
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	return o
}

// sayf writes a line of progress. Nobody is held up when it cannot be written.
func (o Options) sayf(format string, args ...any) { _, _ = fmt.Fprintf(o.Out, format+"\n", args...) }

// Run plays until everything is sent, or ctx ends. It fails when a message was given up, or when the options make no
// sense.
func Run(ctx context.Context, opt Options) error {
	opt = opt.filled()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if len(opt.Targets) == 0 {
		return errors.New("simulate: no target is given")
	}
	acks, err := openAckLog(opt.AckLog)
	if err != nil {
		return err
	}
	defer acks.close()
	set := opt.Profiles
	if set == nil {
		if set, err = profile.Builtin(); err != nil {
			return fmt.Errorf("simulate: load profiles: %w", err)
		}
	}
	players := make([]*player, 0, len(opt.Targets))
	for i, t := range opt.Targets {
		p, err := newPlayer(ctx, set, opt, t, i, acks)
		if err != nil {
			return err
		}
		players = append(players, p)
	}
	if opt.Rack != "" {
		return rack(ctx, opt, players)
	}
	switch {
	case opt.Ask:
		return each(ctx, players, func(ctx context.Context, p *player) error { return p.inquire(ctx) })
	case opt.Serve:
		return each(ctx, players, func(ctx context.Context, p *player) error { return p.serve(ctx) })
	}
	return each(ctx, players, func(ctx context.Context, p *player) error { return p.play(ctx) })
}

// each runs f for all players at once and gives the first error; the end of ctx is none.
func each(ctx context.Context, players []*player, f func(context.Context, *player) error) error {
	errs := make([]error, len(players))
	var all sync.WaitGroup
	for i, p := range players {
		all.Go(func() {
			defer p.unplug()
			if err := f(ctx, p); err != nil && ctx.Err() == nil {
				errs[i] = fmt.Errorf("%s: %w", p.name, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// player keeps one analyzer connected and gives it messages.
type player struct {
	opt      Options
	target   Target
	name     string
	opener   link.Opener
	model    Model
	protocol instruments.Protocol
	capture  []outgoing
	rng      *rand.Rand
	acks     *ackLog
	line     *analyzer
	serial   int // of control ids
	plugs    uint64
}

func newPlayer(ctx context.Context, set *profile.Set, opt Options, t Target, index int, acks *ackLog) (*player, error) {
	p := &player{
		opt: opt, target: t, acks: acks, protocol: t.Protocol,
		rng: rand.New(rand.NewPCG(opt.Seed, uint64(index)+1)), //nolint:gosec // values are repeated from a seed, nothing here is secret
	}
	if t.Model != "" {
		m, err := findModel(set, t.Model)
		if err != nil {
			return nil, err
		}
		p.model, p.protocol = m, m.Protocol
		p.opt = m.shaped(p.opt)
		if opt.Control && (m.script == nil || len(m.script.parts[partControl]) == 0) {
			return nil, fmt.Errorf("simulate: nobody wrote down what a control run of %s looks like", m.ID)
		}
	}
	if opt.Capture != "" {
		messages, protocol, err := readCapture(opt.Capture, t.Protocol)
		if err != nil {
			return nil, err
		}
		p.capture, p.protocol = messages, protocol
	} else if t.Model == "" {
		return nil, errors.New("simulate: neither a model nor a capture is given")
	}
	switch {
	case t.Serial != nil:
		p.name, p.opener = t.Serial.Device, *t.Serial
	case t.Address != "":
		p.name, p.opener = t.Address, link.Dialer{Address: t.Address}
	case t.Listen != "":
		ln, err := link.Listen(ctx, t.Listen)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = ln.Close() })
		p.name, p.opener = ln.Addr().String(), link.Acceptor{Listener: ln}
		opt.sayf("analyzer listens on %s", p.name)
	default:
		return nil, errors.New("simulate: a target needs an address, a port to listen on, or a serial port")
	}
	return p, nil
}

// play sends the capture, or generated results, as often as asked.
func (p *player) play(ctx context.Context) error {
	for n := 0; p.opt.Count == 0 || n < p.opt.Count; n++ {
		batch := p.capture
		if batch == nil {
			batch = p.generate(n)
		}
		for _, m := range batch {
			if err := p.deliver(ctx, m); err != nil {
				return err
			}
			if !pause(ctx, p.opt.Interval) {
				return ctx.Err()
			}
		}
		if p.capture != nil && p.opt.Count == 0 {
			break
		}
	}
	return p.linger(ctx)
}

// generate makes the n-th result message, or messages where the analyzer sends each test by itself.
func (p *player) generate(n int) []outgoing {
	sample := fmt.Sprintf("%s%06d", p.opt.Prefix, n+1)
	if len(p.opt.Samples) > 0 {
		sample = p.opt.Samples[n%len(p.opt.Samples)]
	}
	rows := p.model.rows(p.rng, nil)
	if p.opt.Results > 0 {
		rows = rows[:min(p.opt.Results, len(rows))]
	}
	part := partResult
	if p.opt.Control {
		part = partControl
	}
	return p.model.upload(part, p.nextID, sample, rows, p.opt.Now())
}

func (p *player) nextID() string {
	p.serial++
	return fmt.Sprintf("%s%d", p.opt.Prefix, p.serial)
}

// deliver sends one message until the host acknowledges all of it. A message that failed goes out again as a whole, on a
// new connection where the old one is gone.
func (p *player) deliver(ctx context.Context, m outgoing) error {
	for tries := 1; ; tries++ {
		err := p.attempt(ctx, m)
		if err == nil {
			p.opt.sayf("%s acknowledged %s %s", p.name, m.id, m.sample)
			return p.acks.add(AckRecord{ID: m.id, SampleID: m.sample, Target: p.name, Results: m.results(p.protocol), Sends: tries})
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if p.opt.Tries > 0 && tries >= p.opt.Tries || errors.Is(err, unsentError{hl7.CodeRejected}) {
			return fmt.Errorf("message %s after %d tries: %w", m.id, tries, err)
		}
		p.opt.sayf("%s not acknowledged %s: %v", p.name, m.id, err)
		if !pause(ctx, p.opt.Backoff.Min) {
			return ctx.Err()
		}
	}
}

// attempt sends a message once.
func (p *player) attempt(ctx context.Context, m outgoing) error {
	if err := p.plug(ctx); err != nil {
		return err
	}
	err := p.line.send(ctx, m)
	if err != nil {
		p.drop(err)
	}
	return err
}

// drop takes the plug out when the connection is gone.
func (p *player) drop(err error) {
	if errors.Is(err, errLine) {
		p.unplug()
	}
}

// plug connects, if nothing is connected.
func (p *player) plug(ctx context.Context) error {
	if p.line != nil {
		return nil
	}
	wait := p.opt.Backoff.Min
	for {
		port, err := p.opener.Open(ctx)
		if err == nil {
			p.plugs++
			p.line = plug(spoil(port, p.opt.Faults, p.opt.Seed+p.plugs), p.protocol, p.opt)
			return nil
		}
		if p.opt.Tries > 0 {
			return err
		}
		if !pause(ctx, wait) {
			return ctx.Err()
		}
		wait = min(2*wait, p.opt.Backoff.Max)
	}
}

func (p *player) unplug() {
	if p.line != nil {
		p.line.unplug()
		p.line = nil
	}
}

// linger lets the host finish what it has to say.
func (p *player) linger(ctx context.Context) error {
	if p.line == nil {
		return nil
	}
	end := time.Now().Add(p.opt.Linger)
	for left := p.opt.Linger; left > 0; left = time.Until(end) {
		text, err := p.line.receive(ctx, left)
		if errors.Is(err, errLine) {
			return nil // a host that hangs up has nothing more to say
		}
		if err != nil || text == nil {
			return err
		}
	}
	return nil
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
