package ingest

import (
	"context"
	"fmt"

	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// again finds the entries that another copy of the journal has brought before. Only a batch that begins an epoch has any.
func (w *writer) again(ctx context.Context, items []wire.Item) (map[int64]bool, error) {
	var places [][]byte
	for i := range items {
		if engine.Reissued(&items[i].Entry) {
			places = append(places, items[i].Entry.OriginPos)
		}
	}
	if len(places) == 0 {
		return nil, nil
	}
	rows, err := w.statement().ReissuedBefore(ctx, w.tx, queries.ReissuedBeforeParams{Org: w.org, Device: w.device, Epoch: w.epoch, Places: places})
	if err != nil {
		return nil, fmt.Errorf("push: entries issued before: %w", err)
	}
	before := map[string][]journal.Entry{}
	for _, r := range rows {
		e := journal.Entry{Op: journal.Op(r.Op), Entity: int(r.Entity), Record: r.Record, WallMS: r.WallMs, Actor: r.Actor, OriginPos: r.OriginPos}
		if e.Fields, err = journal.DecodeFields(r.Fields); err != nil {
			return nil, fmt.Errorf("push: entries issued before: %w", err)
		}
		if e.PHI, err = journal.DecodeFields(r.Phi); err != nil {
			return nil, fmt.Errorf("push: entries issued before: %w", err)
		}
		before[string(r.OriginPos)] = append(before[string(r.OriginPos)], e)
	}
	out := map[int64]bool{}
	for i := range items {
		e := &items[i].Entry
		for j := range before[string(e.OriginPos)] {
			if engine.SameWrite(&before[string(e.OriginPos)][j], e) {
				out[e.Seq] = true
			}
		}
	}
	return out, nil
}
