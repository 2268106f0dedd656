package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// Resolution is what a person at the hub decided about a conflict.
type Resolution struct {
	Org      lab.ID
	Actor    lab.Actor // the hub's user
	Conflict lab.ID
	Values   map[int]any // field → value that shall stand; what stands already may be left out
	Winner   string
	Reason   string // typed by the person; it may name somebody, so it stands with the personal fields
	Seen     int64  // version of the group that the person saw
}

// Resolve writes the decision through the same engine as a push: as entries of the hub's own chain, one of the record
// where a value changes, one of the conflict. A value that moved since the person looked is answered with stale_record.
func (in *Ingest) Resolve(ctx context.Context, r Resolution) error {
	return in.onConflict(ctx, r.Org, r.Conflict, func(h *hubWriter) error {
		switch {
		case h.conflict.State != engine.StateOpen:
			return lab.Conflict("conflict_closed", "Somebody has decided this already.")
		case h.record.Groups[h.conflict.Group].RV != r.Seen:
			return lab.Conflict("stale_record", "Somebody else changed this record meanwhile. Compare both values and decide.")
		}
		if err := h.change(ctx, r); err != nil {
			return err
		}
		return h.decide(ctx, r.Actor, engine.StateResolved, r.Winner, r.Reason)
	})
}

// Reopen puts a decided conflict before a person again.
func (in *Ingest) Reopen(ctx context.Context, org lab.ID, actor lab.Actor, conflict lab.ID) error {
	return in.onConflict(ctx, org, conflict, func(h *hubWriter) error {
		if h.conflict.State == engine.StateOpen {
			return nil
		}
		return h.decide(ctx, actor, engine.StateOpen, "", "")
	})
}

// hubWriter makes entries of the hub's own chain about one conflict.
type hubWriter struct {
	in       *Ingest
	tx       pgx.Tx
	dev      queries.Device
	conflict *engine.Conflict
	record   *engine.Record
	seq      int64
	hash     []byte
	items    []wire.Item
}

// onConflict runs fn with the conflict and its record loaded and the hub's chain locked, and stores what it wrote.
func (in *Ingest) onConflict(ctx context.Context, org, conflict lab.ID, fn func(*hubWriter) error) error {
	return in.DB.Update(ctx, func(tx pgx.Tx) error {
		dev, err := in.statement().LockHubDevice(ctx, tx, org)
		if err != nil {
			return fmt.Errorf("resolve: device: %w", err)
		}
		h := &hubWriter{in: in, tx: tx, dev: dev, seq: dev.LastSeq, hash: dev.LastHash}
		if err := h.load(ctx, conflict); err != nil {
			return err
		}
		if err := fn(h); err != nil {
			return err
		}
		return h.store(ctx)
	})
}

func (h *hubWriter) load(ctx context.Context, id lab.ID) error {
	rows, err := h.in.statement().ConflictsByID(ctx, h.tx, queries.ConflictsByIDParams{Org: h.dev.Org, Ids: []lab.ID{id}})
	if err != nil {
		return fmt.Errorf("resolve: %w", err)
	}
	if len(rows) == 0 {
		return lab.NotFound("conflict_unknown", "There is no such conflict.")
	}
	if h.conflict, err = decodeConflict(h.in.Schema, &rows[0]); err != nil {
		return err
	}
	records, err := postgres.LoadRecords(ctx, h.tx, h.dev.Org, []postgres.RecordKey{{Entity: h.conflict.Key.Entity, ID: h.conflict.Key.ID}})
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return lab.NotFound("not_found", "There is no such record.")
	}
	h.record, err = decodeRecord(h.in.Schema, &records[0])
	return err
}

