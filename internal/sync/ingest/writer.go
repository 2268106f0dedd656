package ingest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// writer stores entries of one author, a node or the hub itself, within a transaction.
type writer struct {
	*Ingest

	tx     pgx.Tx
	org    lab.ID
	home   lab.ID // the lab at which new records are at home
	device lab.ID
	epoch  int64
	keys   map[lab.ID][]byte
	forks  []engine.ForkMark
	now    time.Time
}

// store folds the entries over the records and writes everything that comes of it. The order matters: the scopes are
// locked first, in the order of their ids, and the records are read by a later statement, which then sees all that the
// lock waited for.
func (w *writer) store(ctx context.Context, items []wire.Item) (engine.Result, error) {
	batch, reserved, err := w.load(ctx, items)
	if err != nil {
		return engine.Result{}, err
	}
	result := engine.Apply(batch)
	if err := w.moveOn(ctx, reserved, result.Taken); err != nil {
		return result, err
	}
	if err := w.recall(ctx, batch, result.Conflicts); err != nil {
		return result, err
	}
	if err := w.saveRecords(ctx, result.Records); err != nil {
		return result, err
	}
	if err := w.saveConflicts(ctx, result.Conflicts); err != nil {
		return result, err
	}
	w.forget(batch)
	if err := w.saveKeys(ctx); err != nil {
		return result, err
	}
	if err := postgres.CopyJournal(ctx, w.tx, w.org, w.device, w.now, journalRows(items, result)); err != nil {
		return result, err
	}
	return result, w.saveRest(ctx, result)
}

func (w *writer) load(ctx context.Context, items []wire.Item) (*engine.Batch, []engine.ScopeNeed, error) {
	keys, scopes := engine.Needs(w.Schema, w.org, w.home, items)
	erased, err := w.erasures(ctx, items, &scopes)
	if err != nil {
		return nil, nil, err
	}
	b := &engine.Batch{
		Schema: w.Schema, Device: w.device, Epoch: w.epoch, Org: w.org, Lab: w.home, Forks: w.forks, NowMS: w.now.UnixMilli(), Items: items,
		Records: map[engine.Key]*engine.Record{}, NextPos: map[lab.ID]int64{},
	}
	if b.HubEpoch, err = w.statement().HubEpoch(ctx, w.tx); err != nil {
		return nil, nil, fmt.Errorf("push: hub epoch: %w", err)
	}
	for _, s := range scopes {
		head, err := w.statement().MoveScope(ctx, w.tx, queries.MoveScopeParams{Org: w.org, Scope: s.Scope, N: int64(s.N)})
		if err != nil {
			return nil, nil, fmt.Errorf("push: scope: %w", err)
		}
		b.NextPos[s.Scope] = head.Pos - int64(s.N) + 1
	}
	for _, subject := range erased {
		rows, err := postgres.RecordsOfSubject(ctx, w.tx, w.org, subject)
		if err != nil {
			return nil, nil, err
		}
		if err := w.add(b, rows); err != nil {
			return nil, nil, err
		}
	}
	for range 2 { // a record's home may stand in a record that its document names
		rows, err := postgres.LoadRecords(ctx, w.tx, w.org, recordKeys(keys))
		if err != nil {
			return nil, nil, err
		}
		if err := w.add(b, rows); err != nil {
			return nil, nil, err
		}
		if keys = w.Schema.HomeRefs(b.Records); len(keys) == 0 {
			break
		}
	}
	if b.Again, err = w.again(ctx, items); err != nil {
		return nil, nil, err
	}
	return b, scopes, w.loadConflicts(ctx, b)
}

// moveOn moves the heads behind positions that were taken beyond those reserved. The heads are locked since they were
// reserved, so the positions in between are this transaction's own.
func (w *writer) moveOn(ctx context.Context, reserved, taken []engine.ScopeNeed) error {
	for _, t := range taken {
		for _, r := range reserved {
			if r.Scope != t.Scope || t.N <= r.N {
				continue
			}
			if _, err := w.statement().MoveScope(ctx, w.tx, queries.MoveScopeParams{Org: w.org, Scope: t.Scope, N: int64(t.N - r.N)}); err != nil {
				return fmt.Errorf("push: scope: %w", err)
			}
		}
	}
	return nil
}

// erasures finds the people whom the batch erases and the positions that their records will need.
func (w *writer) erasures(ctx context.Context, items []wire.Item, scopes *[]engine.ScopeNeed) ([]lab.ID, error) {
	var subjects []lab.ID
	for i := range items {
		if e := &items[i].Entry; e.Op == journal.OpErase && !e.Subject.IsZero() && !slices.Contains(subjects, e.Subject) {
			subjects = append(subjects, e.Subject)
		}
	}
	for _, s := range subjects {
		rows, err := postgres.RecordsOfSubject(ctx, w.tx, w.org, s)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			i := slices.IndexFunc(*scopes, func(n engine.ScopeNeed) bool { return n.Scope == r.Home })
			if i < 0 {
				i = len(*scopes)
				*scopes = append(*scopes, engine.ScopeNeed{Scope: r.Home})
			}
			(*scopes)[i].N++
		}
	}
	slices.SortFunc(*scopes, func(a, b engine.ScopeNeed) int { return bytes.Compare(a.Scope[:], b.Scope[:]) })
	return subjects, nil
}

