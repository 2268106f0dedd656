package line

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/instruments"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Replay is a stored session read again by today's code and profiles, beside what was stored when it came. Nothing is
// filed by it.
type Replay struct {
	Messages []ReplayMessage `json:"messages"`
	Same     int             `json:"same"`
	Changed  int             `json:"changed"`
	New      int             `json:"new" doc:"Rows that today's code finds and that were not stored."`
	Gone     int             `json:"gone" doc:"Rows that were stored and that today's code does not find."`
}

// ReplayMessage is one message of the session.
type ReplayMessage struct {
	ID          int64       `json:"id"`
	Profile     string      `json:"profile" doc:"That reads it today."`
	ProfileThen string      `json:"profile_then" doc:"That read it when it came."`
	Kind        string      `json:"kind"`
	KindThen    string      `json:"kind_then"`
	Reframed    bool        `json:"reframed" doc:"Today's framing makes another text of the same bytes."`
	Rows        []ReplayRow `json:"rows"`
}

// ReplayRow is one row, then and now.
type ReplayRow struct {
	Code  string        `json:"code"`
	State string        `json:"state" enum:"same,changed,new,gone"`
	Diffs []ReplayField `json:"diffs"`
	Value string        `json:"value"`
	Unit  string        `json:"unit"`
}

// ReplayField is one field that differs.
type ReplayField struct {
	Field string `json:"field" enum:"sample,code,value,unit,flag,status,role"`
	Then  string `json:"then"`
	Now   string `json:"now"`
}

// Replay reads the session of a message again.
func (a *Archive) Replay(ctx context.Context, id int64) (Replay, error) {
	out := Replay{Messages: []ReplayMessage{}}
	err := a.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		_, m, err := bench.ReadMessageLine(ctx, q, id)
		if err != nil {
			return err
		}
		again, err := reread(ctx, q, m)
		if err != nil {
			return err
		}
		all, err := q.MessagesOfSession(ctx, m.Session)
		if err != nil {
			return fmt.Errorf("read the messages of session %s: %w", lab.ID(m.Session), err)
		}
		for _, x := range all {
			one, err := a.replayed(ctx, q, x.ID, again)
			if err != nil {
				return err
			}
			out.add(one)
		}
		return nil
	})
	return out, err
}

func (r *Replay) add(m ReplayMessage) {
	r.Messages = append(r.Messages, m)
	for _, row := range m.Rows {
		switch row.State {
		case stateSame:
			r.Same++
		case stateChanged:
			r.Changed++
		case stateNew:
			r.New++
		case stateGone:
			r.Gone++
		}
	}
}

const (
	stateSame    = "same"
	stateChanged = "changed"
	stateNew     = "new"
	stateGone    = "gone"
)

// reread frames the session's bytes again, by the index of the message.
func reread(ctx context.Context, q *queries.Queries, m queries.MessageRow) ([][]byte, error) {
	parts, err := partsOf(ctx, q, m.Session)
	if err != nil {
		return nil, err
	}
	chunks := make([]instruments.Chunk, 0, len(parts))
	for i, p := range parts {
		chunks = append(chunks, instruments.Chunk{
			Session: lab.ID(m.Session), Protocol: instruments.Protocol(m.Protocol), Seq: i, At: p.at, Dir: p.dir, Bytes: p.bytes, Open: i == 0,
		})
	}
	var out [][]byte
	for _, again := range session.Reread(chunks, session.TCPOptions("replay")) {
		out = append(out, again.Text)
	}
	return out, nil
}

// replayed compares one stored message with today's reading.
func (a *Archive) replayed(ctx context.Context, q *queries.Queries, id int64, again [][]byte) (ReplayMessage, error) {
	m, err := q.Message(ctx, id)
	if err != nil {
		return ReplayMessage{}, fmt.Errorf("read message %d: %w", id, err)
	}
	stored, err := q.ObservationsOfMessage(ctx, id)
	if err != nil {
		return ReplayMessage{}, fmt.Errorf("read the observations of message %d: %w", id, err)
	}
	name := m.Profile
	if m.InstrumentID != (queries.ID{}) {
		i, err := q.Instrument(ctx, m.InstrumentID)
		if err != nil {
			return ReplayMessage{}, fmt.Errorf("read instrument %s: %w", lab.ID(m.InstrumentID), err)
		}
		name = i.Profile
	}
	text, reframed := m.Text, false
	if i := int(m.Idx & partMask); i < len(again) {
		text, reframed = again[i], !bytes.Equal(again[i], m.Text)
	}
	out := ReplayMessage{ID: id, Profile: name, ProfileThen: m.Profile, KindThen: m.Kind, Reframed: reframed, Rows: []ReplayRow{}}
	var now []driver.Observation
	if decoded, i := a.decode(m.Protocol, name, text), int(m.Idx>>20); i < len(decoded) {
		out.Profile, out.Kind = decoded[i].Profile, string(decoded[i].Kind)
		now = decoded[i].Observations
		if m.Ended == 0 {
			now = decoded[i].Complete()
		}
	}
	for i := range max(len(stored), len(now)) {
		switch {
		case i >= len(stored):
			out.Rows = append(out.Rows, ReplayRow{Code: now[i].MapCode, Value: now[i].Reported, Unit: now[i].Unit, State: stateNew, Diffs: []ReplayField{}})
		case i >= len(now):
			o := stored[i]
			out.Rows = append(out.Rows, ReplayRow{Code: o.MapCode, Value: o.Reported, Unit: o.Unit, State: stateGone, Diffs: []ReplayField{}})
		default:
			out.Rows = append(out.Rows, compare(stored[i], now[i]))
		}
	}
	return out, nil
}

func compare(then queries.Observation, now driver.Observation) ReplayRow {
	row := ReplayRow{Code: now.MapCode, Value: now.Reported, Unit: now.Unit, State: stateSame, Diffs: []ReplayField{}}
	for _, f := range []ReplayField{
		{"sample", then.SampleText, now.SampleID},
		{"code", then.MapCode, now.MapCode},
		{"value", then.Reported, now.Reported},
		{"unit", then.Unit, now.Unit},
		{"flag", then.Flag, now.Flag},
		{"status", then.Status, now.Status},
		{"role", then.Role, string(now.Role)},
	} {
		if f.Then != f.Now {
			row.Diffs, row.State = append(row.Diffs, f), stateChanged
		}
	}
	return row
}

// stampOf writes a time for a transcript.
func stampOf(t time.Time, zone *time.Location) string { return t.In(zone).Format("15:04:05.000") }
