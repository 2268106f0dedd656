package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Waits before a message that the line did not take is tried again: doubled each time, up to the longest.
const (
	firstRetry = 5 * time.Second
	lastRetry  = 5 * time.Minute
)

// carried knows which messages are on a line at this moment, and which were acknowledged while the database could not take
// it. It is empty after a start: what was on its way then goes out once more under the same control id.
type carried struct {
	mu   sync.Mutex
	on   map[lab.ID]lab.ID // transfer → connection
	done map[lab.ID]bool   // acknowledged and not yet noted
	wake func(lab.ID)
}

func newCarried() *carried { return &carried{on: map[lab.ID]lab.ID{}, done: map[lab.ID]bool{}} }

// take gives a message to a connection; false when another one has it.
func (c *carried) take(id, conn lab.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if have, ok := c.on[id]; ok && have != conn || c.done[id] {
		return false
	}
	c.on[id] = conn
	return true
}

func (c *carried) leave(id lab.ID, acknowledged bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.on, id)
	if acknowledged {
		c.done[id] = true
	}
}

func (c *carried) noted(id lab.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.done, id)
}

// unnoted gives the messages whose acknowledgement still has to be written down.
func (c *carried) unnoted() []lab.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []lab.ID
	for id := range c.done {
		out = append(out, id)
	}
	return out
}

// OnWake says what wakes an analyzer's connection when something waits for it.
func (b *Bench) OnWake(wake func(instrument lab.ID)) { b.carried.wake = wake }

// Wake makes the connections of an analyzer look for what waits for it.
func (b *Bench) Wake(instrument lab.ID) {
	if b.carried.wake != nil {
		b.carried.wake(instrument)
	}
}

// Outgoing gives the oldest message that waits for the analyzer of a connection.
func (b *Bench) Outgoing(ctx context.Context, peer instruments.Peer) (instruments.Outgoing, bool, error) {
	if b.lines.crowded(peer) {
		return instruments.Outgoing{}, false, nil // its orders wait until it is clear who is at the other end
	}
	for _, id := range b.carried.unnoted() {
		if err := b.noteSent(ctx, id); err != nil {
			return instruments.Outgoing{}, false, err
		}
	}
	var due []queries.DueTransfersRow
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		var err error
		due, err = q.DueTransfers(ctx, queries.DueTransfersParams{InstrumentID: queries.ID(peer.Instrument), NextMs: tx.Now().UnixMilli()})
		return err
	})
	if err != nil {
		return instruments.Outgoing{}, false, fmt.Errorf("look for orders of instrument %s: %w", peer.Instrument, err)
	}
	for _, t := range due {
		if !b.carried.take(lab.ID(t.ID), peer.Conn) {
			continue
		}
		out, wanted, err := b.message(ctx, t)
		if err == nil && wanted {
			return out, true, nil
		}
		b.carried.leave(lab.ID(t.ID), false)
		if err == nil {
			err = b.setTransfer(ctx, t.ID, func(set *queries.SetTransferParams) { set.State = transferDropped })
		}
		if err != nil {
			return instruments.Outgoing{}, false, err
		}
	}
	return instruments.Outgoing{}, false, nil
}

// message writes a transfer as its analyzer wants it; wanted is false when nothing of it is to be done any more.
func (b *Bench) message(ctx context.Context, t queries.DueTransfersRow) (out instruments.Outgoing, wanted bool, err error) {
	var order driver.Download
	var p *profile.Profile
	err = b.db.View(ctx, func(tx *sqlite.ReadTx) error {
		a := answering{b: b, q: queries.New(tx), tx: tx}
		row, err := a.q.Instrument(ctx, t.InstrumentID)
		if err != nil {
			return fmt.Errorf("read instrument %s: %w", lab.ID(t.InstrumentID), err)
		}
		var known bool
		if p, known = b.profiles.Get(row.Profile); !known {
			return lab.NotFound("profile_unknown", "There is no profile "+row.Profile+".")
		}
		a.device = device{id: lab.ID(row.ID), profile: row.Profile, approved: true, query: true, window: int(row.WindowDays)}
		order, err = a.download(ctx, t, p)
		return err
	})
	if err != nil || len(order.Tests) == 0 {
		return out, false, err
	}
	made, err := driver.New(b.profiles, p.Protocol, p).Orders([]driver.Download{order}, b.db.Now().In(b.zone), t.Control)
	if err != nil || len(made) != 1 {
		return out, false, errors.Join(err, errNoMessage)
	}
	return instruments.Outgoing{ID: lab.ID(t.ID), Text: made[0].Payload, Form: formOf(p)}, true, nil
}

var errNoMessage = errors.New("bench: the driver made no message of an order")

