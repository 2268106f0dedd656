package ingest_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/sync/wire"
)

// BenchmarkPush shows changes a second from one node's batches of 1,000 (decoded, verified, folded, stored in one
// transaction each) beside Postgres COPY of the same journal rows committed per 1,000 under the same durability.
func BenchmarkPush(b *testing.B) {
	const size = 1000
	h := setup(b)
	nd := h.node(b, 1)
	for i := range 10 * size {
		id := lab.ID{4, byte(i >> 16), byte(i >> 8), byte(i), 15: 1}
		nd.write(journal.OpInsert, "result", id, map[string]any{
			"sample_id": lab.ID{3, byte(i >> 3)}, "test_id": lab.ID{8, byte(i)}, "version": int64(1), "value": strconv.Itoa(i % 200), "unit": "mg/dL", "flag": "",
		}, nil)
	}
	codec, err := wire.NewCodec()
	if err != nil {
		b.Fatal(err)
	}
	defer codec.Close()
	var bodies [][]byte
	total := 0
	for at := 0; at < len(nd.pending); at += size {
		body, err := codec.EncodePush(nd.batch(nd.pending[at : at+size]))
		if err != nil {
			b.Fatal(err)
		}
		bodies = append(bodies, body)
		total += len(body)
	}
	b.ResetTimer()
	for b.Loop() {
		began := time.Now()
		for _, body := range bodies {
			p, err := codec.DecodePush(body)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := h.Push(context.Background(), h.org, p, len(body)); err != nil {
				b.Fatal(err)
			}
		}
		push := time.Since(began)
		copied := copyBeside(b, h, nd, size)
		n := float64(len(nd.pending))
		b.ReportMetric(n/push.Seconds(), "changes/s")
		b.ReportMetric(n/copied.Seconds(), "copy-rows/s")
		b.ReportMetric(100*copied.Seconds()/push.Seconds(), "%-of-copy")
		b.ReportMetric(float64(total)/n, "bytes/change")
		reset(b, h, nd)
	}
}

// reset takes the node back to its beginning.
func reset(b *testing.B, h *hub, nd *node) {
	b.Helper()
	ctx := context.Background()
	if _, err := h.db.Pool().Exec(ctx, "TRUNCATE journal, record, lab_day, sync_audit"); err != nil {
		b.Fatal(err)
	}
	if _, err := h.db.Pool().Exec(ctx, "UPDATE device SET last_seq = 0, last_hash = $2 WHERE id = $1", nd.device, journal.Genesis(nd.device)); err != nil {
		b.Fatal(err)
	}
}

// copyBeside copies the same rows into the journal alone, under another device.
func copyBeside(b *testing.B, h *hub, nd *node, size int) time.Duration {
	b.Helper()
	ctx := context.Background()
	rows := make([]postgres.JournalRow, len(nd.pending))
	for i := range nd.pending {
		e := &nd.pending[i].Entry
		fields, err := journal.AppendFields(nil, e.Fields)
		if err != nil {
			b.Fatal(err)
		}
		rows[i] = postgres.JournalRow{
			Epoch: e.Epoch, Seq: e.Seq, TxID: e.TxID, Entity: e.Entity, Record: e.Record, Op: string(e.Op), HLC: int64(e.HLC), HLCEff: int64(e.HLC),
			WallMS: e.WallMS, ZoneMin: e.ZoneMin, Actor: e.Actor, Reason: e.Reason, Schema: e.Schema, Fields: fields, Digest: e.Digest, Hash: e.Hash,
		}
	}
	began := time.Now()
	for at := 0; at < len(rows); at += size {
		err := h.db.Update(ctx, func(tx pgx.Tx) error {
			return postgres.CopyJournal(ctx, tx, h.org, lab.ID{0xcc}, start, rows[at:at+size])
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began)
}
