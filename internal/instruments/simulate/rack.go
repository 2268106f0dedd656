package simulate

import (
	"context"
	"fmt"
	"sync"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/link"
)

// rack plays the bench: the printer prints labels, a person puts each tube on every analyzer, and each analyzer asks the
// host what to do with it.
func rack(ctx context.Context, opt Options, players []*player) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ln, err := link.Listen(ctx, opt.Rack)
	if err != nil {
		return err
	}
	opt.sayf("printer listens on %s", ln.Addr())
	printed := make(chan string)
	trays := make([]chan string, len(players))
	for i := range trays {
		trays[i] = make(chan string, 1024)
	}
	var bench sync.WaitGroup
	defer bench.Wait()
	bench.Go(func() {
		if err := printer(ctx, ln, printed); err != nil && ctx.Err() == nil {
			opt.sayf("printer: %v", err)
			stop()
		}
	})
	bench.Go(func() { load(ctx, printed, trays) })
	index := map[*player]int{}
	for i, p := range players {
		index[p] = i
	}
	seen := &received{}
	err = each(ctx, players, func(ctx context.Context, p *player) error { return p.bench(ctx, trays[index[p]], seen) })
	stop()
	return err
}

// load puts every printed tube on every analyzer, each tube once: a second copy of a label is the same tube.
func load(ctx context.Context, printed <-chan string, trays []chan string) {
	seen := map[string]bool{}
	for {
		select {
		case id := <-printed:
			if id == "" || seen[id] {
				continue
			}
			seen[id] = true
			for _, tray := range trays {
				select {
				case tray <- id:
				case <-ctx.Done():
					return
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// bench works through the tubes of one analyzer. With a Count it ends after so many tubes with results. A label is printed
// when the tube is still empty: a tube without orders is put on again later, until the host has named orders of it to
// some analyzer (then it has none for this one) or nobody filled it in time.
func (p *player) bench(ctx context.Context, tray chan string, seen *received) error {
	done := 0
	var shelf shelf
	for p.opt.Count == 0 || done < p.opt.Count {
		t, err := shelf.next(ctx, tray)
		if err != nil {
			return err
		}
		filled := seen.has(t.id)
		tests, err := p.ask(ctx, t.id)
		if err != nil {
			return err
		}
		if len(tests) == 0 {
			if p.opt.sayf("%s has no orders for %s", p.name, t.id); !filled {
				shelf.put(t)
			}
			continue
		}
		seen.add(t.id)
		if !pause(ctx, p.opt.Interval) {
			return ctx.Err()
		}
		if err := p.run(ctx, t.id, tests); err != nil {
			return err
		}
		done++
	}
	return nil
}

// ask queries the host for a tube until it gets an answer; no tests mean that there are no orders for it here.
func (p *player) ask(ctx context.Context, id string) ([]string, error) {
	for tries := 1; ; tries++ {
		tests, err := p.query(ctx, id)
		if err == nil || ctx.Err() != nil {
			return tests, err
		}
		p.drop(err)
		if p.opt.Tries > 0 && tries >= p.opt.Tries {
			return nil, fmt.Errorf("query for %s after %d tries: %w", id, tries, err)
		}
		if !pause(ctx, p.opt.Backoff.Min) {
			return nil, ctx.Err()
		}
	}
}

// told tells whether a query that was refused was answered all the same: MSA-1 AR of an ORR^O02 says that the sample is not
// known.
func (p *player) told() bool {
	for _, text := range p.line.inbox {
		if kind, _ := hl7.Parse(text, "").Type(); kind == "ORR" {
			return true
		}
	}
	return false
}

// query asks once. In ASTM the answer is a session of the host's own; in HL7 the acknowledgement itself says whether
// orders follow.
func (p *player) query(ctx context.Context, id string) ([]string, error) {
	if err := p.plug(ctx); err != nil {
		return nil, err
	}
	p.line.inbox = nil
	err := p.line.send(ctx, p.model.query(p.target.Query, p.nextID(), id, p.opt.Now()))
	if err != nil && !p.told() {
		return nil, err
	}
	for {
		text, err := p.line.receive(ctx, answerLimit)
		if err != nil {
			return nil, err
		}
		if text == nil {
			return nil, fmt.Errorf("simulate: no answer to the query within %v", answerLimit)
		}
		r := p.model.reply(text, id)
		if !r.final {
			continue
		}
		if p.protocol != instruments.HL7 {
			err = p.line.settle(ctx)
		}
		return r.tests, err
	}
}
