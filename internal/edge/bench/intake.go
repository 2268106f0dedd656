package bench

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// repeatWithin is how long an undated message with the same content counts as sent twice rather than measured twice.
const repeatWithin = 15 * time.Minute

// Store makes an intake durable: its raw bytes and whatever its messages complete, in one transaction. A session calls it
// before it acknowledges. Repeating it with the same chunks and messages changes nothing.
func (b *Bench) Store(ctx context.Context, in instruments.Intake) (instruments.Receipt, error) {
	var receipt instruments.Receipt
	var read string // the profile of the sender
	decoded := b.decode(in)
	actor, err := b.sender(ctx, in, decoded)
	if err != nil {
		return receipt, err
	}
	err = b.db.Update(ctx, actor, "intake", func(tx *sqlite.Tx) error {
		receipt = instruments.Receipt{Instrument: in.Peer.Instrument}
		s := intake{b: b, tx: tx, q: queries.New(tx), in: in}
		if err := s.archive(ctx); err != nil {
			return err
		}
		if in.Bare {
			return nil
		}
		for i, m := range in.Messages {
			id, err := s.message(ctx, m, decoded[i])
			if err != nil {
				return err
			}
			if !id.IsZero() {
				receipt.Instrument, read = id, s.read
			}
		}
		return nil
	})
	if err == nil && !receipt.Instrument.IsZero() {
		b.lines.bind(in.Peer.Conn, receipt.Instrument)
		if len(in.Messages) > 0 {
			b.lines.readBy(receipt.Instrument, read)
		}
	}
	return receipt, err
}

// decode reads the messages before the update begins, because every other writer waits for an update.
func (b *Bench) decode(in instruments.Intake) [][]driver.Message {
	if in.Bare {
		return nil
	}
	out := make([][]driver.Message, len(in.Messages))
	for i, m := range in.Messages {
		if m.Protocol != instruments.ASTM && m.Protocol != instruments.HL7 {
			continue
		}
		out[i] = b.driver(in.Peer.Instrument, m.Protocol).Decode(m.Text)
		if len(out[i]) == 0 {
			out[i] = []driver.Message{{Protocol: m.Protocol, Kind: driver.KindOther}}
		}
	}
	return out
}

// driver gives what reads a message: the profile that read the instrument's last one, because trying all of them takes
// longer than the reading. If the lab has chosen another one meanwhile, the update reads the message again.
func (b *Bench) driver(instrument lab.ID, p instruments.Protocol) driver.Driver {
	var fixed *profile.Profile
	if name := b.lines.reader(instrument); name != "" {
		if known, ok := b.profiles.Get(name); ok && known.Protocol == p {
			fixed = known
		}
	}
	return driver.New(b.profiles, p, fixed)
}

// sender gives the actor of an intake: the instrument that sent it where that is known, else the node itself. It is looked
// up once for each connection.
func (b *Bench) sender(ctx context.Context, in instruments.Intake, decoded [][]driver.Message) (lab.Actor, error) {
	if b.lines.crowded(in.Peer) {
		return lab.System(), nil // whoever it was taken for before
	}
	id := in.Peer.Instrument
	if id.IsZero() {
		id = b.lines.instrument(in.Peer.Conn)
	}
	if id.IsZero() && len(decoded) > 0 && len(decoded[0]) > 0 {
		err := b.db.View(ctx, func(tx *sqlite.ReadTx) error {
			for _, m := range decoded[0] {
				a := answering{b: b, q: queries.New(tx), tx: tx}
				if err := a.identify(ctx, in.Peer, m); err != nil {
					return err
				}
				id = a.device.id
			}
			return nil
		})
		if err != nil {
			return lab.Actor{}, err
		}
	}
	if id.IsZero() {
		return lab.System(), nil
	}
	return lab.Actor{Kind: lab.ActorInstrument, ID: id, Station: in.Peer.Link}, nil
}

// intake is one Store under way.
type intake struct {
	b  *Bench
	tx *sqlite.Tx
	q  *queries.Queries
	in instruments.Intake

	read string // the profile of the last message's sender
}

// archive keeps the raw bytes of both directions.
func (s *intake) archive(ctx context.Context) error {
	if len(s.in.Chunks) == 0 {
		return nil
	}
	rows := make([]queries.AddChunkParams, 0, len(s.in.Chunks))
	open := s.b.lines.session(s.in.Peer.Conn)
	for _, c := range s.in.Chunks {
		if c.Session != open {
			if err := s.open(ctx, c); err != nil {
				return err
			}
			open = c.Session
		}
		rows = append(rows, queries.AddChunkParams{
			Session: queries.ID(c.Session), Seq: int64(c.Seq), AtMs: c.At.UnixMilli(), Dir: int64(c.Dir), Bytes: append([]byte{}, c.Bytes...), Dropped: c.Dropped,
		})
	}
	if err := sqlite.AddChunks(ctx, s.tx, rows); err != nil {
		return err
	}
	for _, c := range s.in.Chunks {
		if !c.End {
			continue
		}
		if err := s.q.EndSession(ctx, queries.ID(c.Session)); err != nil {
			return fmt.Errorf("end a raw session: %w", err)
		}
	}
	s.tx.AfterCommit(func() { s.b.lines.keeps(s.in.Peer.Conn, open) })
	return nil
}

