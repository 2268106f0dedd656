package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// heldJSON is a verification that waits for the value that it vouches for.
type heldJSON struct {
	Entity  int             `json:"entity"`
	Record  lab.ID          `json:"record"`
	Device  lab.ID          `json:"device"`
	Epoch   int64           `json:"epoch"`
	Seq     int64           `json:"seq"`
	Actor   string          `json:"actor"`
	WallMS  int64           `json:"wall_ms"`
	ZoneMin int             `json:"zone_min"`
	HLC     uint64          `json:"hlc"`
	Subject *lab.ID         `json:"subject,omitempty"`
	Fields  json.RawMessage `json:"fields"`
}

// loadConflicts reads the open and the decided conflicts of the batch's records, those that the batch itself decides, and
// their synced records.
func (w *writer) loadConflicts(ctx context.Context, b *engine.Batch) error {
	var records, named []lab.ID
	entity := w.Schema.EntityID(journal.EntityConflict)
	for k := range b.Records {
		if k.Entity == entity {
			named = append(named, k.ID)
			continue
		}
		records = append(records, k.ID)
	}
	var rows []queries.Conflict
	var err error
	if len(records) > 0 {
		if rows, err = w.statement().ConflictsOf(ctx, w.tx, queries.ConflictsOfParams{Org: w.org, Records: records}); err != nil {
			return fmt.Errorf("push: conflicts: %w", err)
		}
	}
	if len(named) > 0 {
		more, err := w.statement().ConflictsByID(ctx, w.tx, queries.ConflictsByIDParams{Org: w.org, Ids: named})
		if err != nil {
			return fmt.Errorf("push: conflicts: %w", err)
		}
		rows = append(rows, more...)
	}
	if err := w.addConflicts(ctx, b, rows, entity); err != nil {
		return err
	}
	return w.loadManual(ctx, b)
}

func (w *writer) addConflicts(ctx context.Context, b *engine.Batch, rows []queries.Conflict, entity int) error {
	seen := map[lab.ID]bool{}
	var keys []postgres.RecordKey
	var about []postgres.RecordKey
	for i := range rows {
		if seen[rows[i].ID] {
			continue
		}
		seen[rows[i].ID] = true
		c, err := decodeConflict(w.Schema, &rows[i])
		if err != nil {
			return err
		}
		b.Open = append(b.Open, c)
		if k := (engine.Key{Entity: entity, ID: c.ID}); entity != 0 && b.Records[k] == nil {
			keys = append(keys, postgres.RecordKey{Entity: entity, ID: c.ID})
		}
		if b.Records[c.Key] == nil {
			about = append(about, postgres.RecordKey{Entity: c.Key.Entity, ID: c.Key.ID})
		}
	}
	if keys = append(keys, about...); len(keys) == 0 {
		return nil
	}
	loaded, err := postgres.LoadRecords(ctx, w.tx, w.org, keys)
	if err != nil {
		return err
	}
	return w.add(b, loaded)
}

// loadManual reads which groups this organisation always gives to a person.
func (w *writer) loadManual(ctx context.Context, b *engine.Batch) error {
	rows, err := w.statement().ManualGroups(ctx, w.tx, w.org)
	if err != nil {
		return fmt.Errorf("push: strategies: %w", err)
	}
	for _, r := range rows {
		if b.Manual == nil {
			b.Manual = map[engine.GroupKey]bool{}
		}
		b.Manual[engine.GroupKey{Entity: int(r.Entity), Group: int(r.Grp)}] = true
	}
	return nil
}

// recallMost is how many entries of a record are read to find what stood there before: a record with a longer history
// shows nothing in that column.
const recallMost = 500

// recall finds for each conflict that begins now what stood before the hub's value was written, so that a person sees
// from what both sides went out.
func (w *writer) recall(ctx context.Context, b *engine.Batch, conflicts []*engine.Conflict) error {
	entity := w.Schema.EntityID(journal.EntityConflict)
	for _, c := range conflicts {
		if c.State != engine.StateOpen || c.Was != nil || c.Server.Device.IsZero() {
			continue
		}
		was, err := w.before(ctx, c)
		if err != nil {
			return err
		}
		if was != nil {
			w.Schema.Recall(c, b.Records[engine.Key{Entity: entity, ID: c.ID}], was)
		}
	}
	return nil
}

// before folds the record's entries up to the one that made the hub's value; nil where that one is not found.
func (w *writer) before(ctx context.Context, c *engine.Conflict) (map[int]any, error) {
	rows, err := w.statement().JournalForward(ctx, w.tx, queries.JournalForwardParams{Org: w.org, Record: c.Key.ID, Most: recallMost})
	if err != nil {
		return nil, fmt.Errorf("push: history: %w", err)
	}
	was := map[int]any{}
	for _, r := range rows {
		if r.Device == c.Server.Device && r.Epoch == c.Server.Epoch && r.Seq == c.Server.Seq {
			if r.Op == string(journal.OpInsert) {
				return nil, nil //nolint:nilnil // nothing stood there before
			}
			return was, nil
		}
		if out := wire.Outcome(r.Outcome); r.Op == string(journal.OpApplied) || out != wire.Applied && out != wire.Merged {
			continue
		}
		for _, raw := range [][]byte{r.Fields, r.Phi} {
			if len(raw) == 0 {
				continue
			}
			fields, err := journal.DecodeFields(raw)
			if err != nil {
				return nil, fmt.Errorf("push: history: %w", err)
			}
			for id, v := range fields {
				if f, ok := w.Schema.Field(c.Key.Entity, id); ok && f.Group == c.Group {
					was[id] = v
				}
			}
		}
	}
	return nil, nil //nolint:nilnil // not known
}

