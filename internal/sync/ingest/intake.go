package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// intake does within one transaction what engine.Intake asks for.
type intake struct {
	*Ingest

	tx    pgx.Tx
	org   lab.ID
	push  *wire.Push
	size  int
	began time.Time
	dev   queries.Device
}

// run drives the machine to its end.
func (t *intake) run(ctx context.Context) (engine.Commit, error) {
	machine, effects := engine.Receive(t.push)
	for {
		var next engine.HubEvent
		for _, e := range effects {
			switch e := e.(type) {
			case engine.Commit:
				return e, t.audit(ctx, e)
			case engine.Refuse:
				return engine.Commit{}, e.Err
			}
			ev, err := t.do(ctx, e)
			if err != nil {
				return engine.Commit{}, err
			}
			if ev != nil {
				next = ev
			}
		}
		if next == nil {
			return engine.Commit{}, errors.New("push: the machine stands still")
		}
		machine, effects = machine.Step(next)
	}
}

// do does one effect; nil where it is not answered.
func (t *intake) do(ctx context.Context, effect engine.HubEffect) (engine.HubEvent, error) {
	switch e := effect.(type) {
	case engine.LockDevice:
		return t.lock(ctx, e.ID)
	case engine.ReadHash:
		hash, err := t.statement().JournalHash(ctx, t.tx, queries.JournalHashParams{Org: t.org, Device: t.dev.ID, Epoch: e.Epoch, Seq: e.Seq})
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return nil, fmt.Errorf("push: read the chain: %w", err)
		}
		return engine.HashRead{Hash: hash}, nil
	case engine.RecordFork:
		return nil, t.fork(ctx, e)
	case engine.MarkForked:
		return nil, t.mark(ctx)
	case engine.RecallOutcomes:
		return t.recall(ctx, e)
	case engine.StoreItems:
		w := writer{Ingest: t.Ingest, tx: t.tx, org: t.org, home: t.dev.Lab, device: t.dev.ID, epoch: e.Epoch, keys: t.push.Keys, forks: e.Forks, now: t.Clock()}
		result, err := w.store(ctx, e.Items)
		if err == nil {
			err = t.tell(ctx, result)
		}
		return engine.Stored{Result: result}, err
	case engine.Advance:
		err := t.statement().AdvanceDevice(ctx, t.tx, queries.AdvanceDeviceParams{
			Org: t.org, ID: t.dev.ID, Epoch: e.Epoch, LastSeq: e.Seq, LastHash: e.Hash, Schema: int32(t.push.Schema),
		})
		if err != nil {
			return nil, fmt.Errorf("push: advance the device: %w", err)
		}
		return nil, nil //nolint:nilnil // it is not answered
	case engine.ReadHeads:
		heads, err := t.heads(ctx, t.tx, t.org, t.dev.Lab)
		return engine.HeadsRead{Heads: heads}, err
	}
	return nil, fmt.Errorf("push: %T is not known", effect)
}

// tell lets the hub queue what follows from the batch.
func (t *intake) tell(ctx context.Context, result engine.Result) error {
	if t.Noted == nil {
		return nil
	}
	n := News{Org: t.org, Lab: t.dev.Lab, Erased: result.Erased}
	for _, r := range result.Records {
		n.Records = append(n.Records, r.Key)
	}
	return t.Noted(ctx, t.tx, n)
}

