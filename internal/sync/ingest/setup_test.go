package ingest_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"sync/atomic"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/pgtest"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/ingest"
	"jaanch/internal/sync/wire"
	"jaanch/internal/telemetry"
)

// start is when these tests happen.
var start = time.Date(2026, 11, 21, 5, 30, 0, 0, time.UTC)

// hub is a hub on a database of its own, with one organisation and one lab.
type hub struct {
	*ingest.Ingest

	db    *postgres.DB
	org   lab.ID
	lab   lab.ID
	clock *atomic.Int64 // milliseconds UTC
}

func setup(t testing.TB) *hub {
	t.Helper()
	h := &hub{db: pgtest.New(t), clock: &atomic.Int64{}, org: lab.ID{0x0a, 1}, lab: lab.ID{0x1b, 1}}
	h.clock.Store(start.UnixMilli())
	now := func() time.Time { return time.UnixMilli(h.clock.Load()).UTC() }
	h.Ingest = &ingest.Ingest{DB: h.db, Schema: engine.NewSchema(journal.Schema()), Clock: now, Logger: telemetry.Discard()}
	ctx, q, pool := context.Background(), h.db.Queries(), h.db.Pool()
	if err := q.InsertOrg(ctx, pool, queries.InsertOrgParams{ID: h.org, Name: "Demo Diagnostics", CreatedAt: start}); err != nil {
		t.Fatal(err)
	}
	if err := q.InsertScopeHead(ctx, pool, queries.InsertScopeHeadParams{Org: h.org, Scope: h.org}); err != nil {
		t.Fatal(err)
	}
	own := lab.ID{0x0c, 1}
	err := q.InsertDevice(ctx, pool, queries.InsertDeviceParams{
		Org: h.org, ID: own, Kind: "hub", Name: "hub", Pubkey: []byte{}, LastHash: journal.Genesis(own), EnrolledAt: start,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.addLab(t, h.lab)
	return h
}

func (h *hub) addLab(t testing.TB, id lab.ID) {
	t.Helper()
	ctx, q, pool := context.Background(), h.db.Queries(), h.db.Pool()
	if err := q.InsertLab(ctx, pool, queries.InsertLabParams{Org: h.org, ID: id, Name: "Main", CreatedAt: start}); err != nil {
		t.Fatal(err)
	}
	if err := q.InsertScopeHead(ctx, pool, queries.InsertScopeHeadParams{Org: h.org, Scope: id}); err != nil {
		t.Fatal(err)
	}
}

func (h *hub) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := h.db.Pool().Exec(context.Background(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// node is the journal of a node, without its database.
type node struct {
	t       testing.TB
	hub     *hub
	device  lab.ID
	key     ed25519.PrivateKey
	epoch   int64
	seq     int64
	tx      int64
	hash    []byte
	at      int64
	keys    map[lab.ID][]byte
	pending []wire.Item
	sent    []wire.Item
}

func (h *hub) node(t testing.TB, n byte) *node {
	t.Helper()
	return h.nodeAt(t, n, h.lab)
}

// nodeAt makes a node of a lab.
func (h *hub) nodeAt(t testing.TB, n byte, home lab.ID) *node {
	t.Helper()
	nd := &node{
		t: t, hub: h, device: lab.ID{0xd0, n}, key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)), epoch: 1,
		at: start.UnixMilli() - 1_000_000, keys: map[lab.ID][]byte{},
	}
	nd.hash = journal.Genesis(nd.device)
	h.enrol(t, nd, home)
	return nd
}

// enrol makes the node known at a lab.
func (h *hub) enrol(t testing.TB, nd *node, at lab.ID) {
	t.Helper()
	err := h.db.Queries().InsertDevice(context.Background(), h.db.Pool(), queries.InsertDeviceParams{
		Org: h.org, ID: nd.device, Kind: "node", Lab: at, Name: "PC", Code: string([]byte{'A' + nd.device[1], '2'}),
		Pubkey: nd.key.Public().(ed25519.PublicKey), LastHash: journal.Genesis(nd.device), EnrolledAt: start,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// write adds an entry to the journal. Fields and personal fields are named by column.
func (nd *node) write(op journal.Op, entity string, record lab.ID, values map[string]any, base map[int]int64) journal.Entry {
	nd.t.Helper()
	r, ok := journal.Schema().Entity(entity)
	if !ok {
		nd.t.Fatalf("no entity %s", entity)
	}
	nd.tx++
	nd.at += 1000
	e := journal.Entry{
		Epoch: nd.epoch, TxID: nd.tx, Entity: r.ID, Record: record, Op: op, HLC: journal.MakeHLC(nd.at, 0), WallMS: nd.at, ZoneMin: 330,
		Actor: "user:" + nd.device.String(), Reason: "test", Schema: 1, Base: base, Fields: map[int]any{}, PHI: map[int]any{},
	}
	for column, v := range values {
		f, ok := r.Column(column)
		if !ok {
			nd.t.Fatalf("%s has no column %s", entity, column)
		}
		if id, is := v.(lab.ID); is {
			v = id.Bytes()
		}
		if f.Personal {
			e.PHI[f.ID] = v
			e.Subject = record
			if nd.keys[record] == nil {
				nd.keys[record] = bytes.Repeat([]byte{record[15], 7}, 16)
			}
			continue
		}
		e.Fields[f.ID] = v
	}
	return nd.add(e)
}

func (nd *node) add(e journal.Entry) journal.Entry {
	nd.t.Helper()
	nd.seq++
	e.Seq, e.Epoch = nd.seq, nd.epoch
	if _, err := e.Seal(nd.hash, nd.keys[e.Subject]); err != nil {
		nd.t.Fatal(err)
	}
	nd.hash = e.Hash
	nd.pending = append(nd.pending, wire.Item{Entry: e})
	return e
}

// batch makes the next batch of everything that waits, as the hub will decode it.
func (nd *node) batch(items []wire.Item) *wire.Push {
	nd.t.Helper()
	prev := journal.Genesis(nd.device)
	if at := items[0].Entry.Seq; at > 1 {
		all := append(append([]wire.Item{}, nd.sent...), nd.pending...)
		prev = all[at-2].Entry.Hash
	}
	p := &wire.Push{Device: nd.device, Epoch: nd.epoch, FirstSeq: items[0].Entry.Seq, PrevHash: prev, Schema: 1, Items: items, Keys: nd.keys}
	p.Sign(nd.key)
	codec, err := wire.NewCodec()
	if err != nil {
		nd.t.Fatal(err)
	}
	defer codec.Close()
	body, err := codec.EncodePush(p)
	if err != nil {
		nd.t.Fatal(err)
	}
	got, err := codec.DecodePush(body)
	if err != nil {
		nd.t.Fatal(err)
	}
	return got
}

// push sends everything that waits.
func (nd *node) push() wire.PushReply {
	nd.t.Helper()
	reply, err := nd.hub.Push(context.Background(), nd.hub.org, nd.batch(nd.pending), 1)
	if err != nil {
		nd.t.Fatal(err)
	}
	nd.sent, nd.pending = append(nd.sent, nd.pending...), nil
	return reply
}

// pull asks for everything behind the positions.
func (nd *node) pull(pos int64) wire.PullReply {
	nd.t.Helper()
	reply, err := nd.hub.Pull(context.Background(), nd.hub.org, &wire.PullRequest{
		Device: nd.device.Bytes(), Epoch: nd.epoch, Schema: 1, MaxRows: wire.MaxRows,
		Cursors: []wire.Cursor{{Scope: nd.hub.lab.Bytes(), HubEpoch: 1, Pos: pos}, {Scope: nd.hub.org.Bytes(), HubEpoch: 1, Pos: pos}},
	})
	if err != nil {
		nd.t.Fatal(err)
	}
	return reply
}

// count asks the database for one number.
func (h *hub) count(t testing.TB, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := h.db.Pool().QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// doc reads one column of a record's document.
func (h *hub) doc(t testing.TB, entity string, record lab.ID, column string) string {
	t.Helper()
	r, _ := journal.Schema().Entity(entity)
	var v *string
	err := h.db.Pool().QueryRow(context.Background(), "SELECT doc->>$4 FROM record WHERE org=$1 AND entity=$2 AND id=$3", h.org, r.ID, record, column).Scan(&v)
	if err != nil {
		t.Fatal(err)
	}
	if v == nil {
		return ""
	}
	return *v
}
