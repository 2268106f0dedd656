package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// Perform does an effect that needs nothing but the node's database. The simulation calls it as well, so that what is
// proven there is what runs in a lab.
func (a *Agent) Perform(ctx context.Context, effect engine.NodeEffect) (engine.NodeEvent, error) {
	switch e := effect.(type) {
	case engine.LookUp:
		return a.lookUp(ctx, e.Seq)
	case engine.KeepHello:
		return engine.HelloKept{}, a.keepHello(ctx, e)
	case engine.ReadBatch:
		p, err := a.nextBatch(ctx, e)
		return engine.BatchRead{Batch: p}, err
	case engine.KeepAck:
		return engine.AckKept{}, a.keepAck(ctx, e)
	case engine.InstallPage:
		return a.install(ctx, &e.Page, e.Since)
	case engine.StartEpoch:
		return a.startEpoch(ctx, e)
	}
	return nil, fmt.Errorf("sync: %T is not known", effect)
}

func (a *Agent) lookUp(ctx context.Context, seq int64) (engine.NodeEvent, error) {
	var ev engine.LookedUp
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		e, found, err := tx.Entry(ctx, seq)
		ev.Found, ev.Hash = found, e.Hash
		return err
	})
	return ev, err
}

func (a *Agent) keepHello(ctx context.Context, e engine.KeepHello) error {
	return a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
		if e.Reset {
			if _, err := tx.ExecContext(ctx, "DELETE FROM sync_cursor"); err != nil {
				return fmt.Errorf("reset the cursors: %w", err)
			}
		}
		for _, s := range []struct {
			key   string
			value any
		}{{keyHubEpoch, e.HubEpoch}, {keyAcked, e.Acked}, {keyOrgName, e.Reply.OrgName}, {keyLabName, e.Reply.LabName}} {
			if err := tx.SetState(s.key, s.value); err != nil {
				return err
			}
		}
		return nil
	})
}

// nextBatch reads as many whole Updates as fit; nil when nothing waits.
func (a *Agent) nextBatch(ctx context.Context, read engine.ReadBatch) (*wire.Push, error) {
	var p *wire.Push
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		entries, err := wholeUpdates(ctx, tx, read.From, read.Size)
		if err != nil || len(entries) == 0 {
			return err
		}
		if last := read.To - read.From + 1; read.To > 0 && last < int64(len(entries)) {
			entries = entries[:last]
		}
		entries = entries[:wire.Cut(entries, read.Size, wire.MaxBytes)]
		head, err := tx.Head(ctx)
		if err != nil {
			return err
		}
		p = &wire.Push{
			Device: a.o.DB.Device(), Epoch: entries[0].Epoch, FirstSeq: entries[0].Seq, Schema: a.o.DB.Registry().Schema,
			HLCNow: head.HLC, Items: make([]wire.Item, len(entries)), PrevHash: journal.Genesis(a.o.DB.Device()),
			Pending: head.Seq - entries[len(entries)-1].Seq,
		}
		if p.FirstSeq > 1 {
			before, _, err := tx.Entry(ctx, p.FirstSeq-1)
			if err != nil {
				return err
			}
			p.PrevHash = before.Hash
		}
		p.Keys, err = fill(ctx, tx, p, entries)
		return err
	})
	if p != nil {
		p.Sign(a.o.Key)
	}
	return p, err
}

// fill puts the entries into the batch and gives the keys of the people in them.
func fill(ctx context.Context, tx *sqlite.ReadTx, p *wire.Push, entries []journal.Entry) (map[lab.ID][]byte, error) {
	var subjects []lab.ID
	seen := map[lab.ID]bool{}
	for i, e := range entries {
		p.Items[i] = wire.Item{Entry: e, Erased: len(e.PHIDigest) > 0 && len(e.PHI) == 0}
		if len(e.PHI) > 0 && e.Op != journal.OpApplied && !seen[e.Subject] {
			seen[e.Subject] = true
			subjects = append(subjects, e.Subject)
		}
	}
	return tx.SubjectKeys(ctx, subjects)
}

// wholeUpdates reads at least size entries, if there are so many, and none of an Update without the rest of it.
func wholeUpdates(ctx context.Context, tx *sqlite.ReadTx, from int64, size int) ([]journal.Entry, error) {
	for limit := size + 1; ; limit *= 2 {
		entries, err := tx.Entries(ctx, from, limit)
		if err != nil || len(entries) < limit {
			return entries, err
		}
		end := len(entries)
		for end > 0 && entries[end-1].TxID == entries[limit-1].TxID {
			end--
		}
		if end > 0 {
			return entries[:end], nil
		}
	}
}

// keepAck notes how far the hub has come, and waits for as long as it asks.
func (a *Agent) keepAck(ctx context.Context, e engine.KeepAck) error {
	a.mu.Lock()
	line := a.link.sent
	a.mu.Unlock()
	err := a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
		if err := tx.SetState(keyAcked, e.Reply.LastSeq); err != nil {
			return err
		}
		for _, o := range e.Reply.Outcomes {
			_, err := tx.ExecContext(ctx, `INSERT INTO sync_outcome (epoch, seq, code, conflict_id) VALUES (?, ?, ?, ?)
ON CONFLICT (epoch, seq) DO UPDATE SET code = excluded.code, conflict_id = excluded.conflict_id`, e.Epoch, o.Seq, o.Outcome.String(), noBytes(o.Conflict))
			if err != nil {
				return fmt.Errorf("keep an outcome: %w", err)
			}
		}
		return a.audit(ctx, tx, line)
	})
	if wait := time.Duration(e.Reply.Limits.MinInterval) * time.Millisecond; err == nil && wait > 0 {
		timer := time.NewTimer(min(wait, time.Minute))
		defer timer.Stop()
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-timer.C:
		}
	}
	return err
}

func noBytes(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// rowsOf reads every row of a query.
func rowsOf(ctx context.Context, tx querier, scan func(into func(...any) error) error, query string, args ...any) (err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
