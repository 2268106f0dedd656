package bench

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/edge/once"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// silentAfter is when an analyzer that has orders waiting and says nothing needs a look.
const silentAfter = 30 * time.Minute

// Instruments gives all analyzers, and the senders that nobody has approved.
func (b *Bench) Instruments(ctx context.Context) (Instruments, error) {
	out := Instruments{Instruments: []Instrument{}, Senders: []Sender{}}
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.Instruments(ctx)
		if err != nil {
			return fmt.Errorf("read instruments: %w", err)
		}
		for _, r := range rows {
			i, err := b.instrument(ctx, tx, q, queries.InstrumentRow(r))
			if err != nil {
				return err
			}
			out.Instruments = append(out.Instruments, i)
		}
		senders, err := q.UnknownSenders(ctx, tx.Now().AddDate(0, 0, -30).UnixMilli())
		if err != nil {
			return fmt.Errorf("read unknown senders: %w", err)
		}
		for _, s := range senders {
			out.Senders = append(out.Senders, Sender{
				ID: senderID(s.Sender, s.Address), Identity: s.Sender, Address: s.Address, Protocol: s.Protocol, Profile: s.Profile,
				First: *timeOf(s.FirstMs), Last: *timeOf(s.LastMs), Results: int(s.N), Nameless: strings.Trim(s.Sender, "|^ ") == "",
			})
		}
		return nil
	})
	return out, err
}

// senderID names a sender to the screen; it is its identity and address, packed.
func senderID(identity, address string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(identity + "\x00" + address))
}

// ParseSender gives who is behind a sender's name on the screen.
func ParseSender(id string) (identity, address string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	identity, address, ok := strings.Cut(string(raw), "\x00")
	if err != nil || !ok {
		return "", "", lab.Invalid("sender_unknown", "There is no such sender. Reload the list.")
	}
	return identity, address, nil
}

func (b *Bench) instrument(ctx context.Context, tx *sqlite.ReadTx, q *queries.Queries, r queries.InstrumentRow) (Instrument, error) {
	out := Instrument{
		ID: lab.ID(r.ID), Name: r.Name, Department: r.Department, Profile: r.Profile, Identity: r.Identity, Approved: r.Approved != 0, Enabled: r.Enabled != 0,
		Query: r.Query != 0, WindowDays: int(r.WindowDays), ShortIDs: r.ShortIds != 0, ByHour: make([]int, 12),
		Link: Link{Kind: r.Link, Address: r.Address, Port: r.Port, Baud: int(r.Baud), Frame: r.Frame},
	}
	if out.Download = r.Download; out.Download == downloadNever {
		out.Download = downloadOff
	}
	queue, err := q.CountTransfers(ctx, queries.CountTransfersParams{InstrumentID: r.ID, MadeMs: tx.Now().AddDate(0, 0, -7).UnixMilli()})
	if err != nil {
		return out, fmt.Errorf("count the messages to instrument %s: %w", out.ID, err)
	}
	out.Queued, out.Refused = int(queue.Waiting), int(queue.Refused)
	if out.Link.Address == "" {
		out.Link.Address = r.Peer
	}
	today, err := q.InstrumentToday(ctx, queries.InstrumentTodayParams{InstrumentID: r.ID, AtMs: b.dayStart().UnixMilli()})
	if err != nil {
		return out, fmt.Errorf("count the results of instrument %s: %w", out.ID, err)
	}
	last, err := q.InstrumentLast(ctx, r.ID)
	if err != nil {
		return out, fmt.Errorf("read the last message of instrument %s: %w", out.ID, err)
	}
	waiting, err := q.InstrumentWaiting(ctx, r.ID)
	if err != nil {
		return out, fmt.Errorf("count the orders of instrument %s: %w", out.ID, err)
	}
	from := tx.Now().Add(-12 * time.Hour).UnixMilli()
	hours, err := q.InstrumentHours(ctx, queries.InstrumentHoursParams{FromMs: from, InstrumentID: r.ID})
	if err != nil {
		return out, fmt.Errorf("count the hours of instrument %s: %w", out.ID, err)
	}
	for _, h := range hours {
		if h.Hour >= 0 && h.Hour < 12 {
			out.ByHour[h.Hour] = int(h.N)
		}
	}
	out.Today, out.Waiting, out.LastMessage = int(today), int(waiting), timeOf(last)
	out.state(b.lines, tx.Now())
	if out.Unmapped, err = unmapped(ctx, q, r.ID, tx.Now()); err != nil {
		return out, err
	}
	versions, err := tx.Versions(ctx, "instrument", out.ID)
	out.Versions = versions.String()
	return out, err
}

