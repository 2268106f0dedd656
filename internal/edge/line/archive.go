package line

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/instruments"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Archive shows what analyzers sent: every byte of both directions, what was read from it, and what today's code would.
type Archive struct {
	db       *sqlite.DB
	zone     *time.Location
	profiles *profile.Set
	tapes    *Tapes
	version  string
}

// Options are what an archive needs.
type Options struct {
	DB       *sqlite.DB
	Zone     *time.Location // the lab's own
	Profiles *profile.Set
	Tapes    *Tapes
	Version  string // of the program, for recordings that leave the lab
}

// New makes an archive.
func New(o Options) *Archive {
	return &Archive{db: o.DB, zone: o.Zone, profiles: o.Profiles, tapes: o.Tapes, version: o.Version}
}

// ArchiveSearch asks for messages of the archive. A sample id is personal enough to stand in no address.
type ArchiveSearch struct {
	Instrument lab.ID `json:"instrument_id,omitempty,omitzero" doc:"All analyzers when empty."`
	Unknown    bool   `json:"unknown,omitempty" doc:"Of senders that nobody approved."`
	From       string `json:"from,omitempty" doc:"YYYY-MM-DD in the lab's zone; seven days back when empty."`
	To         string `json:"to,omitempty" doc:"YYYY-MM-DD, this day included; today when empty."`
	Kind       string `json:"kind,omitempty" enum:"result,query,order,qc,calibration,other,"`
	Sample     string `json:"sample,omitempty" maxLength:"60" doc:"The sample id exactly as sent."`
	Faulty     bool   `json:"faulty,omitempty" doc:"Only what broke off or was read with a warning."`
	Before     int64  `json:"before,omitempty" doc:"Number of the last message of the page before."`
	Limit      int    `json:"limit,omitempty" minimum:"1" maximum:"200"`
}

// ArchivedMessage is one message of a search.
type ArchivedMessage struct {
	bench.MessageLine

	InstrumentID lab.ID `json:"instrument_id,omitempty,omitzero"`
	Instrument   string `json:"instrument" doc:"Name, or how the unknown sender calls itself."`
}

// ArchivePage are a page of a search, newest first.
type ArchivePage struct {
	Messages []ArchivedMessage `json:"messages"`
	Next     int64             `json:"next,omitempty"`
}

// usualPage is how many messages a search gives when nobody says.
const usualPage = 50

// Search looks for messages.
func (a *Archive) Search(ctx context.Context, in ArchiveSearch) (ArchivePage, error) {
	out := ArchivePage{Messages: []ArchivedMessage{}}
	from, to, err := a.span(in.From, in.To)
	if err != nil {
		return out, err
	}
	limit := in.Limit
	if limit <= 0 {
		limit = usualPage
	}
	err = a.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.ArchivedMessages(ctx, queries.ArchivedMessagesParams{
			FromMs: from.UnixMilli(), ToMs: to.UnixMilli(), AnyInstrument: flag(in.Instrument.IsZero() && !in.Unknown), InstrumentID: queries.ID(in.Instrument),
			Kind: in.Kind, Sample: strings.TrimSpace(in.Sample), Faulty: flag(in.Faulty), Before: in.Before, N: int64(limit) + 1,
		})
		if err != nil {
			return fmt.Errorf("search the archive: %w", err)
		}
		names := map[queries.ID]string{}
		for i, r := range rows {
			if i == limit {
				out.Next = rows[limit-1].ID
				break
			}
			line, m, err := bench.ReadMessageLine(ctx, q, r.ID)
			if err != nil {
				return err
			}
			name, err := nameOf(ctx, q, names, m)
			if err != nil {
				return err
			}
			out.Messages = append(out.Messages, ArchivedMessage{MessageLine: line, InstrumentID: lab.ID(r.InstrumentID), Instrument: name})
		}
		return nil
	})
	return out, err
}