// formOf is how an analyzer of this profile wants our messages in frames.
func formOf(p *profile.Profile) instruments.Form {
	return instruments.Form{Known: true, Whole: p.Link.Packing == "message", Text: p.Link.FrameSize}
}

// download gathers what a message says. Tests that were cancelled or done since are left out of an order, and kept in a
// cancellation, unless the analyzer cannot be told to stop one without another that is still wanted.
func (a *answering) download(ctx context.Context, t queries.DueTransfersRow, p *profile.Profile) (driver.Download, error) {
	out := driver.Download{Cancel: t.Kind == kindCancel}
	s, err := a.q.Sample(ctx, t.SampleID)
	if err != nil {
		return out, fmt.Errorf("read sample %s: %w", lab.ID(t.SampleID), err)
	}
	if out.SampleAnswer, _, err = a.work(ctx, driver.SampleAnswer{SampleID: tubeText(s), Priority: driver.Routine}, s); err != nil {
		return out, err
	}
	still := out.Tests
	out.Tests, out.Found = nil, true
	tests, err := a.q.TransferTests(ctx, t.ID)
	if err != nil {
		return out, fmt.Errorf("read the tests of a message: %w", err)
	}
	for _, x := range tests {
		if x.State == askedTest && (out.Cancel || stillWanted(x.Item) && x.Cancelled == 0) && !slices.Contains(out.Tests, x.Code) {
			out.Tests = append(out.Tests, x.Code)
		}
	}
	if out.Cancel {
		out.Tests = driver.Withdrawable(p, out.Tests, still)
	}
	return out, nil
}

// stillWanted tells whether a test has no value yet.
func stillWanted(state string) bool {
	return state == string(result.Pending) || state == string(result.Sent)
}

// tubeText is the code that an analyzer's reader sees on the tube.
func tubeText(s queries.SampleRow) string {
	if s.Barcode != "" {
		return s.Barcode
	}
	return s.Accession
}

// Sent takes what became of a message on the line.
func (b *Bench) Sent(ctx context.Context, _ instruments.Peer, id lab.ID, outcome error) {
	b.carried.leave(id, outcome == nil)
	var err error
	if outcome == nil {
		err = b.noteSent(ctx, id)
	} else {
		err = b.noteFailed(ctx, id, codeOfError(outcome))
	}
	if err != nil {
		b.log.Error("the outcome of a message to an analyzer could not be written down; it is tried again", "err", err)
	}
}

func codeOfError(err error) string {
	if e, ok := errors.AsType[*lab.Error](err); ok {
		return e.Code
	}
	return "failed"
}

// noteSent writes down that the analyzer has a message. From then on it is never sent again.
func (b *Bench) noteSent(ctx context.Context, id lab.ID) error {
	var t queries.TransferRow
	err := b.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		var err error
		t, err = q.Transfer(ctx, queries.ID(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("read message %s: %w", id, err)
	}
	device := lab.ID(t.InstrumentID)
	err = b.db.Update(ctx, lab.Actor{Kind: lab.ActorInstrument, ID: device}, "order.sent", func(tx *sqlite.Tx) error {
		return takeSent(ctx, tx, device, id)
	})
	if err == nil {
		b.carried.noted(id)
	}
	return err
}

// takeSent notes a message and the tests in it as sent, in one transaction.
func takeSent(ctx context.Context, tx *sqlite.Tx, device, id lab.ID) error {
	q := queries.New(tx)
	t, err := q.Transfer(ctx, queries.ID(id))
	if err != nil {
		return fmt.Errorf("read message %s: %w", id, err)
	}
	if t.State != transferWaiting {
		return nil // refused while it was on its way: the refusal stands
	}
	set := queries.SetTransferParams{State: transferSent, Tries: t.Tries + 1, NextMs: t.NextMs, Problem: t.Problem, ID: t.ID}
	set.SentMs.Int64, set.SentMs.Valid = tx.Now().UnixMilli(), true
	if err := q.SetTransfer(ctx, set); err != nil {
		return fmt.Errorf("note message %s: %w", id, err)
	}
	tests, err := q.TransferTests(ctx, t.ID)
	if err != nil {
		return fmt.Errorf("read the tests of message %s: %w", id, err)
	}
	var items []lab.ID
	for _, x := range tests {
		if t.Kind == kindOrder && x.State == askedTest {
			items = append(items, lab.ID(x.OrderTestID))
		}
	}
	return markItems(ctx, tx, device, items)
}

// noteFailed writes down why the line did not take a message, and when it is tried again. One whose content the analyzer
// rejects waits for a person.
func (b *Bench) noteFailed(ctx context.Context, id lab.ID, code string) error {
	return b.setTransfer(ctx, queries.ID(id), func(set *queries.SetTransferParams) {
		if code == hl7.CodeRejected {
			set.State = transferRefused
			if set.Problem == "" {
				set.Problem = code
			}
			return
		}
		if code == hl7.CodeLineLost || code == hl7.CodeCancelled {
			set.NextMs = b.db.Now().UnixMilli() // nothing was said against it: it goes out as soon as there is a line
			return
		}
		set.Tries++
		wait := min(firstRetry<<min(set.Tries-1, 10), lastRetry)
		set.NextMs, set.Problem = b.db.Now().Add(wait).UnixMilli(), code
	})
}

// setTransfer changes a message that waits; one that is done already is left alone.
func (b *Bench) setTransfer(ctx context.Context, id queries.ID, change func(*queries.SetTransferParams)) error {
	return b.db.Update(ctx, lab.System(), "transfer.note", func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		t, err := q.Transfer(ctx, id)
		if err != nil {
			return fmt.Errorf("read message %s: %w", lab.ID(id), err)
		}
		if t.State != transferWaiting {
			return nil
		}
		set := queries.SetTransferParams{State: t.State, Tries: t.Tries, NextMs: t.NextMs, Problem: t.Problem, ID: id}
		change(&set)
		if err := q.SetTransfer(ctx, set); err != nil {
			return fmt.Errorf("note message %s: %w", lab.ID(id), err)
		}
		return nil
	})
}

