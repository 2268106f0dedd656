package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// errMoved tells that somebody wrote between reading the journal and beginning the epoch; it is read again.
var errMoved = errors.New("the journal moved on")

// startEpoch begins an epoch and issues again what the hub never took, all in one Update: a crash leaves the old epoch
// as it was.
func (a *Agent) startEpoch(ctx context.Context, e engine.StartEpoch) (engine.NodeEvent, error) {
	for {
		ev, err := a.tryEpoch(ctx, e)
		if !errors.Is(err, errMoved) {
			return ev, err
		}
	}
}

func (a *Agent) tryEpoch(ctx context.Context, e engine.StartEpoch) (engine.NodeEvent, error) {
	var tail []journal.Entry
	var marks []engine.EpochMark
	var head sqlite.Head
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		var err error
		if head, err = tx.Head(ctx); err != nil {
			return err
		}
		if marks, err = readMarks(ctx, tx); err != nil {
			return err
		}
		tail, err = tx.Entries(ctx, e.Common+1, int(max(head.Seq-e.Common, 0)))
		return err
	})
	if err != nil {
		return nil, err
	}
	var ev engine.Started
	err = a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
		if tx.Head().Seq != head.Seq {
			return errMoved
		}
		begun := sqlite.Epoch{Number: e.Number, Common: e.Common, HubHash: e.HubHash, HubClock: e.HubClock, Why: string(e.Why)}
		if err := tx.BeginEpoch(begun); err != nil {
			return err
		}
		ev.Mark = engine.EpochMark{Number: e.Number, First: head.Seq + 1, Common: e.Common}
		if err := a.reissue(tx, tail, marks); err != nil {
			return err
		}
		if err := a.renumber(tx, e.NodeCode); err != nil {
			return err
		}
		now := tx.Head()
		ev.Head = engine.Head{Epoch: now.Epoch, Seq: now.Seq, HLC: now.HLC}
		text, err := json.Marshal(marksText(append(marks, ev.Mark)))
		if err != nil {
			return fmt.Errorf("begin epoch: %w", err)
		}
		return errors.Join(tx.SetState(keyMarks, string(text)), tx.SetState(keyAcked, head.Seq), tx.SetState(keyConfirm, nil))
	})
	return ev, err
}

// reissue writes the tail again as entries of the new epoch. What a pull installed comes again by itself, and what an
// earlier epoch issued again already stands further back.
func (a *Agent) reissue(tx *sqlite.Tx, tail []journal.Entry, marks []engine.EpochMark) error {
	for i := range tail {
		e := &tail[i]
		if engine.Superseded(marks, e.Seq) {
			continue
		}
		switch {
		case e.Op == journal.OpErase:
			if err := a.erase(tx, e.Subject); err != nil {
				return err
			}
		case e.Op == journal.OpApplied, e.Op == journal.OpEpoch, e.Entity == 0:
		default:
			origin, err := wire.Origin(a.o.DB.Device().Bytes(), e.Epoch, e.Seq)
			if err != nil {
				return err
			}
			if err := tx.Reissue(*e, origin); err != nil {
				return err
			}
		}
	}
	return nil
}

// renumber gives the node its new code: numbers that exist stay, new ones begin with it.
func (a *Agent) renumber(tx *sqlite.Tx, code string) error {
	if code == "" {
		return nil
	}
	if err := tx.SetState(keyCode, code); err != nil {
		return err
	}
	if a.o.Renumber == nil {
		return nil
	}
	return a.o.Renumber(tx, code)
}

// erase forgets a person here. What only the node knows of (files, prints, raw bytes) is the edge's to remove.
func (a *Agent) erase(tx *sqlite.Tx, subject lab.ID) error {
	if a.o.Erase != nil {
		return a.o.Erase(tx, subject)
	}
	return tx.Erase(subject, "")
}

// readMarks reads where the epochs of this journal began.
func readMarks(ctx context.Context, tx *sqlite.ReadTx) ([]engine.EpochMark, error) {
	var text string
	found, err := tx.State(ctx, keyMarks, &text)
	if err != nil || !found {
		return nil, err
	}
	var kept []markText
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return nil, fmt.Errorf("read epochs: %w", err)
	}
	marks := make([]engine.EpochMark, len(kept))
	for i, m := range kept {
		marks[i] = engine.EpochMark(m)
	}
	return marks, nil
}

// markText is engine.EpochMark as it is kept.
type markText struct {
	Number int64 `json:"number"`
	First  int64 `json:"first"`
	Common int64 `json:"common"`
}

func marksText(marks []engine.EpochMark) []markText {
	out := make([]markText, len(marks))
	for i, m := range marks {
		out[i] = markText(m)
	}
	return out
}

// Confirm says that this copy of the node goes on: the administrator at the lab chose it, or it was restored on purpose.
// The next handshake begins a new epoch, and any other copy has to join as a new node.
func (a *Agent) Confirm(ctx context.Context, actor lab.Actor, why engine.Cause) error {
	err := a.o.DB.Update(ctx, actor, "sync_confirm", func(tx *sqlite.Tx) error { return tx.SetState(keyConfirm, string(why)) })
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.link.hello = a.link.hello.AddDate(-1, 0, 0) // the handshake is due
	a.mu.Unlock()
	a.SyncNow()
	return nil
}
