// Package ingest is the hub's end of sync: it takes batches of entries, exactly once each, lets sync/engine decide what
// they do to the records, and hands out pages of what moved. It holds no state: any number of hubs may run it against
// one database, and a node may speak to another one with every request.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// Ingest takes and gives records. All fields must be set.
type Ingest struct {
	DB     *postgres.DB
	Schema *engine.Schema
	Clock  func() time.Time
	Logger *slog.Logger
}

// statement is short for the compiled statements.
func (in *Ingest) statement() *queries.Queries { return in.DB.Queries() }

// limits is what this hub asks of nodes.
func limits() wire.Limits {
	return wire.Limits{MaxChanges: wire.MaxChanges, MaxBytes: wire.MaxBytes}
}

// refusal makes an error that tells the node where the hub stands.
func refusal(kind lab.Kind, code, message string, expected int64, lastHash []byte) *lab.Error {
	return &lab.Error{Kind: kind, Code: code, Message: message, Detail: map[string]any{"expected_seq": expected, "last_hash": lastHash}}
}

// Push takes one batch in one transaction: all of it, or nothing. What was taken before is not taken again; its outcomes
// are read back, so a lost answer costs nothing but the time to send again. Size is the body's length, for the audit.
func (in *Ingest) Push(ctx context.Context, org lab.ID, p *wire.Push, size int) (wire.PushReply, error) {
	var reply wire.PushReply
	var forked *lab.Error
	began := in.Clock()
	err := in.DB.Update(ctx, func(tx pgx.Tx) error {
		dev, err := in.statement().LockDevice(ctx, tx, queries.LockDeviceParams{Org: org, ID: p.Device})
		if errors.Is(err, pgx.ErrNoRows) {
			return lab.NotFound("device_unknown", "The hub does not know this node.")
		}
		if err != nil {
			return fmt.Errorf("push: device: %w", err)
		}
		if err := Active(dev.Status); err != nil {
			return err
		}
		if err := p.Verify(dev.Pubkey); err != nil {
			return err
		}
		fresh, fork, err := in.admit(ctx, tx, &dev, p)
		if forked = fork; fork != nil {
			return in.markForked(ctx, tx, &dev, p, size)
		}
		if err != nil {
			return err
		}
		reply, err = in.take(ctx, tx, &dev, p, fresh)
		if err != nil {
			return err
		}
		return in.audit(ctx, tx, &dev, p, len(fresh), size, in.Clock().Sub(began))
	})
	if err == nil && forked != nil {
		return wire.PushReply{}, forked
	}
	return reply, err
}

// Active tells in words why a device that is not active may not sync. The lab itself goes on working.
func Active(status string) error {
	switch status {
	case "active", "stale":
		return nil
	case "forked":
		return lab.Forbidden("device_forked", "Two copies of this node exist. An administrator at the hub must choose one.")
	case "revoked":
		return lab.Forbidden("device_revoked", "This node was removed at the hub. The lab goes on working; nothing is sent.")
	}
	return lab.Forbidden("device_"+status, "This node may not sync at the moment. Ask the administrator at the hub.")
}

