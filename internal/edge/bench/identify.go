package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// device is who sent a message. A sender that nobody has approved has no id.
type device struct {
	id       lab.ID
	profile  string
	approved bool
	query    bool
	window   int // days
	short    bool
	unclear  bool // more than one could be meant, so it is nobody
}

// identify finds the instrument behind a message: the one that the link's configuration names, else the approved one that
// calls itself so and is at that address. An address alone is nobody, and where two could be meant it is neither.
func (s *intake) identify(ctx context.Context, d driver.Message) (device, error) {
	if s.b.unclear(s.in.Peer, d) {
		return device{unclear: true}, nil
	}
	if !s.in.Peer.Instrument.IsZero() {
		row, err := s.instrument(ctx)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return device{}, fmt.Errorf("read instrument %s: %w", s.in.Peer.Instrument, err)
		}
		if err == nil {
			return deviceOf(queries.InstrumentsByIdentityRow{
				ID: row.ID, Name: row.Name, Profile: row.Profile, Enabled: row.Enabled, Query: row.Query, WindowDays: row.WindowDays, ShortIds: row.ShortIds, Approved: row.Approved,
			}), nil
		}
	}
	rows, err := s.q.InstrumentsByIdentity(ctx, d.Sender.Raw)
	if err != nil {
		return device{}, fmt.Errorf("look for a sender: %w", err)
	}
	if found := s.b.choose(rows, s.in.Peer, d); found.unclear || found.approved {
		return found, nil
	}
	at := host(s.in.Peer.Address)
	if s.b.trust && loopback(at) && d.Profile != "" {
		return s.trusted(ctx, d, at)
	}
	return device{}, nil
}

// nameless tells whether a message does not say who sent it: an empty H-5, or empty MSH-3 and MSH-4.
func nameless(d driver.Message) bool { return strings.Trim(d.Sender.Raw, "|^ ") == "" }

// unclear tells whether a message without a name came over one of several lines that give none, all from one place.
func (b *Bench) unclear(p instruments.Peer, d driver.Message) bool {
	if !nameless(d) {
		return false
	}
	b.lines.blankOf(p)
	return b.lines.crowded(p)
}

// choose gives the approved instrument among those that call themselves so: the one at the message's address or listener
// whose profile speaks the message's protocol. Of several, the one is meant whose profile recognises the message; where that
// does not tell either, nobody is.
func (b *Bench) choose(rows []queries.InstrumentsByIdentityRow, p instruments.Peer, d driver.Message) device {
	var here, fits []queries.InstrumentsByIdentityRow
	at := host(p.Address)
	for _, r := range rows {
		if r.Approved == 0 || r.Enabled == 0 || r.Peer != at && r.Peer != p.Link {
			continue
		}
		if known, ok := b.profiles.Get(r.Profile); ok && p.Protocol != instruments.Auto && known.Protocol != p.Protocol {
			continue
		}
		here = append(here, r)
		if r.Profile == d.Profile {
			fits = append(fits, r)
		}
	}
	switch {
	case len(here) == 1:
		return deviceOf(here[0])
	case len(fits) == 1:
		return deviceOf(fits[0])
	}
	return device{unclear: len(here) > 1}
}

// deviceKey names what Keep holds of an analyzer.
type deviceKey lab.ID

func (s *intake) instrument(ctx context.Context) (queries.InstrumentRow, error) {
	id := s.in.Peer.Instrument
	return sqlite.Keep(s.tx, deviceKey(id), func() (queries.InstrumentRow, error) { return s.q.Instrument(ctx, queries.ID(id)) }, "instrument")
}

func deviceOf(r queries.InstrumentsByIdentityRow) device {
	return device{
		id: lab.ID(r.ID), profile: r.Profile, approved: r.Approved != 0 && r.Enabled != 0, query: r.Query != 0,
		window: int(r.WindowDays), short: r.ShortIds != 0,
	}
}

func loopback(address string) bool {
	ip := net.ParseIP(address)
	return ip != nil && ip.IsLoopback()
}

// trusted approves a sender on this machine, for demonstrations: its codes are mapped where the profile names a LOINC code
// of exactly one test.
func (s *intake) trusted(ctx context.Context, d driver.Message, at string) (device, error) {
	name := d.Sender.Model
	if name == "" {
		name = d.Profile
	}
	id := s.tx.NewID()
	row := InstrumentRow(InstrumentInput{Name: name, Profile: d.Profile, Link: Link{Kind: "tcp_server"}, Enabled: true, Query: true, WindowDays: 7})
	row["identity"], row["peer"], row["approved"], row["approved_ms"] = d.Sender.Raw, at, 1, s.tx.Now().UnixMilli()
	if err := s.tx.Insert("instrument", id, row); err != nil {
		return device{}, err
	}
	out := device{id: id, profile: d.Profile, approved: true, query: true, window: 7}
	p, ok := s.b.profiles.Get(d.Profile)
	if !ok {
		return out, nil
	}
	for _, c := range p.Codes {
		tests, err := s.q.TestsByLoinc(ctx, c.LOINC)
		if err != nil {
			return out, fmt.Errorf("look for a LOINC code: %w", err)
		}
		if c.LOINC == "" || len(tests) != 1 {
			continue
		}
		if err := s.tx.Insert("instrument_code", s.tx.NewID(), sqlite.Row{"instrument_id": id, "code": c.Code, "test_id": lab.ID(tests[0])}); err != nil {
			return out, err
		}
	}
	return out, nil
}

// InstrumentRow gives the columns of an analyzer's set-up.
func InstrumentRow(in InstrumentInput) sqlite.Row {
	return sqlite.Row{
		"name": in.Name, "department": in.Department, "profile": in.Profile, "link": in.Link.Kind, "address": orNil(in.Link.Address), "port": orNil(in.Link.Port),
		"baud": orZero(in.Link.Baud), "frame": orNil(in.Link.Frame), "enabled": in.Enabled, "query": in.Query, "window_days": max(1, in.WindowDays), "short_ids": in.ShortIDs,
		"download": orNil(strings.TrimPrefix(in.Download, downloadOff)),
	}
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orZero(v int) any {
	if v == 0 {
		return nil
	}
	return v
}
