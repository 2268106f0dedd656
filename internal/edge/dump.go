package edge

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// The lines below are read by scripts: their names only grow.

type observationLine struct {
	ID         int64  `json:"id"`
	Instrument string `json:"instrument"`
	Message    int64  `json:"message"`
	SampleID   string `json:"sample_id"`
	TestCode   string `json:"test_code"`
	Value      string `json:"value"`
	Unit       string `json:"unit"`
	Flag       string `json:"flag"`
	Status     string `json:"status"`
	Timestamp  string `json:"timestamp"`
	Role       string `json:"role"`
	State      string `json:"state"`
	Reason     string `json:"reason,omitempty"`
}

type resultLine struct {
	ID         lab.ID    `json:"id"`
	ItemID     lab.ID    `json:"item_id"`
	SampleID   string    `json:"sample_id"`
	Test       string    `json:"test"`
	Version    int64     `json:"version"`
	Raw        string    `json:"raw"`
	Value      string    `json:"value"`
	Unit       string    `json:"unit"`
	Flag       string    `json:"flag"`
	Source     string    `json:"source"`
	Instrument string    `json:"instrument,omitempty"`
	Message    int64     `json:"message,omitempty"`
	EnteredAt  time.Time `json:"entered_at"`
	State      string    `json:"state"`
}

type entryLine struct {
	Seq     int64          `json:"seq"`
	Epoch   int64          `json:"epoch"`
	TxID    int64          `json:"txid"`
	Op      string         `json:"op"`
	Entity  string         `json:"entity,omitempty"`
	Record  lab.ID         `json:"record,omitempty,omitzero"`
	At      time.Time      `json:"at"`
	ZoneMin int            `json:"zone_min"`
	HLC     uint64         `json:"hlc"`
	Actor   string         `json:"actor"`
	Reason  string         `json:"reason,omitempty"`
	Fields  map[string]any `json:"fields"`
	Hidden  []string       `json:"personal_fields,omitempty"` // names alone: values are personal
	Hash    string         `json:"hash"`
}

// Dump writes one JSON object a line: observations, results or journal. It opens the file read-only and works beside a
// running node.
func Dump(ctx context.Context, path, what string, w io.Writer) error {
	parts := map[string]func(context.Context, queries.DBTX, *json.Encoder) error{
		"observations": dumpObservations, "results": dumpResults, "journal": dumpJournal,
	}
	part, ok := parts[what]
	if !ok {
		return lab.Invalid("dump_unknown", "Dump observations, results or journal.")
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return sqlite.Inspect(ctx, path, func(tx queries.DBTX) error { return part(ctx, tx, enc) })
}

func dumpObservations(ctx context.Context, tx queries.DBTX, enc *json.Encoder) error {
	q, after := queries.New(tx), int64(0)
	for {
		rows, err := q.DumpObservations(ctx, after)
		if err != nil {
			return fmt.Errorf("read observations: %w", err)
		}
		for _, r := range rows {
			after = r.ID
			err := enc.Encode(observationLine{
				ID: r.ID, Instrument: r.Instrument, Message: r.MessageID, SampleID: r.SampleText, TestCode: r.TestCode, Value: r.Value, Unit: r.Unit, Flag: r.Flag,
				Status: r.Status, Timestamp: r.Timestamp, Role: r.Role, State: shownState(r.State), Reason: r.Reason,
			})
			if err != nil {
				return fmt.Errorf("write observations: %w", err)
			}
		}
		if len(rows) == 0 {
			return nil
		}
	}
}

// shownState gives the state in the words of the dump: what a person attached has found its order, what was discarded is
// kept.
func shownState(state string) string {
	switch state {
	case "attached":
		return "matched"
	case "discarded":
		return "kept"
	default:
		return state
	}
}

func dumpResults(ctx context.Context, tx queries.DBTX, enc *json.Encoder) error {
	q, after := queries.New(tx), queries.ID{}
	for {
		rows, err := q.DumpResults(ctx, after)
		if err != nil {
			return fmt.Errorf("read results: %w", err)
		}
		for _, r := range rows {
			after = r.ID
			err := enc.Encode(resultLine{
				ID: lab.ID(r.ID), ItemID: lab.ID(r.OrderTestID), SampleID: r.Accession, Test: r.Code, Version: r.Version, Raw: r.Raw, Value: r.Value, Unit: r.Unit,
				Flag: r.Flag, Source: r.Source, Instrument: r.Instrument, Message: r.Message, EnteredAt: time.UnixMilli(r.EnteredMs).UTC(), State: r.State,
			})
			if err != nil {
				return fmt.Errorf("write results: %w", err)
			}
		}
		if len(rows) == 0 {
			return nil
		}
	}
}

func dumpJournal(ctx context.Context, tx queries.DBTX, enc *json.Encoder) error {
	entities := map[int]journal.Entity{}
	for _, e := range journal.Schema().Entities {
		entities[e.ID] = e
	}
	for from := int64(1); ; {
		entries, err := sqlite.FileEntries(ctx, tx, from, 1000)
		if err != nil {
			return err
		}
		for _, e := range entries {
			from = e.Seq + 1
			if err := enc.Encode(lineOf(e, entities[e.Entity])); err != nil {
				return fmt.Errorf("write the journal: %w", err)
			}
		}
		if len(entries) == 0 {
			return nil
		}
	}
}

func lineOf(e journal.Entry, kind journal.Entity) entryLine {
	line := entryLine{
		Seq: e.Seq, Epoch: e.Epoch, TxID: e.TxID, Op: string(e.Op), Entity: kind.Name, Record: e.Record, At: time.UnixMilli(e.WallMS).UTC(), ZoneMin: e.ZoneMin,
		HLC: uint64(e.HLC), Actor: e.Actor, Reason: e.Reason, Fields: map[string]any{}, Hash: hex.EncodeToString(e.Hash),
	}
	for number, v := range e.Fields {
		name := fmt.Sprint(number)
		if f, ok := kind.Field(number); ok {
			name = f.Column
		}
		if raw, ok := v.([]byte); ok {
			v = hex.EncodeToString(raw)
		}
		line.Fields[name] = v
	}
	for number := range e.PHI {
		if f, ok := kind.Field(number); ok {
			line.Hidden = append(line.Hidden, f.Column)
		}
	}
	slices.Sort(line.Hidden)
	return line
}