func (w *writer) saveConflicts(ctx context.Context, conflicts []*engine.Conflict) error {
	for _, c := range conflicts {
		arg, err := w.conflictRow(c)
		if err != nil {
			return err
		}
		if err := w.statement().UpsertConflict(ctx, w.tx, arg); err != nil {
			return fmt.Errorf("push: conflict: %w", err)
		}
	}
	return nil
}

func (w *writer) conflictRow(c *engine.Conflict) (queries.UpsertConflictParams, error) {
	sides := make([]valueJSON, len(c.Clients))
	for i := range c.Clients {
		sides[i] = encodeValue(w.Schema, c.Key.Entity, &c.Clients[i])
	}
	held := make([]heldJSON, len(c.Held))
	for i, h := range c.Held {
		fields, err := encodeDoc(w.Schema, h.Entity, h.Fields)
		if err != nil {
			return queries.UpsertConflictParams{}, err
		}
		held[i] = heldJSON{h.Entity, h.Record, h.Device, h.Epoch, h.Seq, h.Actor, h.WallMS, h.ZoneMin, uint64(h.HLC), nil, fields}
		if !h.Subject.IsZero() {
			held[i].Subject = &h.Subject
		}
	}
	arg := queries.UpsertConflictParams{
		Org: w.org, ID: c.ID, Home: c.Home, Entity: int32(c.Key.Entity), Record: c.Key.ID, Grp: int32(c.Group), Subject: c.Subject,
		Kind: c.Kind, Strategy: c.Strategy, State: c.State, Winner: c.Winner, Base: c.Base, At: w.now,
	}
	if c.AtMS != 0 {
		arg.At = time.UnixMilli(c.AtMS).UTC()
	}
	for _, part := range []struct {
		into *[]byte
		v    any
	}{{&arg.Server, encodeValue(w.Schema, c.Key.Entity, &c.Server)}, {&arg.Clients, sides}, {&arg.Held, held}} {
		var err error
		if *part.into, err = json.Marshal(part.v); err != nil {
			return arg, fmt.Errorf("push: conflict: %w", err)
		}
	}
	if c.Was != nil {
		var err error
		if arg.Was, err = encodeDoc(w.Schema, c.Key.Entity, c.Was); err != nil {
			return arg, err
		}
	}
	if c.State != engine.StateOpen {
		closed := w.now
		if c.ClosedMS != 0 {
			closed = time.UnixMilli(c.ClosedMS).UTC()
		}
		arg.ClosedAt = &closed
	}
	if c.Resolver != "" {
		arg.Resolver = &c.Resolver
	}
	if c.Reason != "" {
		arg.Reason = &c.Reason
	}
	return arg, nil
}

func decodeConflict(s *engine.Schema, row *queries.Conflict) (*engine.Conflict, error) {
	c := &engine.Conflict{
		ID: row.ID, Key: engine.Key{Entity: int(row.Entity), ID: row.Record}, Home: row.Home, Group: int(row.Grp), Subject: row.Subject,
		Kind: row.Kind, Strategy: row.Strategy, State: row.State, Winner: row.Winner, Base: row.Base, AtMS: row.At.UnixMilli(),
	}
	if row.Resolver != nil {
		c.Resolver = *row.Resolver
	}
	if row.Reason != nil {
		c.Reason = *row.Reason
	}
	if row.ClosedAt != nil {
		c.ClosedMS = row.ClosedAt.UnixMilli()
	}
	if err := decodeSides(s, row, c); err != nil {
		return nil, fmt.Errorf("conflict %s: %w", row.ID, err)
	}
	return c, nil
}

func decodeSides(s *engine.Schema, row *queries.Conflict, c *engine.Conflict) error {
	var server valueJSON
	var clients []valueJSON
	var held []heldJSON
	for raw, into := range map[*[]byte]any{&row.Server: &server, &row.Clients: &clients, &row.Held: &held} {
		if err := json.Unmarshal(*raw, into); err != nil {
			return err
		}
	}
	var err error
	if c.Server, err = decodeValue(s, c.Key.Entity, &server); err != nil {
		return err
	}
	for i := range clients {
		v, err := decodeValue(s, c.Key.Entity, &clients[i])
		if err != nil {
			return err
		}
		c.Clients = append(c.Clients, v)
	}
	if len(row.Was) > 0 {
		if c.Was, err = decodeDoc(s, c.Key.Entity, row.Was); err != nil {
			return err
		}
	}
	for _, h := range held {
		fields, err := decodeDoc(s, h.Entity, h.Fields)
		if err != nil {
			return err
		}
		one := engine.Held{
			Entity: h.Entity, Record: h.Record, Device: h.Device, Epoch: h.Epoch, Seq: h.Seq, Actor: h.Actor, WallMS: h.WallMS,
			ZoneMin: h.ZoneMin, HLC: journal.HLC(h.HLC), Fields: fields,
		}
		if h.Subject != nil {
			one.Subject = *h.Subject
		}
		c.Held = append(c.Held, one)
	}
	return nil
}