func nameOf(ctx context.Context, q *queries.Queries, names map[queries.ID]string, m queries.MessageRow) (string, error) {
	if m.InstrumentID == (queries.ID{}) {
		if m.Sender == "" {
			return m.Address, nil
		}
		return m.Sender, nil
	}
	if name, ok := names[m.InstrumentID]; ok {
		return name, nil
	}
	row, err := q.Instrument(ctx, m.InstrumentID)
	if err != nil {
		return "", fmt.Errorf("read instrument %s: %w", lab.ID(m.InstrumentID), err)
	}
	names[m.InstrumentID] = row.Name
	return row.Name, nil
}

// span gives the time between two days of the lab, both included.
func (a *Archive) span(from, to string) (start, end time.Time, err error) {
	today := a.db.Now().In(a.zone)
	end = time.Date(today.Year(), today.Month(), today.Day()+1, 0, 0, 0, 0, a.zone)
	start = end.AddDate(0, 0, -8)
	if to != "" {
		if end, err = time.ParseInLocation(time.DateOnly, to, a.zone); err != nil {
			return start, end, badDay("to")
		}
		end = end.AddDate(0, 0, 1)
		start = end.AddDate(0, 0, -8)
	}
	if from != "" {
		if start, err = time.ParseInLocation(time.DateOnly, from, a.zone); err != nil {
			return start, end, badDay("from")
		}
	}
	return start, end, nil
}

func badDay(field string) error {
	return lab.Invalid("day_malformed", "Write the day as YYYY-MM-DD.", lab.FieldError{Field: field, Code: "malformed", Message: "Choose a day."})
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (a *Archive) view(ctx context.Context, fn func(tx *sqlite.ReadTx, q *queries.Queries) error) error {
	return a.db.View(ctx, func(tx *sqlite.ReadTx) error { return fn(tx, queries.New(tx)) })
}

// Message gives one message as the line monitor shows it: bytes, frames, records and what came of them. What its patient
// records say is masked.
func (a *Archive) Message(ctx context.Context, id int64) (bench.Message, error) {
	return a.message(ctx, id, personal)
}

// Unlock gives the same message without a mask. Who opened it stands in the access log before it is shown.
func (a *Archive) Unlock(ctx context.Context, actor lab.Actor, id int64) (bench.Message, error) {
	out, err := a.message(ctx, id, whole)
	if err != nil {
		return bench.Message{}, err
	}
	var session queries.ID
	err = a.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		m, err := q.Message(ctx, id)
		session = m.Session
		return err
	})
	if err != nil {
		return bench.Message{}, fmt.Errorf("read message %d: %w", id, err)
	}
	if err := a.db.LogAccess(ctx, sqlite.Access{Actor: actor, Action: "line.unlock", Entity: "raw_session", Record: lab.ID(session)}); err != nil {
		return bench.Message{}, err
	}
	return out, nil
}

func (a *Archive) message(ctx context.Context, id int64, l level) (bench.Message, error) {
	out := bench.Message{Chunks: []bench.Chunk{}, Records: []bench.Record{}, Observations: []bench.Observation{}, Unlocked: l == whole}
	err := a.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		line, m, err := bench.ReadMessageLine(ctx, q, id)
		if err != nil {
			return err
		}
		out.Line, out.InstrumentID, out.Sender, out.Address, out.Protocol, out.Profile = line, lab.ID(m.InstrumentID), m.Sender, m.Address, m.Protocol, m.Profile
		pieces, err := a.piecesOf(ctx, q, m)
		if err != nil {
			return err
		}
		(&redactor{level: l}).redact(pieces)
		for _, p := range pieces {
			if p.dir == instruments.Out {
				out.Line.BytesOut += len(p.bytes)
			}
			out.Chunks = append(out.Chunks, chunkOf(p))
		}
		out.Records = a.records(m, l)
		rows, err := q.ObservationsOfMessage(ctx, id)
		if err != nil {
			return fmt.Errorf("read the observations of message %d: %w", id, err)
		}
		for _, o := range rows {
			shown, err := bench.ObservationView(ctx, tx, o)
			if err != nil {
				return err
			}
			out.Observations = append(out.Observations, shown)
		}
		return nil
	})
	return out, err
}

