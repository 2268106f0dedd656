package agent

import (
	"context"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/wire"
)

// Batches begin small and grow while the hub answers within two seconds.
const (
	firstBatch = 500
	leastBatch = 200
	growBatch  = 300
	slowAnswer = 2 * time.Second
)

// pushAll sends what waits, batch by batch, until the hub has all of it.
func (a *Agent) pushAll(ctx context.Context, m *membership, token string) error {
	for again := true; ; {
		p, err := a.nextBatch(ctx, *m)
		if err != nil || p == nil {
			return err
		}
		reply, err := a.push(ctx, *m, token, p)
		if h, ok := asHub(err); ok && h.fault.Code == "sync_gap" && h.expected > 0 && h.expected <= p.FirstSeq && again {
			m.acked, again = h.expected-1, false // the hub knows better where it stands
			continue
		}
		if err != nil {
			return err
		}
		again = true
		m.acked = reply.LastSeq
		if wait := time.Duration(reply.Limits.MinInterval) * time.Millisecond; wait > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(min(wait, time.Minute)):
			}
		}
	}
}

// nextBatch reads the entries behind the last acknowledged one, as many whole Updates as fit; nil when nothing waits.
func (a *Agent) nextBatch(ctx context.Context, m membership) (*wire.Push, error) {
	a.mu.Lock()
	size := a.link.size
	a.mu.Unlock()
	var p *wire.Push
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		entries, err := wholeUpdates(ctx, tx, m.acked+1, size)
		if err != nil || len(entries) == 0 {
			return err
		}
		entries = entries[:wire.Cut(entries, size, wire.MaxBytes)]
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
		var subjects []lab.ID
		seen := map[lab.ID]bool{}
		for i, e := range entries {
			p.Items[i] = wire.Item{Entry: e, Erased: len(e.PHIDigest) > 0 && len(e.PHI) == 0}
			if len(e.PHI) > 0 && e.Op != journal.OpApplied && !seen[e.Subject] {
				seen[e.Subject] = true
				subjects = append(subjects, e.Subject)
			}
		}
		p.Keys, err = tx.SubjectKeys(ctx, subjects)
		return err
	})
	if p != nil {
		p.Sign(a.o.Key)
	}
	return p, err
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

// push sends one batch and notes the answer.
func (a *Agent) push(ctx context.Context, m membership, token string, p *wire.Push) (wire.PushReply, error) {
	var reply wire.PushReply
	body, err := a.codec.EncodePush(p)
	if err != nil {
		return reply, err
	}
	began := a.o.Clock()
	_, err = a.packed(ctx, m.hub, "/api/v1/sync/push", token, body, &reply)
	took := a.o.Clock().Sub(began)
	a.adapt(err == nil && took < slowAnswer)
	line := auditLine{kind: kindPush, dir: dirUp, batch: batchName(p.Epoch, p.FirstSeq), count: len(p.Items), bytes: len(body), took: took, err: err}
	if err != nil {
		return reply, a.note(ctx, line, err)
	}
	return reply, a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
		if err := tx.SetState(keyAcked, reply.LastSeq); err != nil {
			return err
		}
		for _, o := range reply.Outcomes {
			_, err := tx.ExecContext(ctx, `INSERT INTO sync_outcome (epoch, seq, code, conflict_id) VALUES (?, ?, ?, ?)
ON CONFLICT (epoch, seq) DO UPDATE SET code = excluded.code, conflict_id = excluded.conflict_id`, p.Epoch, o.Seq, o.Outcome.String(), noBytes(o.Conflict))
			if err != nil {
				return err
			}
		}
		return a.audit(ctx, tx, line)
	})
}

func noBytes(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// adapt sizes the next batch: up by a step while it goes well, down by half when it does not.
func (a *Agent) adapt(well bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if well {
		a.link.size = min(a.link.size+growBatch, wire.MaxChanges)
		return
	}
	a.link.size = max(a.link.size/2, leastBatch)
}
