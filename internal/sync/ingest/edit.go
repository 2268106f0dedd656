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

// Edit is a change that a person makes at the hub, to a record that a node made. Only fields that are not personal can
// be edited here.
type Edit struct {
	Org    lab.ID
	Actor  lab.Actor // the hub's user
	Reason string    // a code
	Entity string
	Record lab.ID
	Values map[string]any // column → value
	Seen   int64          // the record's version that the person saw; 0 asks for no check
}

// Edit writes the change through the same engine as a push: as an entry of the hub's own chain in this organisation, so
// it stands in the journal, and the nodes pull it.
func (in *Ingest) Edit(ctx context.Context, e Edit) (rv int64, err error) {
	entity, ok := in.Schema.Registry().Entity(e.Entity)
	if !ok {
		return 0, lab.NotFound("entity_unknown", "The hub has no such kind of record.")
	}
	fields, err := editFields(entity, e.Values)
	if err != nil {
		return 0, err
	}
	err = in.DB.Update(ctx, func(tx pgx.Tx) error {
		dev, err := in.statement().LockHubDevice(ctx, tx, e.Org)
		if err != nil {
			return fmt.Errorf("edit: device: %w", err)
		}
		rows, err := postgres.LoadRecords(ctx, tx, e.Org, []postgres.RecordKey{{Entity: entity.ID, ID: e.Record}})
		if err != nil {
			return err
		}
		if len(rows) == 0 || rows[0].Deleted {
			return lab.NotFound("not_found", "There is no such record.")
		}
		rv, err = in.editOne(ctx, tx, &dev, e, entity, &rows[0], fields)
		return err
	})
	return rv, err
}

func editFields(entity journal.Entity, values map[string]any) (map[int]any, error) {
	fields := map[int]any{}
	for column, v := range values {
		f, ok := entity.Column(column)
		switch {
		case !ok:
			return nil, lab.Invalid("field_unknown", "There is no such field.", lab.FieldError{Field: column, Code: "field_unknown"})
		case f.Personal:
			return nil, lab.Forbidden("field_personal", "Personal fields are changed at the lab.")
		}
		fields[f.ID] = v
	}
	return fields, nil
}

func (in *Ingest) editOne(ctx context.Context, tx pgx.Tx, dev *queries.Device, e Edit, entity journal.Entity, row *postgres.Record, fields map[int]any) (int64, error) {
	r, err := decodeRecord(in.Schema, row)
	if err != nil {
		return 0, err
	}
	if e.Seen != 0 && r.RV != e.Seen {
		return 0, lab.Conflict("stale_record", "Somebody else changed this record meanwhile. Compare both values and decide.")
	}
	item, err := in.hubEntry(dev, e, entity, r, fields)
	if err != nil {
		return 0, err
	}
	w := writer{Ingest: in, tx: tx, org: dev.Org, home: r.Home, device: dev.ID, epoch: dev.Epoch, now: in.Clock()}
	result, err := w.store(ctx, []wire.Item{item})
	if err != nil {
		return 0, err
	}
	if o := result.Outcomes[0]; o.Code != wire.Applied {
		return 0, lab.Conflict("edit_refused", "This record is verified, issued or in conflict; it cannot be edited at the hub.")
	}
	err = in.statement().AdvanceDevice(ctx, tx, queries.AdvanceDeviceParams{
		Org: dev.Org, ID: dev.ID, Epoch: dev.Epoch, LastSeq: item.Entry.Seq, LastHash: item.Entry.Hash, Schema: int32(in.Schema.Registry().Schema),
	})
	if err != nil {
		return 0, fmt.Errorf("edit: advance the device: %w", err)
	}
	for _, changed := range result.Records {
		if changed.Key == r.Key {
			return changed.RV, nil
		}
	}
	return r.RV, nil
}

// hubEntry makes the entry of the hub's own chain. Its base is what stands there: a person at the hub sees the hub.
func (in *Ingest) hubEntry(dev *queries.Device, e Edit, entity journal.Entity, r *engine.Record, fields map[int]any) (wire.Item, error) {
	now := in.Clock().UnixMilli()
	entry := journal.Entry{
		Seq: dev.LastSeq + 1, Epoch: dev.Epoch, TxID: dev.LastSeq + 1, Entity: entity.ID, Record: e.Record, Op: journal.OpUpdate,
		HLC: journal.MakeHLC(now, 0), WallMS: now, Actor: e.Actor.String(), Session: e.Actor.Session, Reason: e.Reason,
		Schema: in.Schema.Registry().Schema, Base: map[int]int64{}, Fields: fields,
	}
	for id := range fields {
		if f, ok := entity.Field(id); ok {
			entry.Base[f.Group] = r.Groups[f.Group].RV
		}
	}
	sealed, err := entry.Seal(dev.LastHash, nil)
	if errors.Is(err, journal.ErrValue) {
		return wire.Item{}, lab.Invalid("field_type", "The value does not fit the field.")
	}
	if err != nil {
		return wire.Item{}, fmt.Errorf("edit: %w", err)
	}
	return wire.Item{Entry: entry, RawFields: sealed.Fields}, nil
}