// state says in words how the line is.
func (i *Instrument) state(l *lines, now time.Time) {
	state, since, code := l.of(i.ID)
	switch {
	case !i.Enabled:
		i.State = "off"
	case state == instruments.Receiving || state == instruments.Sending:
		i.State, i.Since = "talking", &since
	case i.Waiting > 0 && i.LastMessage != nil && now.Sub(*i.LastMessage) > silentAfter:
		i.State, i.Since = "silent", i.LastMessage
	case state == instruments.Connected || state == instruments.Idle:
		i.State, i.Since = "idle", &since
	case i.LastMessage == nil:
		i.State = "never"
	default:
		i.State, i.Since = "down", i.LastMessage
	}
	if state == instruments.Faulty {
		i.Problem = code
	}
}

func unmapped(ctx context.Context, q *queries.Queries, id queries.ID, now time.Time) (int, error) {
	seen, err := q.SeenCodes(ctx, queries.SeenCodesParams{InstrumentID: id, AtMs: now.AddDate(0, 0, -30).UnixMilli()})
	if err != nil {
		return 0, fmt.Errorf("read the codes of instrument %s: %w", lab.ID(id), err)
	}
	mapped, err := q.InstrumentCodes(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("read the code map of instrument %s: %w", lab.ID(id), err)
	}
	n := 0
	for _, s := range seen {
		if !slices.ContainsFunc(mapped, func(m queries.InstrumentCodesRow) bool { return m.Code == s.MapCode }) {
			n++
		}
	}
	return n, nil
}

// AddInstrument adds an analyzer; it is approved by approving its sender, or at once when it has a port of its own.
func (b *Bench) AddInstrument(ctx context.Context, actor lab.Actor, key string, in InstrumentInput) (Instrument, error) {
	id, err := once.Do(ctx, b.db, actor, key, "instrument.add", in, func(tx *sqlite.Tx) (lab.ID, error) {
		id := tx.NewID()
		if err := b.knownProfile(in.Profile); err != nil {
			return id, err
		}
		if err := freePort(ctx, tx, id, in.Link); err != nil {
			return id, err
		}
		row := InstrumentRow(in)
		port := portOf(in.Link)
		row["approved"] = port != "" // a port of its own is bound by hand
		if port != "" {
			row["peer"], row["approved_ms"], row["approved_by"] = port, tx.Now().UnixMilli(), actor.ID
		}
		return id, tx.Insert("instrument", id, row)
	})
	if err != nil {
		return Instrument{}, err
	}
	return b.instrumentByID(ctx, id)
}

// portOf gives the port that belongs to one analyzer alone; empty where others may speak on it as well.
func portOf(l Link) string {
	switch l.Kind {
	case "serial":
		return l.Port
	case linkOwnPort:
		return l.Address
	}
	return ""
}

// linkOwnPort is the kind of a link on which one analyzer calls a port of the node that is its alone: the way to tell apart
// those that give no name behind one address.
const linkOwnPort = "tcp_port"

// freePort refuses a listening port that is none, or another analyzer's.
func freePort(ctx context.Context, tx *sqlite.Tx, id lab.ID, l Link) error {
	if l.Kind != linkOwnPort {
		return nil
	}
	bad := func(code, text string) error {
		return lab.Invalid(code, text, lab.FieldError{Field: "link.address", Code: code, Message: text})
	}
	_, port, err := net.SplitHostPort(l.Address)
	if n, numberErr := strconv.Atoi(port); err != nil || numberErr != nil || n < 1024 || n > 65535 {
		return bad("port_malformed", "Write a colon and a port from 1024 to 65535, for example :6701.")
	}
	rows, err := queries.New(tx).InstrumentsLinks(ctx)
	if err != nil {
		return fmt.Errorf("look for the ports of analyzers: %w", err)
	}
	for _, r := range rows {
		if _, taken, err := net.SplitHostPort(r.Address); err == nil && r.Link == linkOwnPort && taken == port && r.ID != queries.ID(id) {
			return bad("port_taken", "This port is "+r.Name+"'s.")
		}
	}
	return nil
}

func (b *Bench) knownProfile(name string) error {
	if _, ok := b.profiles.Get(name); !ok {
		return lab.Invalid("profile_unknown", "There is no such profile.", lab.FieldError{Field: "profile", Code: "unknown", Message: "Choose from the list."})
	}
	return nil
}

// ChangeInstrument changes an analyzer's set-up.
func (b *Bench) ChangeInstrument(ctx context.Context, actor lab.Actor, id lab.ID, in InstrumentInput) (Instrument, error) {
	seen, err := journal.ParseVersions(in.Versions)
	if err != nil {
		return Instrument{}, lab.Invalid("versions_malformed", "Reload the record.")
	}
	if err := b.knownProfile(in.Profile); err != nil {
		return Instrument{}, err
	}
	err = b.db.Update(ctx, actor, "instrument.change", func(tx *sqlite.Tx) error {
		if err := freePort(ctx, tx, id, in.Link); err != nil {
			return err
		}
		row := InstrumentRow(in)
		if port := portOf(in.Link); port != "" { // from now on it is known by its line, and by no address
			row["peer"], row["approved"], row["approved_ms"], row["approved_by"] = port, 1, tx.Now().UnixMilli(), actor.ID
		}
		return tx.Change("instrument", id, nil, row, sqlite.Expect(seen))
	})
	if err != nil {
		return Instrument{}, err
	}
	return b.instrumentByID(ctx, id)
}