// change writes the values that differ from what stands.
func (h *hubWriter) change(ctx context.Context, r Resolution) error {
	e := journal.Entry{
		Entity: h.record.Entity, Record: h.record.ID, Op: journal.OpUpdate, Subject: h.record.Subject, Actor: r.Actor.String(), Session: r.Actor.Session,
		Base: map[int]int64{h.conflict.Group: h.record.Groups[h.conflict.Group].RV}, Fields: map[int]any{}, PHI: map[int]any{},
	}
	for id, v := range r.Values {
		f, known := h.in.Schema.Field(h.record.Entity, id)
		switch {
		case !known || f.Group != h.conflict.Group:
			return lab.Invalid("field_unknown", "There is no such field in this conflict.")
		case engine.SameValue(h.record.Doc[id], v):
		case f.Personal:
			e.PHI[id] = v
		default:
			e.Fields[id] = v
		}
	}
	if len(e.Fields)+len(e.PHI) == 0 {
		return nil
	}
	e.Fields[journal.FieldResolves] = h.conflict.ID.Bytes()
	return h.add(ctx, e)
}

// decide writes how the conflict stands from now on.
func (h *hubWriter) decide(ctx context.Context, actor lab.Actor, state, winner, reason string) error {
	entity, ok := h.in.Schema.Registry().Entity(journal.EntityConflict)
	if !ok {
		return errors.New("resolve: the registry has no conflicts")
	}
	e := journal.Entry{
		Entity: entity.ID, Record: h.conflict.ID, Op: journal.OpUpdate, Subject: h.conflict.Subject, Actor: actor.String(), Session: actor.Session,
		Fields: map[int]any{journal.FieldResolves: h.conflict.ID.Bytes()}, PHI: map[int]any{},
	}
	for column, v := range map[string]string{"state": state, "winner": winner} {
		if f, ok := entity.Column(column); ok && v != "" {
			e.Fields[f.ID] = v
		}
	}
	if f, ok := entity.Column("reason"); ok && reason != "" && !e.Subject.IsZero() {
		e.PHI[f.ID] = reason
	}
	return h.add(ctx, e)
}

// add seals an entry onto the hub's chain.
func (h *hubWriter) add(ctx context.Context, e journal.Entry) error {
	now := h.in.Clock().UnixMilli()
	h.seq++
	e.Seq, e.Epoch, e.TxID = h.seq, h.dev.Epoch, h.dev.LastSeq+1
	e.HLC, e.WallMS, e.Schema, e.Reason = journal.MakeHLC(now, 0), now, h.in.Schema.Registry().Schema, "conflict"
	var key []byte
	if len(e.PHI) == 0 {
		e.PHI, e.Subject = nil, lab.ID{}
	} else {
		rows, err := h.in.statement().SubjectKeys(ctx, h.tx, queries.SubjectKeysParams{Org: h.dev.Org, Subjects: []lab.ID{e.Subject}})
		if err != nil {
			return fmt.Errorf("resolve: key: %w", err)
		}
		if len(rows) == 0 {
			return lab.Conflict("subject_erased", "This person was forgotten on request; nothing about them can be written any more.")
		}
		key = rows[0].Key
	}
	sealed, err := e.Seal(h.hash, key)
	if errors.Is(err, journal.ErrValue) {
		return lab.Invalid("field_type", "The value does not fit the field.")
	}
	if err != nil {
		return fmt.Errorf("resolve: %w", err)
	}
	h.hash = e.Hash
	h.items = append(h.items, wire.Item{Entry: e, RawFields: sealed.Fields, RawPHI: sealed.PHI})
	return nil
}

// store applies the entries and moves the hub's chain on. A decision that did not come through undoes all of it.
func (h *hubWriter) store(ctx context.Context) error {
	if len(h.items) == 0 {
		return nil
	}
	w := writer{Ingest: h.in, tx: h.tx, org: h.dev.Org, home: h.record.Home, device: h.dev.ID, epoch: h.dev.Epoch, now: h.in.Clock()}
	result, err := w.store(ctx, h.items)
	if err != nil {
		return err
	}
	for _, o := range result.Outcomes {
		if o.Code != wire.Applied {
			return lab.Conflict("edit_refused", "This record is verified, issued or was changed meanwhile; look at it again.")
		}
	}
	err = h.in.statement().AdvanceDevice(ctx, h.tx, queries.AdvanceDeviceParams{
		Org: h.dev.Org, ID: h.dev.ID, Epoch: h.dev.Epoch, LastSeq: h.seq, LastHash: h.hash, Schema: int32(h.in.Schema.Registry().Schema),
	})
	if err != nil {
		return fmt.Errorf("resolve: advance the device: %w", err)
	}
	return nil
}
