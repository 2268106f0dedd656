package ingest_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/measure"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/sync/wire"
)

// uploads are the batches of one node as they go over the wire, 1,000 changes each.
type uploads struct {
	hub    *hub
	node   *node
	codec  *wire.Codec
	bodies [][]byte
	bytes  int
}

const uploadSize = 1000

func newUploads(b testing.TB, batches int) *uploads {
	b.Helper()
	h := setup(b)
	u := &uploads{hub: h, node: h.node(b, 1)}
	for i := range batches * uploadSize {
		id := lab.ID{4, byte(i >> 16), byte(i >> 8), byte(i), 15: 1}
		u.node.write(journal.OpInsert, "result", id, map[string]any{
			"sample_id": lab.ID{3, byte(i >> 3)}, "test_id": lab.ID{8, byte(i)}, "version": int64(1), "value": strconv.Itoa(i % 200), "unit": "mg/dL", "flag": "",
		}, nil)
	}
	var err error
	if u.codec, err = wire.NewCodec(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(u.codec.Close)
	for at := 0; at < len(u.node.pending); at += uploadSize {
		body, err := u.codec.EncodePush(u.node.batch(u.node.pending[at : at+uploadSize]))
		if err != nil {
			b.Fatal(err)
		}
		u.bodies = append(u.bodies, body)
		u.bytes += len(body)
	}
	return u
}

// push sends all batches and gives the changes a second.
func (u *uploads) push(b testing.TB) float64 {
	b.Helper()
	began := time.Now()
	for _, body := range u.bodies {
		p, err := u.codec.DecodePush(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := u.hub.Push(context.Background(), u.hub.org, p, len(body)); err != nil {
			b.Fatal(err)
		}
	}
	return float64(len(u.node.pending)) / time.Since(began).Seconds()
}

// copyRows copies the same journal rows beside them and gives the rows a second; afterwards the hub is as it was before
// both.
func (u *uploads) copyRows(b testing.TB) float64 {
	b.Helper()
	took := copyBeside(b, u.hub, u.node, uploadSize)
	reset(b, u.hub, u.node)
	return float64(len(u.node.pending)) / took.Seconds()
}

// BenchmarkPush shows changes a second from one node's batches of 1,000 (decoded, verified, folded, stored in one
// transaction each) beside Postgres COPY of the same journal rows committed per 1,000 under the same durability.
func BenchmarkPush(b *testing.B) {
	u := newUploads(b, 10)
	b.ResetTimer()
	for b.Loop() {
		push := u.push(b)
		copied := u.copyRows(b)
		b.ReportMetric(push, "changes/s")
		b.ReportMetric(copied, "copy-rows/s")
		b.ReportMetric(100*push/copied, "%-of-copy")
		b.ReportMetric(float64(u.bytes)/float64(len(u.node.pending)), "bytes/change")
	}
}

// TestFiguresPush measures the same in turns, for make bench.
func TestFiguresPush(t *testing.T) {
	measure.Wanted(t)
	u := newUploads(t, 10)
	got := measure.Turns(5,
		measure.Side{Name: "push", Run: func() float64 { return u.push(t) }},
		measure.Side{Name: "copy", Run: func() float64 { return u.copyRows(t) }})
	perChange := float64(u.bytes) / float64(len(u.node.pending))
	measure.Sheet(t, "Push from one node to the hub, 1,000 changes a batch (Postgres with fsync off, for both)",
		measure.AtLeast(0.3, "changes decoded, verified against the chain, folded into records and committed",
			fmt.Sprintf("%.0f/s", got["push"].Median), fmt.Sprintf("COPY of the same journal rows, 1,000 a transaction: %.0f/s", got["copy"].Median),
			got["push"].Median/got["copy"].Median, "the 30 % are asked of eight nodes together; this is one node on one connection"),
		measure.Figure{
			What: "bytes on the wire for a changed field set", Measured: fmt.Sprintf("%.0f", perChange), Reference: "150", Ratio: perChange / 150,
			Aim: "< 1", Met: perChange < 150, Note: "signed batch, CBOR and zstd; the rows of this test are alike, those of a lab compress less",
		})
}

// reset takes the node back to its beginning.
func reset(b testing.TB, h *hub, nd *node) {
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
func copyBeside(b testing.TB, h *hub, nd *node, size int) time.Duration {
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
