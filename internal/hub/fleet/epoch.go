package fleet

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/wire"
)

// Compare tells a node which of its entries the hub has, so that both find the last one that they have in common.
func (f *Fleet) Compare(ctx context.Context, d Device, r wire.CompareRequest) (wire.CompareReply, error) {
	reply := wire.CompareReply{Equal: make([]bool, len(r.Entries))}
	dev, err := f.statement().DeviceByID(ctx, f.DB.Pool(), queries.DeviceByIDParams{Org: d.Org, ID: d.ID})
	if err != nil {
		return reply, fmt.Errorf("compare: %w", err)
	}
	seqs := make([]int64, len(r.Entries))
	for i, e := range r.Entries {
		seqs[i] = e.Seq
	}
	rows, err := f.statement().JournalHashes(ctx, f.DB.Pool(), queries.JournalHashesParams{Org: d.Org, Device: d.ID, Epochs: dev.Epoch, Seqs: seqs})
	if err != nil {
		return reply, fmt.Errorf("compare: %w", err)
	}
	for i, e := range r.Entries {
		for _, row := range rows {
			if row.Seq == e.Seq && bytes.Equal(row.Hash, e.Hash) {
				reply.Equal[i] = true
			}
		}
	}
	return reply, nil
}

// GrantEpoch gives a node leave to begin an epoch, and a code of its own for the numbers in it: the series that was cut
// off is gone on with by nobody. A node that asks again before it has begun keeps the code that it was given. Nothing is
// lost when it never begins.
func (f *Fleet) GrantEpoch(ctx context.Context, d Device, r wire.EpochRequest) (wire.EpochReply, error) {
	var reply wire.EpochReply
	err := f.DB.Update(ctx, func(tx pgx.Tx) error {
		q := f.statement()
		dev, err := q.LockDevice(ctx, tx, queries.LockDeviceParams{Org: d.Org, ID: d.ID})
		if err != nil {
			return fmt.Errorf("grant an epoch: %w", err)
		}
		reply = wire.EpochReply{Epoch: dev.Epoch + 1, NodeCode: dev.Code, Clock: journal.MakeHLC(f.Clock().UnixMilli(), 0)}
		given, err := q.CodeGrantedFor(ctx, tx, queries.CodeGrantedForParams{Org: d.Org, Device: d.ID})
		if err != nil || given {
			return err
		}
		reply.NodeCode, err = f.newCode(ctx, tx, d.Org, d.ID)
		return err
	})
	if err != nil {
		return wire.EpochReply{}, fmt.Errorf("grant an epoch: %w", err)
	}
	f.Logger.WarnContext(ctx, "a node begins a new epoch", "device", d.ID.String(), "why", r.Why, "epoch", reply.Epoch, "common", r.Common)
	return reply, nil
}

// newCode retires the node's code and gives it one that nobody in the organisation has or had.
func (f *Fleet) newCode(ctx context.Context, tx pgx.Tx, org, device lab.ID) (string, error) {
	q := f.statement()
	if err := q.RetireCode(ctx, tx, queries.RetireCodeParams{Org: org, ID: device, At: f.Clock()}); err != nil {
		return "", err
	}
	taken, err := q.DeviceCodes(ctx, tx, org)
	if err != nil {
		return "", err
	}
	retired, err := q.RetiredCodes(ctx, tx, org)
	if err != nil {
		return "", err
	}
	code, err := freeCode("", append(taken, retired...))
	if err != nil {
		return "", err
	}
	return code, q.SetDeviceCode(ctx, tx, queries.SetDeviceCodeParams{Org: org, ID: device, Code: code})
}

// RaiseEpoch begins another life of this hub. It is to be called after every recovery that may have lost commits, before
// the hub serves again: no version and no position of the life before is ever given again, and every node sends again
// what the hub lost.
func (f *Fleet) RaiseEpoch(ctx context.Context) (int64, error) {
	var epoch int64
	err := f.DB.Update(ctx, func(tx pgx.Tx) error {
		var err error
		if epoch, err = f.statement().RaiseHubEpoch(ctx, tx); err != nil {
			return err
		}
		return f.statement().RaiseScopeEpochs(ctx, tx)
	})
	if err != nil {
		return 0, fmt.Errorf("raise the hub's epoch: %w", err)
	}
	return epoch, nil
}
