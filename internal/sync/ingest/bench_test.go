package ingest_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/sync/wire"
)

// uploads are the batches of one node as they go over the wire, 1,000 changes each, and the rows that they become.
type uploads struct {
	hub    *hub
	node   *node
	codec  *wire.Codec
	bodies [][]byte
	bytes  int
	rows   []postgres.JournalRow
}

const uploadSize = 1000

// uploadsOf fills the journal of a node with new results and makes the batches that push it.
func uploadsOf(t testing.TB, h *hub, nd *node, n byte, batches int) *uploads {
	t.Helper()
	u := &uploads{hub: h, node: nd}
	for i := range batches * uploadSize {
		nd.write(journal.OpInsert, "result", resultID(n, i), resultFields(i), nil)
	}
	var err error
	if u.codec, err = wire.NewCodec(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.codec.Close)
	for at := 0; at < len(nd.pending); at += uploadSize {
		body, err := u.codec.EncodePush(nd.batch(nd.pending[at : at+uploadSize]))
		if err != nil {
			t.Fatal(err)
		}
		u.bodies = append(u.bodies, body)
		u.bytes += len(body)
	}
	for i := range nd.pending {
		e := &nd.pending[i].Entry
		fields, err := journal.AppendFields(nil, e.Fields)
		if err != nil {
			t.Fatal(err)
		}
		u.rows = append(u.rows, postgres.JournalRow{
			Epoch: e.Epoch, Seq: e.Seq, TxID: e.TxID, Entity: e.Entity, Record: e.Record, Op: string(e.Op), HLC: int64(e.HLC), HLCEff: int64(e.HLC),
			WallMS: e.WallMS, ZoneMin: e.ZoneMin, Actor: e.Actor, Reason: e.Reason, Schema: e.Schema, Fields: fields, Digest: e.Digest, Hash: e.Hash,
		})
	}
	return u
}

// push sends all batches of the node.
func (u *uploads) push(t testing.TB) {
	t.Helper()
	for _, body := range u.bodies {
		p, err := u.codec.DecodePush(body)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := u.hub.Push(context.Background(), u.hub.org, p, len(body)); err != nil {
			t.Error(err)
			return
		}
	}
}

// copyRows copies the same rows into the journal alone, as another device.
func (u *uploads) copyRows(t testing.TB, device lab.ID) {
	t.Helper()
	ctx := context.Background()
	for at := 0; at < len(u.rows); at += uploadSize {
		err := u.hub.db.Update(ctx, func(tx pgx.Tx) error {
			return postgres.CopyJournal(ctx, tx, u.hub.org, device, start, u.rows[at:at+uploadSize])
		})
		if err != nil {
			t.Error(err)
			return
		}
	}
}

// reset takes the hub and the node back to their beginning.
func reset(t testing.TB, h *hub, nd *node) {
	t.Helper()
	ctx := context.Background()
	if _, err := h.db.Pool().Exec(ctx, "TRUNCATE journal, record, lab_day, sync_audit"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.db.Pool().Exec(ctx, "UPDATE device SET last_seq = 0, last_hash = $2 WHERE id = $1", nd.device, journal.Genesis(nd.device)); err != nil {
		t.Fatal(err)
	}
}

func resultID(node byte, i int) lab.ID {
	return lab.ID{4, byte(i >> 16), byte(i >> 8), byte(i), 14: node, 15: 1}
}

func resultFields(i int) map[string]any {
	return map[string]any{
		"sample_id": lab.ID{3, byte(i >> 3)}, "test_id": lab.ID{8, byte(i)}, "version": int64(1), "value": strconv.Itoa(i % 200), "unit": "mg/dL", "flag": "",
	}
}
