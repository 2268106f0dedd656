package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Host gives what sessions need of the node.
func (b *Bench) Host() instruments.Host {
	return instruments.Host{
		NewID: b.db.NewID, Now: b.db.Now, Store: b.Store, Answer: b.Answer,
		Outgoing: b.Outgoing, Sent: b.Sent, Habits: b.habits,
		Event: b.lines.note,
	}
}

// habits tells a new connection what the analyzers at its address are known to do. An address that several share takes the
// most patient of them.
func (b *Bench) habits(ctx context.Context, peer instruments.Peer) instruments.Habits {
	var out instruments.Habits
	err := b.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		names := []string{}
		if peer.Instrument.IsZero() {
			rows, err := q.InstrumentsAt(ctx, queries.InstrumentsAtParams{Peer: host(peer.Address), Peer_2: peer.Link})
			if err != nil {
				return fmt.Errorf("look for analyzers at an address: %w", err)
			}
			for _, r := range rows {
				names = append(names, r.Profile)
			}
		} else if row, err := q.Instrument(ctx, queries.ID(peer.Instrument)); err == nil {
			names = append(names, row.Profile)
		}
		for _, name := range names {
			if p, ok := b.profiles.Get(name); ok && p.Link.FrameNo == "off" {
				out.AnyNumber = true
			}
		}
		return nil
	})
	if err != nil {
		b.log.Warn("what is known of an address could not be read", "err", err)
	}
	return out
}

// Answer gives what is to be sent because of a stored message: the orders that a host query asks for, from the node's own
// data. A sender that nobody has approved is told that there is nothing for it.
func (b *Bench) Answer(ctx context.Context, peer instruments.Peer, m instruments.Message) (instruments.Reply, error) {
	if m.Protocol != instruments.ASTM && m.Protocol != instruments.HL7 {
		return instruments.Reply{}, nil
	}
	if !mayAsk(m.Text) {
		return instruments.Reply{}, nil
	}
	reply := instruments.Reply{}
	d, err := b.reader(ctx, peer, m)
	if err != nil {
		return reply, err
	}
	for _, msg := range d.Decode(m.Text) {
		if p, ok := b.profiles.Get(msg.Profile); ok {
			reply.Form = formOf(p)
		}
		for _, q := range msg.Queries {
			if q.Cancel {
				reply.Cancel = true
				continue
			}
			next, err := b.answer(ctx, peer, msg, d, q)
			if err != nil {
				return reply, err
			}
			if len(next.Response) > 0 {
				reply.Ack = next.Response
			}
			for _, f := range next.Follow {
				reply.Send = append(reply.Send, f.Payload)
			}
		}
	}
	return reply, nil
}

// reader gives what reads a question: the profile that the lab chose for the analyzer. A question names its sender less often
// than a result does, so that the bytes alone may tell another one.
func (b *Bench) reader(ctx context.Context, peer instruments.Peer, m instruments.Message) (driver.Driver, error) {
	free := driver.New(b.profiles, m.Protocol, nil)
	var name string
	err := b.db.View(ctx, func(tx *sqlite.ReadTx) error {
		a := answering{b: b, q: queries.New(tx), tx: tx}
		for _, msg := range free.Decode(m.Text) {
			if err := a.identify(ctx, peer, msg); err != nil {
				return err
			}
			name = a.device.profile
		}
		return nil
	})
	if p, known := b.profiles.Get(name); err == nil && known && p.Protocol == m.Protocol {
		return driver.New(b.profiles, m.Protocol, p), nil
	}
	return free, err
}

// asksByOrder tells whether a segment is an ORC with RF in its first field.
func asksByOrder(segment []byte) bool {
	return len(segment) > 5 && string(segment[:3]) == "ORC" && string(segment[4:6]) == "RF"
}

// mayAsk tells whether a message may hold a question: a record or segment of one begins with a Q, or is the ORC of an ORM^O01,
// by which the Mindray BC family asks. Most messages hold results, and need not be read a second time to know that they ask
// nothing.
func mayAsk(text []byte) bool {
	for i, c := range text {
		if (c == 'Q' || c == 'O' && asksByOrder(text[i:])) && (i == 0 || text[i-1] <= ' ') {
			return true
		}
	}
	return false
}