// Approve binds a sender to an analyzer, a new one or one that exists, and looks again at what waits from it if wished.
func (b *Bench) Approve(ctx context.Context, actor lab.Actor, key string, in Approve) (Instrument, error) {
	identity, address, err := ParseSender(in.SenderID)
	if err != nil {
		return Instrument{}, err
	}
	id, err := once.Do(ctx, b.db, actor, key, "instrument.approve", in, func(tx *sqlite.Tx) (lab.ID, error) {
		id := in.InstrumentID
		if in.New != nil {
			if err := b.knownProfile(in.New.Profile); err != nil {
				return id, err
			}
			id = tx.NewID()
			row := InstrumentRow(*in.New)
			row["approved"] = 0
			if err := tx.Insert("instrument", id, row); err != nil {
				return id, err
			}
		}
		if id.IsZero() {
			return id, lab.Invalid("instrument_missing", "Choose the analyzer or set up a new one.")
		}
		return id, b.approve(ctx, tx, id, identity, address, in.FileWaiting)
	})
	if err != nil {
		return Instrument{}, err
	}
	return b.instrumentByID(ctx, id)
}

func (b *Bench) approve(ctx context.Context, tx *sqlite.Tx, id lab.ID, identity, address string, again bool) error {
	if err := b.notTaken(ctx, tx, id, identity, address); err != nil {
		return err
	}
	err := tx.Change("instrument", id, nil, sqlite.Row{
		"identity": identity, "peer": address, "approved": 1, "approved_ms": tx.Now().UnixMilli(), "approved_by": tx.Actor().ID,
	})
	if err != nil {
		return err
	}
	q := queries.New(tx)
	if err := q.BindMessages(ctx, queries.BindMessagesParams{InstrumentID: queries.ID(id), Sender: identity, Address: address}); err != nil {
		return fmt.Errorf("bind the messages of a sender: %w", err)
	}
	if err := q.BindObservations(ctx, queries.ID(id)); err != nil {
		return fmt.Errorf("bind the observations of a sender: %w", err)
	}
	if !again {
		return nil
	}
	return b.lookAgain(ctx, tx, id, reasonUnapproved)
}

// notTaken refuses a sender that another analyzer is bound to already: two of one name at one place could not be told apart.
// Two of different protocols can.
func (b *Bench) notTaken(ctx context.Context, tx *sqlite.Tx, id lab.ID, identity, address string) error {
	q := queries.New(tx)
	own, err := q.Instrument(ctx, queries.ID(id))
	if err != nil {
		return lab.NotFound("instrument_not_found", "There is no such analyzer.")
	}
	rows, err := q.InstrumentsByIdentity(ctx, identity)
	if err != nil {
		return fmt.Errorf("look for a sender: %w", err)
	}
	for _, r := range rows {
		if r.ID == queries.ID(id) || r.Approved == 0 || r.Enabled == 0 || r.Peer != address || b.protocolOf(r.Profile) != b.protocolOf(own.Profile) {
			continue
		}
		e := lab.Conflict("sender_taken", "This sender is bound to "+r.Name+". Switch that one off first, or give this analyzer a line of its own.")
		e.Detail = map[string]any{"instrument": r.Name}
		return e
	}
	return nil
}

func (b *Bench) protocolOf(name string) instruments.Protocol {
	p, _ := b.profiles.Get(name)
	if p == nil {
		return instruments.Auto
	}
	return p.Protocol
}

func (b *Bench) instrumentByID(ctx context.Context, id lab.ID) (Instrument, error) {
	var out Instrument
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		row, err := q.Instrument(ctx, queries.ID(id))
		if err != nil {
			return lab.NotFound("instrument_not_found", "There is no such analyzer.")
		}
		out, err = b.instrument(ctx, tx, q, row)
		return err
	})
	return out, err
}

// Profiles gives the dialects that the node knows.
func (b *Bench) Profiles(context.Context) (Profiles, error) {
	out := Profiles{Profiles: []Profile{}}
	for _, p := range b.profiles.All() {
		out.Profiles = append(out.Profiles, Profile{Name: p.ID, Vendor: p.Vendor, Models: strings.Join(p.Models, ", "), Protocol: string(p.Protocol), Query: len(p.Query.Sample) > 0})
	}
	return out, nil
}