// admit holds a batch against the chain that the hub has of this device, and gives the entries that are new.
func (in *Ingest) admit(ctx context.Context, tx pgx.Tx, dev *queries.Device, p *wire.Push) (fresh []wire.Item, fork *lab.Error, err error) {
	forked := refusal(lab.KindConflict, "device_forked", "The hub has other entries of this node under the same numbers.", dev.LastSeq+1, dev.LastHash)
	switch {
	case p.Epoch == dev.Epoch+1 && p.Items[0].Entry.Op == journal.OpEpoch:
		return p.Items, nil, in.newEpoch(ctx, tx, dev, p)
	case p.Epoch != dev.Epoch:
		return nil, nil, refusal(lab.KindConflict, "sync_epoch", "The hub is at another epoch of this node.", dev.LastSeq+1, dev.LastHash)
	case p.FirstSeq > dev.LastSeq+1:
		return nil, nil, refusal(lab.KindConflict, "sync_gap", "Entries are missing before this batch.", dev.LastSeq+1, dev.LastHash)
	case p.FirstSeq == dev.LastSeq+1:
		if string(p.PrevHash) != string(dev.LastHash) {
			return nil, forked, nil
		}
		return p.Items, nil, nil
	}
	common := min(dev.LastSeq, p.LastSeq())
	have := dev.LastHash
	if common < dev.LastSeq {
		have, err = in.statement().JournalHash(ctx, tx, queries.JournalHashParams{Org: dev.Org, Device: dev.ID, Seq: common})
		if err != nil {
			return nil, nil, fmt.Errorf("push: read the chain: %w", err)
		}
	}
	if string(p.Items[common-p.FirstSeq].Entry.Hash) != string(have) {
		return nil, forked, nil
	}
	return p.Items[common-p.FirstSeq+1:], nil, nil
}

// newEpoch takes the first entry of an epoch: its previous hash stands as stated, and the fork is recorded.
func (in *Ingest) newEpoch(ctx context.Context, tx pgx.Tx, dev *queries.Device, p *wire.Push) error {
	fields := p.Items[0].Entry.Fields
	common, _ := fields[journal.EpochCommon].(int64)
	why, _ := fields[journal.EpochWhy].(string)
	err := in.statement().InsertFork(ctx, tx, queries.InsertForkParams{
		Org: dev.Org, Device: dev.ID, OldEpoch: dev.Epoch, NewEpoch: p.Epoch, CommonSeq: common, Why: why, At: in.Clock(),
	})
	if err != nil {
		return fmt.Errorf("push: record the fork: %w", err)
	}
	dev.Epoch, dev.LastSeq, dev.LastHash = p.Epoch, p.FirstSeq-1, p.PrevHash
	return nil
}

func (in *Ingest) markForked(ctx context.Context, tx pgx.Tx, dev *queries.Device, p *wire.Push, size int) error {
	if _, err := in.statement().SetDeviceStatus(ctx, tx, queries.SetDeviceStatusParams{Org: dev.Org, ID: dev.ID, Status: "forked"}); err != nil {
		return fmt.Errorf("push: mark the fork: %w", err)
	}
	in.Logger.WarnContext(ctx, "a node presented a chain that differs from the hub's", "device", dev.ID.String(), "seq", p.FirstSeq)
	return in.statement().InsertAudit(ctx, tx, queries.InsertAuditParams{
		Org: dev.Org, At: in.Clock(), Device: dev.ID, Kind: "push", Epoch: p.Epoch, FirstSeq: p.FirstSeq, LastSeq: p.LastSeq(),
		Bytes: int32(size), Code: "device_forked", Head: p.LastHash, Signature: p.Sig,
	})
}

// take stores the new entries and answers for all of the batch.
func (in *Ingest) take(ctx context.Context, tx pgx.Tx, dev *queries.Device, p *wire.Push, fresh []wire.Item) (wire.PushReply, error) {
	reply := wire.PushReply{Limits: limits()}
	old := int64(len(p.Items) - len(fresh))
	if old > 0 {
		if err := in.readOutcomes(ctx, tx, dev, p.FirstSeq, p.FirstSeq+old-1, &reply); err != nil {
			return reply, err
		}
	}
	if len(fresh) > 0 {
		w := writer{Ingest: in, tx: tx, org: dev.Org, home: dev.Lab, device: dev.ID, epoch: dev.Epoch, keys: p.Keys, now: in.Clock()}
		result, err := w.store(ctx, fresh)
		if err != nil {
			return reply, err
		}
		for i, o := range result.Outcomes {
			if o.Code != wire.Applied || !o.Conflict.IsZero() {
				reply.Outcomes = append(reply.Outcomes, entryOutcome(fresh[i].Entry.Seq, o.Code, o.Conflict))
			}
		}
		last := &fresh[len(fresh)-1].Entry
		dev.LastSeq, dev.LastHash = last.Seq, last.Hash
		err = in.statement().AdvanceDevice(ctx, tx, queries.AdvanceDeviceParams{
			Org: dev.Org, ID: dev.ID, Epoch: dev.Epoch, LastSeq: last.Seq, LastHash: last.Hash, Schema: int32(p.Schema),
		})
		if err != nil {
			return reply, fmt.Errorf("push: advance the device: %w", err)
		}
	}
	reply.LastSeq, reply.LastHash = dev.LastSeq, dev.LastHash
	var err error
	reply.Heads, err = in.heads(ctx, tx, dev.Org, dev.Lab)
	if len(reply.Heads) > 0 {
		reply.HubEpoch = reply.Heads[0].HubEpoch
	}
	return reply, err
}