// open makes the session of a chunk, unless it is there.
func (s *intake) open(ctx context.Context, c instruments.Chunk) error {
	err := s.q.OpenSession(ctx, queries.OpenSessionParams{
		ID: queries.ID(c.Session), Conn: queries.ID(s.in.Peer.Conn), InstrumentID: queries.ID(s.in.Peer.Instrument), Link: s.in.Peer.Link,
		Address: s.in.Peer.Address, Protocol: string(c.Protocol), OpenedMs: c.At.UnixMilli(),
	})
	if err != nil {
		return fmt.Errorf("open a raw session: %w", err)
	}
	return nil
}

// message files what one message brings. It gives the instrument that sent it, if it is one of ours.
func (s *intake) message(ctx context.Context, m instruments.Message, decoded []driver.Message) (lab.ID, error) {
	var last lab.ID
	for i, d := range decoded {
		device, err := s.identify(ctx, d)
		if err != nil {
			return lab.ID{}, err
		}
		s.read = device.profile
		if device.profile != "" && device.profile != d.Profile {
			d = s.again(m, device.profile, i, d)
		}
		known, err := s.keep(ctx, m, i, d, device)
		if err != nil || known {
			return lab.ID{}, err
		}
		last = device.id
	}
	return last, nil
}

// again reads the message with the profile that the lab chose for the instrument.
func (s *intake) again(m instruments.Message, profile string, i int, d driver.Message) driver.Message {
	fixed, ok := s.b.profiles.Get(profile)
	if !ok || fixed.Protocol != m.Protocol {
		return d
	}
	if all := driver.New(s.b.profiles, m.Protocol, fixed).Decode(m.Text); i < len(all) {
		return all[i]
	}
	return d
}

// keep stores a message with its observations and files those that have a home. It tells whether the message is stored
// already: the same Store came a second time.
func (s *intake) keep(ctx context.Context, m instruments.Message, part int, d driver.Message, device device) (known bool, err error) {
	whole := s.b.whole(m, d.Profile)
	warnings, err := json.Marshal(warningCodes(d.Warnings))
	if err != nil {
		return false, fmt.Errorf("encode warnings: %w", err)
	}
	stored, err := s.q.AddMessage(ctx, queries.AddMessageParams{
		Session: queries.ID(m.Session), Idx: int64(m.Index) + int64(part)<<20, InstrumentID: queries.ID(device.id), Sender: d.Sender.Raw, Address: host(s.in.Peer.Address),
		Protocol: string(m.Protocol), Profile: d.Profile, Kind: string(d.Kind), ControlID: d.ControlID, Digest: d.Digest[:], TimedAll: flagOf(d.TimedAll),
		Ended: flagOf(whole), Bears: flagOf(whole && len(d.Observations) > 0), AtMs: s.tx.Now().UnixMilli(), Text: append([]byte{}, m.Text...),
		Warnings: string(warnings), BytesIn: int64(len(m.Text)),
	})
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("keep a message: %w", err)
	}
	repeat, err := s.maybeRepeat(ctx, stored.DuplicateOf)
	if err != nil {
		return false, err
	}
	if !whole {
		if stored.DuplicateOf, err = s.longer(ctx, stored.ID, m, d, device); err != nil {
			return false, err
		}
	}
	f := newMatcher(s)
	f.device, f.message, f.duplicate, f.repeat, f.cut = device, stored.ID, stored.DuplicateOf.Valid && !repeat, repeat, !whole
	if err := s.beside(ctx, &f, d); err != nil {
		return false, err
	}
	for i, o := range rowsOf(m, d) {
		if err := f.observation(ctx, i, o, d.Kind); err != nil {
			return false, err
		}
	}
	if whole || !stored.DuplicateOf.Valid { // of two tries that came equally far, the first stands for both
		if err := s.replace(ctx, stored.ID, m, d, device); err != nil {
			return false, err
		}
	}
	return false, f.settle(ctx)
}

// maybeRepeat tells of a message whose like was stored before that it may be another run: nothing in it carries a time, and
// the first one came long ago.
func (s *intake) maybeRepeat(ctx context.Context, same sql.NullInt64) (bool, error) {
	if !same.Valid {
		return false, nil
	}
	first, err := s.q.MessageTime(ctx, same.Int64)
	if err != nil {
		return false, fmt.Errorf("look for the same message: %w", err)
	}
	return first.TimedAll == 0 && s.tx.Now().Sub(time.UnixMilli(first.AtMs)) > repeatWithin, nil
}

func warningCodes(all []driver.Warning) []string {
	out := []string{}
	for _, w := range all {
		out = append(out, w.Code)
	}
	return out
}

func flagOf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// host is the address without its port: an analyzer dials from another port each time.
func host(address string) string {
	h, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return h
}