func (b *Bench) answer(ctx context.Context, peer instruments.Peer, m driver.Message, d driver.Driver, q driver.Query) (driver.Reply, error) {
	answer := driver.Answer{At: b.db.Now().In(b.zone), ControlID: b.db.NewID().String()[:18]}
	var sent []lab.ID
	var id lab.ID
	err := b.db.View(ctx, func(tx *sqlite.ReadTx) error {
		a := answering{b: b, q: queries.New(tx), tx: tx}
		if err := a.identify(ctx, peer, m); err != nil {
			return err
		}
		id = a.device.id
		asked := q.SampleIDs
		if q.All {
			ids, err := a.waiting(ctx)
			if err != nil {
				return err
			}
			asked = ids
		}
		for _, text := range asked {
			s, items, err := a.sample(ctx, text)
			if err != nil {
				return err
			}
			answer.Samples = append(answer.Samples, s)
			sent = append(sent, items...)
		}
		return nil
	})
	if err != nil {
		return driver.Reply{}, err
	}
	out, err := d.Answer(q, answer)
	if err != nil {
		return out, fmt.Errorf("write the answer to a query: %w", err)
	}
	return out, b.markSent(ctx, id, sent)
}

// markSent notes which tests an analyzer was told to run.
func (b *Bench) markSent(ctx context.Context, device lab.ID, items []lab.ID) error {
	if len(items) == 0 {
		return nil
	}
	return b.db.Update(ctx, lab.Actor{Kind: lab.ActorInstrument, ID: device}, "order.sent", func(tx *sqlite.Tx) error {
		return markItems(ctx, tx, device, items)
	})
}

// markItems notes that an analyzer has these tests; those that have a value meanwhile are left alone.
func markItems(ctx context.Context, tx *sqlite.Tx, device lab.ID, items []lab.ID) error {
	q := queries.New(tx)
	visits := map[lab.ID]bool{}
	for _, id := range items {
		item, err := q.OrderTest(ctx, queries.ID(id))
		if err != nil {
			return fmt.Errorf("read ordered test %s: %w", id, err)
		}
		if item.State != string(result.Pending) {
			continue
		}
		if err := tx.Change("order_test", id, nil, sqlite.Row{"sent_ms": tx.Now().UnixMilli(), "sent_to": device}); err != nil {
			return err
		}
		visits[lab.ID(item.VisitID)] = true
	}
	for v := range visits {
		if err := sqlite.RefreshStates(ctx, tx, v); err != nil {
			return err
		}
	}
	return nil
}

type answering struct {
	b      *Bench
	tx     *sqlite.ReadTx
	q      *queries.Queries
	device device
}

func (a *answering) identify(ctx context.Context, peer instruments.Peer, m driver.Message) error {
	if a.b.unclear(peer, m) {
		a.device = device{unclear: true}
		return nil
	}
	if !peer.Instrument.IsZero() {
		r, err := a.q.Instrument(ctx, queries.ID(peer.Instrument))
		if err != nil {
			return fmt.Errorf("read instrument %s: %w", peer.Instrument, err)
		}
		a.device = device{id: lab.ID(r.ID), profile: r.Profile, approved: r.Approved != 0 && r.Enabled != 0, query: r.Query != 0, window: int(r.WindowDays), short: r.ShortIds != 0}
		return nil
	}
	rows, err := a.q.InstrumentsByIdentity(ctx, m.Sender.Raw)
	if err != nil {
		return fmt.Errorf("look for a sender: %w", err)
	}
	a.device = a.b.choose(rows, peer, m)
	return nil
}

// sample gives the work on one asked id, in the analyzer's codes, and the ordered tests behind it.
func (a *answering) sample(ctx context.Context, text string) (driver.SampleAnswer, []lab.ID, error) {
	out := driver.SampleAnswer{SampleID: text, Priority: driver.Routine}
	if !a.device.approved || !a.device.query {
		return out, nil, nil
	}
	since := a.tx.Now().Add(-time.Duration(a.device.window) * 24 * time.Hour)
	tubes, err := tubesNamed(ctx, a.tx, a.device, a.b.day(a.tx.Now()), text, since)
	if err != nil || len(tubes) != 1 {
		return out, nil, err
	}
	s, err := a.q.Sample(ctx, queries.ID(tubes[0].ID))
	if err != nil {
		return out, nil, fmt.Errorf("read sample %s: %w", tubes[0].ID, err)
	}
	if s.State != string(sample.Received) && s.State != string(sample.Stored) {
		return out, nil, nil
	}
	return a.work(ctx, out, s)
}