// lock reads the device and proves that the batch is its own.
func (t *intake) lock(ctx context.Context, id lab.ID) (engine.HubEvent, error) {
	dev, err := t.statement().LockDevice(ctx, t.tx, queries.LockDeviceParams{Org: t.org, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return engine.DeviceLocked{Refused: lab.NotFound("device_unknown", "The hub does not know this node.")}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("push: device: %w", err)
	}
	t.dev = dev
	if err = Active(dev.Status); err == nil {
		err = t.push.Verify(dev.Pubkey)
	}
	forks, forkErr := t.forks(ctx)
	if forkErr != nil {
		return nil, forkErr
	}
	var refused *lab.Error
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	return engine.DeviceLocked{Refused: refused, Device: engine.Device{
		ID: dev.ID, Org: dev.Org, Lab: dev.Lab, Status: dev.Status, Epoch: dev.Epoch, LastSeq: dev.LastSeq, LastHash: dev.LastHash, Forks: forks,
	}}, nil
}

// forks gives where the device's epochs ended; most devices have one epoch in their life.
func (t *intake) forks(ctx context.Context) ([]engine.ForkMark, error) {
	if t.dev.Epoch == 1 {
		return nil, nil
	}
	rows, err := t.statement().ForksOf(ctx, t.tx, queries.ForksOfParams{Org: t.org, Device: t.dev.ID})
	if err != nil {
		return nil, fmt.Errorf("push: forks: %w", err)
	}
	out := make([]engine.ForkMark, len(rows))
	for i, r := range rows {
		out[i] = engine.ForkMark{Epoch: r.NewEpoch, Parent: r.OldEpoch, Common: r.CommonSeq}
	}
	return out, nil
}

func (t *intake) fork(ctx context.Context, e engine.RecordFork) error {
	err := t.statement().InsertFork(ctx, t.tx, queries.InsertForkParams{
		Org: t.org, Device: t.dev.ID, OldEpoch: e.OldEpoch, NewEpoch: e.NewEpoch, CommonSeq: e.Common, Why: e.Why, At: t.Clock(),
	})
	if err != nil {
		return fmt.Errorf("push: record the fork: %w", err)
	}
	return nil
}

func (t *intake) mark(ctx context.Context) error {
	if _, err := t.statement().SetDeviceStatus(ctx, t.tx, queries.SetDeviceStatusParams{Org: t.org, ID: t.dev.ID, Status: "forked"}); err != nil {
		return fmt.Errorf("push: mark the fork: %w", err)
	}
	t.Logger.WarnContext(ctx, "a node presented a chain that differs from the hub's", "device", t.dev.ID.String(), "seq", t.push.FirstSeq)
	return nil
}

func (t *intake) recall(ctx context.Context, e engine.RecallOutcomes) (engine.HubEvent, error) {
	rows, err := t.statement().JournalOutcomes(ctx, t.tx, queries.JournalOutcomesParams{
		Org: t.org, Device: t.dev.ID, Epoch: e.Epoch, FirstSeq: e.First, LastSeq: e.Last,
	})
	if err != nil {
		return nil, fmt.Errorf("push: read outcomes: %w", err)
	}
	var out []wire.EntryOutcome
	for _, r := range rows {
		o := wire.EntryOutcome{Seq: r.Seq, Outcome: wire.Outcome(r.Outcome)}
		if !r.Conflict.IsZero() {
			o.Conflict = r.Conflict.Bytes()
		}
		out = append(out, o)
	}
	return engine.OutcomesRead{Outcomes: out}, nil
}

// audit keeps a line of every batch that left a trace, with the node's signature over it.
func (t *intake) audit(ctx context.Context, end engine.Commit) error {
	p := t.push
	line := queries.InsertAuditParams{
		Org: t.org, At: t.Clock(), Device: t.dev.ID, Kind: "push", Epoch: p.Epoch, FirstSeq: p.FirstSeq, LastSeq: p.LastSeq(),
		Bytes: int32(t.size), Code: "ok", Head: p.LastHash, Signature: p.Sig,
	}
	switch {
	case end.Refused != nil:
		line.Code = end.Refused.Code
	case end.Fresh == 0:
		line.Code = "repeat"
	}
	if end.Refused == nil {
		line.Changes, line.Micros = int32(end.Fresh), t.Clock().Sub(t.began).Microseconds()
	}
	if err := t.statement().InsertAudit(ctx, t.tx, line); err != nil {
		return fmt.Errorf("push: audit: %w", err)
	}
	if end.Refused != nil {
		return nil
	}
	err := t.statement().DevicePushed(ctx, t.tx, queries.DevicePushedParams{Org: t.org, Device: t.dev.ID, LastSeen: t.Clock(), Pending: p.Pending})
	if err != nil {
		return fmt.Errorf("push: device state: %w", err)
	}
	return nil
}
