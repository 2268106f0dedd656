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

// Own is a record that the hub itself makes, or goes on with: what became of a message, a payment that a gateway
// announced. It never is a verification or a release, and it holds no personal field.
type Own struct {
	Entity string
	Record lab.ID
	Home   lab.ID // the lab that it is about
	Values map[string]any
}

// own tells that the hub may make records of this kind: never what a person at a lab measured, verified or released.
func own(entity string) bool {
	switch entity {
	case "verification", "release", "result", "report", "withdrawal", "consent", "conflict":
		return false
	}
	return true
}

// Write stores records of the hub's own in the caller's transaction, as entries of its chain: the nodes of their labs
// pull them like any other. The chain stays locked until the commit.
func (in *Ingest) Write(ctx context.Context, tx pgx.Tx, org lab.ID, reason string, records ...Own) error {
	dev, err := in.statement().LockHubDevice(ctx, tx, org)
	if err != nil {
		return fmt.Errorf("own record: device: %w", err)
	}
	for _, o := range records {
		if err := in.writeOwn(ctx, tx, &dev, reason, o); err != nil {
			return err
		}
	}
	err = in.statement().AdvanceDevice(ctx, tx, queries.AdvanceDeviceParams{
		Org: org, ID: dev.ID, Epoch: dev.Epoch, LastSeq: dev.LastSeq, LastHash: dev.LastHash, Schema: int32(in.Schema.Registry().Schema),
	})
	if err != nil {
		return fmt.Errorf("own record: advance the device: %w", err)
	}
	return nil
}

// writeOwn stores one record and moves dev on.
func (in *Ingest) writeOwn(ctx context.Context, tx pgx.Tx, dev *queries.Device, reason string, o Own) error {
	entity, known := in.Schema.Registry().Entity(o.Entity)
	if !known || !own(o.Entity) {
		return lab.Invalid("entity_foreign", "The hub makes no records of this kind.")
	}
	fields, err := editFields(entity, plainValues(o.Values))
	if err != nil {
		return err
	}
	rows, err := postgres.LoadRecords(ctx, tx, dev.Org, []postgres.RecordKey{{Entity: entity.ID, ID: o.Record}})
	if err != nil {
		return err
	}
	var old *engine.Record
	if len(rows) > 0 {
		if old, err = decodeRecord(in.Schema, &rows[0]); err != nil {
			return err
		}
	}
	item, err := in.ownEntry(dev, reason, o, entity, old, fields)
	if err != nil || len(item.Entry.Fields) == 0 {
		return err
	}
	w := writer{Ingest: in, tx: tx, org: dev.Org, home: o.Home, device: dev.ID, epoch: dev.Epoch, now: in.Clock()}
	result, err := w.store(ctx, []wire.Item{item})
	if err != nil {
		return err
	}
	if result.Outcomes[0].Code != wire.Applied {
		return lab.Conflict("own_refused", "The record does not take this change.")
	}
	dev.LastSeq, dev.LastHash = item.Entry.Seq, item.Entry.Hash
	return nil
}

// ownEntry makes the entry: an insert, or an update of what differs. An entry without fields says that nothing does.
func (in *Ingest) ownEntry(dev *queries.Device, reason string, o Own, entity journal.Entity, old *engine.Record, fields map[int]any) (wire.Item, error) {
	now := in.Clock().UnixMilli()
	e := journal.Entry{
		Seq: dev.LastSeq + 1, Epoch: dev.Epoch, TxID: dev.LastSeq + 1, Entity: entity.ID, Record: o.Record, Op: journal.OpInsert,
		HLC: journal.MakeHLC(now, 0), WallMS: now, Actor: lab.System().String(), Reason: reason,
		Schema: in.Schema.Registry().Schema, Base: map[int]int64{}, Fields: fields,
	}
	if old != nil {
		e.Op, e.Fields = journal.OpUpdate, map[int]any{}
		for id, v := range fields {
			if f, ok := entity.Field(id); ok && !engine.SameValue(old.Doc[id], v) {
				e.Fields[id], e.Base[f.Group] = v, old.Groups[f.Group].RV
			}
		}
		if len(e.Fields) == 0 {
			return wire.Item{Entry: e}, nil
		}
	}
	sealed, err := e.Seal(dev.LastHash, nil)
	if errors.Is(err, journal.ErrValue) {
		return wire.Item{}, lab.Invalid("field_type", "The value does not fit the field.")
	}
	if err != nil {
		return wire.Item{}, fmt.Errorf("own record: %w", err)
	}
	return wire.Item{Entry: e, RawFields: sealed.Fields}, nil
}

// plainValues gives the values as documents hold them, so that what is the same compares as the same.
func plainValues(values map[string]any) map[string]any {
	out := make(map[string]any, len(values))
	for column, v := range values {
		switch v := v.(type) {
		case lab.ID:
			out[column] = v.Bytes()
		case int:
			out[column] = int64(v)
		case lab.Paise:
			out[column] = int64(v)
		default:
			out[column] = v
		}
	}
	return out
}