func recordKeys(keys []engine.Key) []postgres.RecordKey {
	out := make([]postgres.RecordKey, len(keys))
	for i, k := range keys {
		out[i] = postgres.RecordKey{Entity: k.Entity, ID: k.ID}
	}
	return out
}

func (w *writer) add(b *engine.Batch, rows []postgres.Record) error {
	for i := range rows {
		r, err := decodeRecord(w.Schema, &rows[i])
		if err != nil {
			return err
		}
		if b.Records[r.Key] == nil {
			b.Records[r.Key] = r
		}
	}
	return nil
}

func (w *writer) saveRecords(ctx context.Context, records []*engine.Record) error {
	rows := make([]postgres.Record, len(records))
	for i, r := range records {
		var err error
		if rows[i], err = encodeRecord(w.Schema, r); err != nil {
			return err
		}
	}
	return postgres.SaveRecords(ctx, w.tx, w.org, w.now, rows)
}

// forget drops what a node that has not heard of an erasure yet sent of the person: neither key nor fields are kept.
func (w *writer) forget(b *engine.Batch) {
	for k := range b.Records {
		if k.Entity == engine.EntityErasure {
			w.keys = maps.Clone(w.keys)
			delete(w.keys, k.ID)
		}
	}
}

func (w *writer) saveKeys(ctx context.Context) error {
	subjects := make([]lab.ID, 0, len(w.keys))
	for s := range w.keys {
		subjects = append(subjects, s)
	}
	slices.SortFunc(subjects, func(a, b lab.ID) int { return bytes.Compare(a[:], b[:]) })
	keys := make([][]byte, len(subjects))
	for i, s := range subjects {
		keys[i] = w.keys[s]
	}
	return postgres.SaveKeys(ctx, w.tx, w.org, subjects, keys)
}

// saveRest writes what is rare: quarantine, erasures, and the counts of the day.
func (w *writer) saveRest(ctx context.Context, result engine.Result) error {
	for _, q := range result.Quarantine {
		err := w.statement().InsertQuarantine(ctx, w.tx, queries.InsertQuarantineParams{
			Org: w.org, Device: w.device, Epoch: w.epoch, Seq: q.Seq, Error: q.Code, At: w.now,
		})
		if err != nil {
			return fmt.Errorf("push: quarantine: %w", err)
		}
	}
	for _, s := range result.Erased {
		err := w.statement().EraseJournal(ctx, w.tx, queries.EraseJournalParams{Org: w.org, Subject: s})
		if err == nil {
			err = w.statement().EraseConflicts(ctx, w.tx, queries.EraseConflictsParams{Org: w.org, Subject: s})
		}
		if err == nil {
			err = w.statement().DeleteSubjectKey(ctx, w.tx, queries.DeleteSubjectKeyParams{Org: w.org, Subject: s})
		}
		if err != nil {
			return fmt.Errorf("push: erase: %w", err)
		}
	}
	for _, d := range result.Days {
		err := w.statement().AddLabDay(ctx, w.tx, queries.AddLabDayParams{
			Org: w.org, Lab: d.Lab, Day: d.Day, Visits: d.Visits, Samples: d.Samples, Results: d.Results, Reports: d.Reports, Revenue: d.Revenue,
		})
		if err != nil {
			return fmt.Errorf("push: counts of the day: %w", err)
		}
	}
	return nil
}

func journalRows(items []wire.Item, result engine.Result) []postgres.JournalRow {
	rows := make([]postgres.JournalRow, len(items))
	for i := range items {
		e, o := &items[i].Entry, &result.Outcomes[i]
		rows[i] = postgres.JournalRow{
			Epoch: e.Epoch, Seq: e.Seq, TxID: e.TxID, Entity: e.Entity, Record: e.Record, Subject: e.Subject, Op: string(e.Op),
			HLC: int64(e.HLC), HLCEff: int64(o.HLC), WallMS: e.WallMS, ZoneMin: e.ZoneMin, Actor: e.Actor, Session: e.Session,
			OriginPos: e.OriginPos, Reason: e.Reason, Schema: e.Schema, Fields: items[i].RawFields, PHI: items[i].RawPHI,
			PHIDigest: e.PHIDigest, Digest: e.Digest, Hash: e.Hash, Outcome: int16(o.Code), Conflict: o.Conflict,
		}
		if items[i].Erased {
			rows[i].PHI = nil
		}
		if len(e.Base) > 0 {
			rows[i].Base = journal.AppendBase(nil, e.Base)
		}
	}
	return rows
}
