package simulate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/instruments"
)

// run measures a sample: it sends results for these tests.
func (p *player) run(ctx context.Context, sample string, tests []string) error {
	for _, m := range p.model.results(p.nextID, sample, p.model.rows(p.rng, tests), p.opt.Now()) {
		if err := p.deliver(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// inquire asks the host for the orders of each sample and runs what it names.
func (p *player) inquire(ctx context.Context) error {
	if !p.model.asks() {
		return fmt.Errorf("simulate: the analyzer of %s never asks for orders", p.model.ID)
	}
	for _, id := range p.opt.Samples {
		tests, err := p.ask(ctx, id)
		if err != nil {
			return err
		}
		if len(tests) == 0 {
			p.opt.sayf("%s has no orders for %s", p.name, id)
			continue
		}
		if err := p.run(ctx, id, tests); err != nil {
			return err
		}
		if !pause(ctx, p.opt.Interval) {
			return ctx.Err()
		}
	}
	return p.linger(ctx)
}

// job is one order that waits for its turn.
type job struct {
	order

	due time.Time
}

// worklist holds the orders that the host sent and that were not run yet.
type worklist []job

// take adds an order, or takes back what a cancellation names. It tells what a cancellation found.
func (w *worklist) take(o order, due time.Time) (cancelled int) {
	if !o.cancel {
		*w = append(*w, job{order: o, due: due})
		return 0
	}
	for i := range *w {
		j := &(*w)[i]
		if j.sample != o.sample {
			continue
		}
		before := len(j.tests)
		j.tests = slices.DeleteFunc(slices.Clone(j.tests), func(code string) bool { return slices.Contains(o.tests, code) })
		cancelled += before - len(j.tests)
	}
	*w = slices.DeleteFunc(*w, func(j job) bool { return len(j.tests) == 0 })
	return cancelled
}

// serve waits for orders that the host sends without being asked and runs each when its Interval is over; until then it can
// be taken back. With a Count it ends after so many samples.
func (p *player) serve(ctx context.Context) error {
	var waiting worklist
	for done := 0; p.opt.Count == 0 || done < p.opt.Count; {
		if err := p.greet(ctx); err != nil {
			return err
		}
		wait := time.Hour
		if len(waiting) > 0 {
			wait = time.Until(waiting[0].due)
		}
		if wait <= 0 {
			next := waiting[0]
			waiting = waiting[1:]
			if err := p.run(ctx, next.sample, next.tests); err != nil {
				return err
			}
			done++
			continue
		}
		text, err := p.line.receive(ctx, wait)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.drop(err)
			continue
		}
		for _, o := range p.model.orders(text) {
			n := waiting.take(o, time.Now().Add(p.opt.Interval))
			if err := p.heard(o, n); err != nil {
				return err
			}
		}
	}
	return p.linger(ctx)
}

// heard notes an order in the list of what was acknowledged: the witness of a node that was killed.
func (p *player) heard(o order, cancelled int) error {
	if o.cancel {
		p.opt.sayf("%s cancelled %d of %v on %s", p.name, cancelled, o.tests, o.sample)
	} else {
		p.opt.sayf("%s was ordered %v on %s", p.name, o.tests, o.sample)
	}
	return p.acks.add(AckRecord{ID: o.id, SampleID: o.sample, Target: p.name, Ordered: o.tests, Cancelled: o.cancel})
}

// greet connects and says who is speaking, so that the host knows to whom its orders would go.
func (p *player) greet(ctx context.Context) error {
	for p.line == nil {
		if err := p.plug(ctx); err != nil {
			return err
		}
		if p.model.script == nil || p.target.Serial != nil {
			return nil // the demonstration's say it with their first upload; a serial port is one analyzer's own
		}
		m := outgoing{id: p.nextID()}
		m.text = p.model.script.hello(p.protocol, m.id, p.opt.Now())
		if err := p.line.send(ctx, m); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			p.opt.sayf("%s not greeted: %v", p.name, err)
			p.unplug()
			if !pause(ctx, p.opt.Backoff.Min) {
				return ctx.Err()
			}
			continue
		}
		if p.protocol != instruments.HL7 {
			if err := p.line.settle(ctx); err != nil {
				p.unplug()
			}
		}
	}
	return nil
}