func entryOutcome(seq int64, code wire.Outcome, conflict lab.ID) wire.EntryOutcome {
	o := wire.EntryOutcome{Seq: seq, Outcome: code}
	if !conflict.IsZero() {
		o.Conflict = conflict.Bytes()
	}
	return o
}

func (in *Ingest) readOutcomes(ctx context.Context, tx pgx.Tx, dev *queries.Device, first, last int64, reply *wire.PushReply) error {
	rows, err := in.statement().JournalOutcomes(ctx, tx, queries.JournalOutcomesParams{
		Org: dev.Org, Device: dev.ID, Epoch: dev.Epoch, FirstSeq: first, LastSeq: last,
	})
	if err != nil {
		return fmt.Errorf("push: read outcomes: %w", err)
	}
	for _, r := range rows {
		reply.Outcomes = append(reply.Outcomes, entryOutcome(r.Seq, wire.Outcome(r.Outcome), r.Conflict))
	}
	return nil
}

// heads gives how far the scopes of a lab have come.
func (in *Ingest) heads(ctx context.Context, tx queries.DBTX, org, home lab.ID) ([]wire.Head, error) {
	rows, err := in.statement().ScopeHeads(ctx, tx, queries.ScopeHeadsParams{Org: org, Scopes: []lab.ID{org, home}})
	if err != nil {
		return nil, fmt.Errorf("read scope heads: %w", err)
	}
	out := make([]wire.Head, 0, len(rows))
	for _, r := range rows {
		out = append(out, wire.Head{Scope: r.Scope.Bytes(), Pos: r.Pos, HubEpoch: r.HubEpoch})
	}
	return out, nil
}

// Heads gives how far the scopes of a lab have come, for hints and the handshake.
func (in *Ingest) Heads(ctx context.Context, org, home lab.ID) ([]wire.Head, error) {
	return in.heads(ctx, in.DB.Pool(), org, home)
}

func (in *Ingest) audit(ctx context.Context, tx pgx.Tx, dev *queries.Device, p *wire.Push, fresh, size int, took time.Duration) error {
	code := "ok"
	if fresh == 0 {
		code = "repeat"
	}
	err := in.statement().InsertAudit(ctx, tx, queries.InsertAuditParams{
		Org: dev.Org, At: in.Clock(), Device: dev.ID, Kind: "push", Epoch: p.Epoch, FirstSeq: p.FirstSeq, LastSeq: p.LastSeq(),
		Changes: int32(fresh), Bytes: int32(size), Micros: took.Microseconds(), Code: code, Head: p.LastHash, Signature: p.Sig,
	})
	if err != nil {
		return fmt.Errorf("push: audit: %w", err)
	}
	err = in.statement().DevicePushed(ctx, tx, queries.DevicePushedParams{Org: dev.Org, Device: dev.ID, LastSeen: in.Clock(), Pending: p.Pending})
	if err != nil {
		return fmt.Errorf("push: device state: %w", err)
	}
	return nil
}
