package fleet

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/wire"
)

// NewRebuildCode makes a code by which an empty machine becomes a node that was lost, and revokes that node in the same
// transaction: whoever holds the lost disk is refused with its next request. Taking the node back (SetStatus) voids the
// code. By is who asked.
func (f *Fleet) NewRebuildCode(ctx context.Context, org, device lab.ID, by string) (Code, error) {
	secret, err := random(32)
	if err != nil {
		return Code{}, err
	}
	code := codeFrom(secret, nil)
	now := f.Clock()
	err = f.DB.Update(ctx, func(tx pgx.Tx) error {
		q := f.statement()
		dev, err := q.LockDevice(ctx, tx, queries.LockDeviceParams{Org: org, ID: device})
		if errors.Is(err, pgx.ErrNoRows) || err == nil && dev.Kind != "node" {
			return lab.NotFound("device_unknown", "There is no such node.")
		}
		if err != nil {
			return fmt.Errorf("rebuild code: %w", err)
		}
		if err := q.DropRebuildCodes(ctx, tx, queries.DropRebuildCodesParams{Org: org, Device: device}); err != nil {
			return fmt.Errorf("rebuild code: %w", err)
		}
		err = q.InsertRebuildCode(ctx, tx, queries.InsertRebuildCodeParams{
			Selector: code[:selectorSize], Org: org, Lab: dev.Lab, Hash: codeHash(code), CreatedAt: now, CreatedBy: by, ExpiresAt: now.Add(codeLife), Rebuilds: device,
		})
		if err != nil {
			return err
		}
		if _, err := q.SetDeviceStatus(ctx, tx, queries.SetDeviceStatusParams{Org: org, ID: device, Status: StatusRevoked}); err != nil {
			return fmt.Errorf("rebuild code: %w", err)
		}
		if err := q.DropTokens(ctx, tx, queries.DropTokensParams{Org: org, Device: device}); err != nil {
			return fmt.Errorf("rebuild code: %w", err)
		}
		return f.record(ctx, tx, org, device, eventLost, by, "")
	})
	if _, taken := postgres.IsUnique(err); taken {
		return f.NewRebuildCode(ctx, org, device, by) // a million selectors: the next one is free
	}
	if err != nil {
		return Code{}, err
	}
	return Code{Text: shownCode(code), Expires: now.Add(codeLife)}, nil
}

// Rebuild makes an empty machine the node that its code names: its key takes the place of the lost one's, which opens
// nothing any more. The same machine may ask again within the code's life and gets the same answer, so that one that was
// switched off in the middle begins again. The epoch, and with it the new numbers, come with the handshake.
func (f *Fleet) Rebuild(ctx context.Context, r wire.RebuildRequest) (wire.RebuildReply, error) {
	if len(r.PublicKey) != ed25519.PublicKeySize {
		return wire.RebuildReply{}, lab.Invalid("enrol_key", "The node's key is malformed.")
	}
	if !ed25519.Verify(r.PublicKey, wire.RebuildStatement(r.Code, r.PublicKey), r.Signature) {
		return wire.RebuildReply{}, lab.Forbidden("enrol_signature", "The node does not hold the key that it shows.")
	}
	var reply wire.RebuildReply
	var refused error
	err := f.DB.Update(ctx, func(tx pgx.Tx) error {
		c, dev, err := f.takeRebuild(ctx, tx, normalCode(r.Code), r.PublicKey)
		if errors.Is(err, errCode) {
			refused = err
			return nil // committed: the try is spent
		}
		if err != nil {
			return err
		}
		if c.UsedAt == nil {
			if err := f.replace(ctx, tx, c, dev, r); err != nil {
				return err
			}
		}
		reply, err = f.lostNode(ctx, tx, dev)
		return err
	})
	if err == nil {
		err = refused
	}
	return reply, err
}

// takeRebuild finds the code's row and the node that it names; a used code works for the machine that used it alone.
func (f *Fleet) takeRebuild(ctx context.Context, tx pgx.Tx, code string, key []byte) (queries.EnrolCode, queries.Device, error) {
	var dev queries.Device
	if len(code) != codeLength {
		return queries.EnrolCode{}, dev, errCode
	}
	q := f.statement()
	c, err := q.LockEnrolCode(ctx, tx, code[:selectorSize])
	if errors.Is(err, pgx.ErrNoRows) {
		return c, dev, errCode
	}
	if err != nil {
		return c, dev, fmt.Errorf("rebuild: %w", err)
	}
	if c.Rebuilds.IsZero() || c.TriesLeft <= 0 || f.Clock().After(c.ExpiresAt) {
		return c, dev, errCode
	}
	if subtle.ConstantTimeCompare(c.Hash, codeHash(code)) != 1 {
		if err := q.BurnEnrolTry(ctx, tx, c.Selector); err != nil {
			return c, dev, fmt.Errorf("rebuild: %w", err)
		}
		return c, dev, errCode
	}
	if dev, err = q.LockDevice(ctx, tx, queries.LockDeviceParams{Org: c.Org, ID: c.Rebuilds}); err != nil {
		return c, dev, fmt.Errorf("rebuild: %w", err)
	}
	if c.UsedAt != nil && !bytes.Equal(dev.Pubkey, key) {
		return c, dev, errCode
	}
	return c, dev, nil
}