// refused takes the analyzer's own word that it will not do what was ordered.
func (s *intake) refused(ctx context.Context, d device, all []driver.Refusal) error {
	if d.id.IsZero() {
		return nil
	}
	for _, r := range all {
		ids, err := s.transfersOf(ctx, d, r)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.refuse(ctx, d, id, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *intake) transfersOf(ctx context.Context, d device, r driver.Refusal) ([]queries.ID, error) {
	if r.ControlID != "" {
		ids, err := s.q.TransferByControl(ctx, queries.TransferByControlParams{Control: r.ControlID, InstrumentID: queries.ID(d.id)})
		if err != nil {
			return nil, fmt.Errorf("look for a refused message: %w", err)
		}
		return ids, nil
	}
	samples, err := tubesNamed(ctx, s.tx, d, s.b.day(s.tx.Now()), r.SampleID, s.tx.Now().AddDate(0, 0, -d.window))
	if err != nil || len(samples) != 1 {
		return nil, err
	}
	ids, err := s.q.TransfersOfSample(ctx, queries.TransfersOfSampleParams{SampleID: queries.ID(samples[0].ID), InstrumentID: queries.ID(d.id)})
	if err != nil {
		return nil, fmt.Errorf("look for a refused order: %w", err)
	}
	return ids, nil
}

// refuse marks the tests of a message that are refused. When none is left, the message as a whole is.
func (s *intake) refuse(ctx context.Context, d device, id queries.ID, r driver.Refusal) error {
	t, err := s.q.Transfer(ctx, id)
	if err != nil {
		return fmt.Errorf("read message %s: %w", lab.ID(id), err)
	}
	tests, err := s.q.TransferTests(ctx, id)
	if err != nil {
		return fmt.Errorf("read the tests of message %s: %w", lab.ID(id), err)
	}
	left, hit := 0, false
	for _, x := range tests {
		if x.State != askedTest {
			continue
		}
		if len(r.Tests) > 0 && !slices.ContainsFunc(r.Tests, func(spoken string) bool { return s.means(d, spoken, x.Code) }) {
			left++
			continue
		}
		hit = true
		if err := s.q.SetTransferTest(ctx, queries.SetTransferTestParams{State: refusedTest, TransferID: id, OrderTestID: x.OrderTestID}); err != nil {
			return fmt.Errorf("note a refused test: %w", err)
		}
	}
	if !hit {
		return nil
	}
	set := queries.SetTransferParams{State: t.State, Tries: t.Tries, NextMs: t.NextMs, Problem: limited(r.Reason), ID: id}
	set.SentMs.Int64, set.SentMs.Valid = t.Sent, t.Sent > 0
	if left == 0 {
		set.State = transferRefused
	}
	if err := s.q.SetTransfer(ctx, set); err != nil {
		return fmt.Errorf("note refused message %s: %w", lab.ID(id), err)
	}
	return nil
}

// means tells whether an analyzer that speaks of a code means this one of the lab's map.
func (s *intake) means(d device, spoken, mapped string) bool {
	p, known := s.b.profiles.Get(d.profile)
	return spoken == mapped || known && driver.Names(p, spoken, mapped)
}

// limited keeps a reason that an analyzer sent to a length that a screen can show.
func limited(reason string) string {
	const most = 200
	if len(reason) <= most {
		return reason
	}
	return strings.ToValidUTF8(reason[:most], "")
}