// partsOf reads the bytes of a session.
func partsOf(ctx context.Context, q *queries.Queries, session queries.ID) ([]part, error) {
	rows, err := q.Chunks(ctx, session)
	if err != nil {
		return nil, fmt.Errorf("read the bytes of session %s: %w", lab.ID(session), err)
	}
	out := make([]part, 0, len(rows))
	for _, c := range rows {
		out = append(out, part{at: time.UnixMilli(c.AtMs), dir: instruments.Dir(c.Dir), bytes: c.Bytes})
	}
	return out, nil
}

// piecesOf gives the pieces of a message's session that belong to the message: of a session with several messages those
// between its first frame and the next message's.
func (a *Archive) piecesOf(ctx context.Context, q *queries.Queries, m queries.MessageRow) ([]piece, error) {
	parts, err := partsOf(ctx, q, m.Session)
	if err != nil {
		return nil, err
	}
	all, err := q.MessagesOfSession(ctx, m.Session)
	if err != nil {
		return nil, fmt.Errorf("read the messages of session %s: %w", lab.ID(m.Session), err)
	}
	earlier, later := map[int64]bool{}, false
	for _, x := range all {
		switch index := x.Idx & partMask; {
		case index < m.Idx&partMask:
			earlier[index] = true
		case index > m.Idx&partMask:
			later = true
		}
	}
	pieces := anatomy(parts)
	if len(earlier) == 0 && !later {
		return pieces, nil
	}
	current, out := 0, []piece(nil)
	for _, p := range pieces {
		if p.dir == instruments.In && p.message > current {
			current = p.message
		}
		if current == len(earlier) {
			out = append(out, p)
		}
	}
	return out, nil
}

// partMask takes the index of a message within its session out of its number; the bits above count the messages that one
// transmission held.
const partMask = 1<<20 - 1

func chunkOf(p piece) bench.Chunk {
	out := bench.Chunk{At: p.at.UTC(), Dir: "in", Text: printable(p.bytes), Hex: hex.EncodeToString(p.bytes), Label: p.label, Fault: p.fault, Record: p.record}
	if p.dir == instruments.Out {
		out.Dir, out.Record = "out", -1
	}
	return out
}

// printable shows bytes as text; control characters become dots.
func printable(raw []byte) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return '·'
		}
		return r
	}, strings.ToValidUTF8(string(raw), "·"))
}

// records gives the records of a message, masked, with the observations that were read from each.
func (a *Archive) records(m queries.MessageRow, l level) []bench.Record {
	rows := a.rowsOf(m)
	pieces := []piece{{kind: block, dir: instruments.In, bytes: m.Text, text: [2]int{0, len(m.Text)}}}
	(&redactor{level: l}).redact(pieces)
	out := []bench.Record{}
	for i, text := range splitRecords(string(pieces[0].bytes)) {
		have := rows[i]
		if have == nil {
			have = []int{}
		}
		out = append(out, bench.Record{Type: recordName(text), Text: printable([]byte(text)), Rows: have})
	}
	return out
}

func splitRecords(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' })
}

// rowsOf gives, by record, the indices of the observations that the message's profile reads from it.
func (a *Archive) rowsOf(m queries.MessageRow) map[int][]int {
	out := map[int][]int{}
	decoded := a.decode(m.Protocol, m.Profile, m.Text)
	part := int(m.Idx >> 20)
	if part >= len(decoded) {
		return out
	}
	for i, o := range decoded[part].Observations {
		out[o.Row] = append(out[o.Row], i)
	}
	return out
}

// decode reads a message's text with a profile; with one that is not known any more, or none, it is found from the text.
func (a *Archive) decode(protocol, name string, text []byte) []driver.Message {
	if protocol != string(instruments.ASTM) && protocol != string(instruments.HL7) {
		return nil
	}
	fixed, ok := a.profiles.Get(name)
	if !ok || string(fixed.Protocol) != protocol {
		fixed = nil
	}
	decoded, err := driver.Safely(driver.New(a.profiles, instruments.Protocol(protocol), fixed), text)
	if err != nil {
		return nil
	}
	return decoded
}

// recordName gives the name of a record or a segment.
func recordName(text string) string {
	name, _, _ := strings.Cut(text, "|")
	if len(name) > 3 {
		name = name[:1]
	}
	return name
}