// replace puts the machine's key in the place of the lost one's.
func (f *Fleet) replace(ctx context.Context, tx pgx.Tx, c queries.EnrolCode, dev queries.Device, r wire.RebuildRequest) error {
	q, now := f.statement(), f.Clock()
	name := r.Name
	if name == "" {
		name = dev.Name
	}
	err := errors.Join(
		q.RetireKey(ctx, tx, queries.RetireKeyParams{Org: dev.Org, ID: dev.ID, At: now}),
		q.ReplaceDevice(ctx, tx, queries.ReplaceDeviceParams{Org: dev.Org, ID: dev.ID, Pubkey: r.PublicKey, Name: name}),
		q.DropTokens(ctx, tx, queries.DropTokensParams{Org: dev.Org, Device: dev.ID}),
		q.DropNonces(ctx, tx, queries.DropNoncesParams{Org: dev.Org, Device: dev.ID}),
		q.UseEnrolCode(ctx, tx, queries.UseEnrolCodeParams{Selector: c.Selector, UsedAt: &now, Device: dev.ID}),
	)
	if err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	return f.record(ctx, tx, dev.Org, dev.ID, eventRebuilt, c.CreatedBy, name)
}

// lostNode tells how much of the lost node the hub has.
func (f *Fleet) lostNode(ctx context.Context, tx pgx.Tx, dev queries.Device) (wire.RebuildReply, error) {
	q := f.statement()
	reply := wire.RebuildReply{Device: dev.ID, Org: dev.Org, Lab: dev.Lab, Epoch: dev.Epoch, LastSeq: dev.LastSeq, LastHash: dev.LastHash}
	org, err := q.OrgByID(ctx, tx, dev.Org)
	if err != nil {
		return reply, fmt.Errorf("rebuild: %w", err)
	}
	l, err := q.LabByID(ctx, tx, queries.LabByIDParams{Org: dev.Org, ID: dev.Lab})
	if err != nil {
		return reply, fmt.Errorf("rebuild: %w", err)
	}
	reply.OrgName, reply.LabName = org.Name, l.Name
	if reply.HubEpoch, err = q.HubEpoch(ctx, tx); err != nil {
		return reply, fmt.Errorf("rebuild: %w", err)
	}
	state, err := q.DeviceStateOf(ctx, tx, queries.DeviceStateOfParams{Org: dev.Org, Device: dev.ID})
	switch {
	case err == nil:
		reply.Received, reply.Seen, reply.Pending = state.LastPush, &state.LastSeen, state.Pending
	case !errors.Is(err, pgx.ErrNoRows):
		return reply, fmt.Errorf("rebuild: %w", err)
	}
	wall, err := q.JournalWritten(ctx, tx, queries.JournalWrittenParams{Org: dev.Org, Device: dev.ID, Epoch: dev.Epoch, Seq: dev.LastSeq})
	switch {
	case err == nil:
		at := time.UnixMilli(wall).UTC()
		reply.LastAt = &at
	case !errors.Is(err, pgx.ErrNoRows):
		return reply, fmt.Errorf("rebuild: %w", err)
	}
	return reply, nil
}

// replaced tells a machine that still holds a lost key why it is refused.
func (f *Fleet) replaced(ctx context.Context, tx pgx.Tx, r wire.SessionRequest) error {
	keys, err := f.statement().FormerKeys(ctx, tx, queries.FormerKeysParams{Org: r.Org, Device: r.Device})
	if err != nil {
		return fmt.Errorf("session: %w", err)
	}
	for _, k := range keys {
		if ed25519.Verify(k, wire.SessionStatement(r.Org, r.Device, r.Nonce), r.Signature) {
			return lab.Forbidden("device_replaced", "This node was made again on another machine. What was written here since stays here; it can be exported.")
		}
	}
	return unproved()
}

// Former gives the node's own journal of earlier epochs, as the hub keeps it. Personal fields are left out.
func (f *Fleet) Former(ctx context.Context, d Device, r wire.FormerRequest) (wire.FormerReply, error) {
	rows, err := f.statement().FormerJournal(ctx, f.DB.Pool(), queries.FormerJournalParams{
		Org: d.Org, Device: d.ID, Until: r.Until, Epoch: r.Epoch, Seq: r.Seq, Most: int32(min(max(r.Most, 1), wire.MaxFormer)),
	})
	reply := wire.FormerReply{Entries: make([]wire.FormerEntry, len(rows))}
	if err != nil {
		return reply, fmt.Errorf("former journal: %w", err)
	}
	for i, e := range rows {
		reply.Entries[i] = wire.FormerEntry{
			Epoch: e.Epoch, Seq: e.Seq, TxID: e.Txid, Entity: int(e.Entity), Record: idBytes(e.Record), Subject: idBytes(e.Subject), Op: e.Op, HLC: uint64(e.Hlc),
			WallMS: e.WallMs, ZoneMin: int(e.ZoneMin), Actor: e.Actor, Session: e.Session, Origin: e.OriginPos, Reason: e.Reason, Schema: int(e.Schema),
			Base: e.Base, Fields: e.Fields, PHIDigest: e.PhiDigest, Digest: e.Digest, Hash: e.Hash,
		}
	}
	return reply, nil
}

// idBytes gives an id as it travels; none for the zero id, which stands for no record.
func idBytes(id lab.ID) []byte {
	if id.IsZero() {
		return nil
	}
	return id.Bytes()
}