func (a *answering) work(ctx context.Context, out driver.SampleAnswer, s queries.SampleRow) (driver.SampleAnswer, []lab.ID, error) {
	tests, err := a.q.OrderTestsOfSample(ctx, s.ID)
	if err != nil {
		return out, nil, fmt.Errorf("read the tests of sample %s: %w", lab.ID(s.ID), err)
	}
	var items []lab.ID
	for _, t := range tests {
		if t.State != string(result.Pending) && t.State != string(result.Sent) {
			continue
		}
		codes, err := a.q.CodesForTest(ctx, queries.CodesForTestParams{InstrumentID: queries.ID(a.device.id), TestID: t.TestID})
		if err != nil {
			return out, nil, fmt.Errorf("look for a code: %w", err)
		}
		if len(codes) == 1 && !slices.Contains(out.Tests, codes[0]) {
			out.Tests = append(out.Tests, codes[0])
			items = append(items, lab.ID(t.ID))
		}
	}
	v, err := a.q.Visit(ctx, s.VisitID)
	if err != nil {
		return out, nil, fmt.Errorf("read visit %s: %w", lab.ID(s.VisitID), err)
	}
	p, err := sqlite.ReadPerson(ctx, a.tx, lab.ID(v.PatientID))
	if err != nil {
		return out, nil, err
	}
	out.Found, out.OrderID, out.Ordered = len(out.Tests) > 0, v.Number, time.UnixMilli(v.RegisteredMs).In(a.b.zone)
	out.Priority = map[string]driver.Priority{"stat": driver.Stat, "urgent": driver.Urgent}[v.Priority]
	if out.Priority == "" {
		out.Priority = driver.Routine
	}
	out.Patient = driver.Patient{ID: string(p.MRN), Sex: string(p.Sex)}
	if !p.Birth.IsZero() {
		out.Patient.Birth = fmt.Sprintf("%04d%02d%02d", p.Birth.Year, p.Birth.Month, p.Birth.Day)
	}
	return out, items, nil
}

// waiting gives the ids of everything that waits for the analyzer, for a query that asks for all.
func (a *answering) waiting(ctx context.Context) ([]string, error) {
	if !a.device.approved || !a.device.query {
		return nil, nil
	}
	ids, err := a.q.WaitingForInstrument(ctx, queries.WaitingForInstrumentParams{InstrumentID: queries.ID(a.device.id), AddedMs: a.tx.Now().Add(-time.Duration(a.device.window) * 24 * time.Hour).UnixMilli()})
	if err != nil {
		return nil, fmt.Errorf("read what waits for instrument %s: %w", a.device.id, err)
	}
	var out []string
	for _, id := range ids {
		s, err := a.q.Sample(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("read sample %s: %w", lab.ID(id), err)
		}
		out = append(out, tubeText(s))
	}
	return out, nil
}

// Recover reads every archived session without an end through the code of a live line: whole groups of what broke off
// become observations that wait in the inbox. It runs once, before any line is opened.
func (b *Bench) Recover(ctx context.Context) (int, error) {
	var open []queries.OpenSessionsRow
	err := b.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		var err error
		open, err = q.OpenSessions(ctx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read open sessions: %w", err)
	}
	var failed error
	for _, s := range open {
		if err := b.recover(ctx, s); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return len(open), failed
}

func (b *Bench) recover(ctx context.Context, s queries.OpenSessionsRow) error {
	id := lab.ID(s.ID)
	var chunks []instruments.Chunk
	err := b.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.Chunks(ctx, s.ID)
		for _, c := range rows {
			chunks = append(chunks, instruments.Chunk{
				Session: id, Protocol: instruments.Protocol(s.Protocol), Seq: int(c.Seq), At: time.UnixMilli(c.AtMs), Dir: instruments.Dir(c.Dir), Bytes: c.Bytes, Open: c.Seq == 0,
			})
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read the bytes of session %s: %w", id, err)
	}
	in := instruments.Intake{
		Peer:     instruments.Peer{Conn: lab.ID(s.Conn), Instrument: lab.ID(s.InstrumentID), Link: s.Link, Address: s.Address, Protocol: instruments.Protocol(s.Protocol)},
		Messages: session.Reread(chunks, session.TCPOptions(s.Link)),
	}
	if _, err := b.Store(ctx, in); err != nil {
		return fmt.Errorf("recover session %s: %w", id, err)
	}
	return b.db.Update(ctx, lab.System(), "intake.recover", func(tx *sqlite.Tx) error {
		return queries.New(tx).EndSession(ctx, s.ID)
	})
}
