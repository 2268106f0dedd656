package ingest_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/measure"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/wire"
)

const (
	fleetSize  = 8
	peerPushed = 1600 // documents of one turn of the peer
)

// fleet are the uploads of eight nodes, each of a lab of its own, to one hub.
type fleet struct {
	hub   *hub
	nodes []*uploads
}

func newFleet(t testing.TB, batches int) *fleet {
	t.Helper()
	f := &fleet{hub: setup(t)}
	for n := range fleetSize {
		home := f.hub.lab
		if n > 0 {
			home = lab.ID{0x1b, byte(n + 1)}
			f.hub.addLab(t, home)
		}
		nd := f.hub.nodeAt(t, byte(n+1), home)
		f.nodes = append(f.nodes, uploadsOf(t, f.hub, nd, byte(n+1), batches))
	}
	return f
}

// push sends the batches of so many nodes at once and gives the changes a second.
func (f *fleet) push(t testing.TB, nodes int) float64 {
	t.Helper()
	var all sync.WaitGroup
	began := time.Now()
	for _, u := range f.nodes[:nodes] {
		all.Go(func() { u.push(t) })
	}
	all.Wait()
	rate := float64(nodes*len(f.nodes[0].node.pending)) / time.Since(began).Seconds()
	for _, u := range f.nodes {
		reset(t, f.hub, u.node)
	}
	return rate
}

// copyRows copies the journal rows of so many nodes, each over a connection of its own, and gives the rows a second.
func (f *fleet) copyRows(t testing.TB, nodes int) float64 {
	t.Helper()
	var all sync.WaitGroup
	began := time.Now()
	for i, u := range f.nodes[:nodes] {
		all.Go(func() { u.copyRows(t, lab.ID{0xcc, byte(i)}) })
	}
	all.Wait()
	rate := float64(nodes*len(f.nodes[0].node.pending)) / time.Since(began).Seconds()
	reset(t, f.hub, f.nodes[0].node)
	return rate
}

// TestFiguresPush measures what a hub takes from one node and from eight, in turns with COPY of the same journal rows
// committed per 1,000 under the same durability, and with PouchDB pushing documents of the same size to express-pouchdb.
func TestFiguresPush(t *testing.T) {
	measure.Wanted(t)
	f := newFleet(t, 4)
	sides := []measure.Side{
		{Name: "one", Run: func() float64 { return f.push(t, 1) }},
		{Name: "copy", Run: func() float64 { return f.copyRows(t, 1) }},
		{Name: "eight", Run: func() float64 { return f.push(t, fleetSize) }},
		{Name: "copy eight", Run: func() float64 { return f.copyRows(t, fleetSize) }},
	}
	pouch := newPouch(t)
	if pouch != nil {
		sides = append(sides,
			measure.Side{Name: "pouch one", Run: func() float64 { return pouch.push(1) }},
			measure.Side{Name: "pouch eight", Run: func() float64 { return pouch.push(fleetSize) }})
	}
	got := measure.Turns(3, sides...)
	per := func(name string) string { return fmt.Sprintf("%.0f/s", got[name].Median) }
	ratio := func(a, b string) float64 { return got[a].Median / got[b].Median }
	figures := []measure.Figure{
		measure.AtLeast(1, "one node", per("one"), "12,000/s", got["one"].Median/12000, "decoded, verified against the chain, folded into records, committed"),
		{What: "one node", Measured: per("one"), Reference: "COPY of the same journal rows, one connection: " + per("copy"), Ratio: ratio("one", "copy")},
		measure.AtLeast(0.3, "eight nodes", per("eight"), "the same COPY, one connection: "+per("copy"), ratio("eight", "copy"), ""),
		{What: "eight nodes", Measured: per("eight"), Reference: "COPY over eight connections: " + per("copy eight"), Ratio: ratio("eight", "copy eight"), Note: "hub, Postgres and nodes share two cores"},
	}
	if pouch != nil {
		figures = append(figures,
			measure.AtLeast(3, "one node", per("one"), "PouchDB to express-pouchdb: "+per("pouch one"), ratio("one", "pouch one"), "LevelDB at both ends, no fsync"),
			measure.AtLeast(8, "eight nodes", per("eight"), "eight PouchDB to one express-pouchdb: "+per("pouch eight"), ratio("eight", "pouch eight"), ""))
	}
	measure.Sheet(t, "Push to the hub, 1,000 changes a batch (Postgres with fsync off, for both)", figures...)
	wireFigures(t, f.nodes[0], pouch)
}

// wireFigures tells what a change weighs on the wire: a new result, and one field of it changed.
func wireFigures(t *testing.T, fresh *uploads, pouch *pouch) {
	t.Helper()
	h := setup(t)
	nd := h.node(t, 1)
	for i := range uploadSize {
		nd.write(journal.OpInsert, "result", resultID(1, i), resultFields(i), nil)
	}
	made := len(nd.pending)
	for i := range uploadSize {
		nd.write(journal.OpUpdate, "result", resultID(1, i*7%uploadSize), map[string]any{"value": strconv.Itoa(i * 37 % 211)}, nil)
	}
	codec, err := wire.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	defer codec.Close()
	body, err := codec.EncodePush(nd.batch(nd.pending[made:]))
	if err != nil {
		t.Fatal(err)
	}
	insert, update := float64(fresh.bytes)/float64(len(fresh.node.pending)), float64(len(body))/uploadSize
	figures := []measure.Figure{
		{What: "a new result", Measured: fmt.Sprintf("%.1f bytes", insert), Reference: "30 bytes", Ratio: insert / 30, Aim: "< 1", Met: insert < 30, Note: "the rows of this test are alike; those of a lab compress less"},
		{What: "one field changed", Measured: fmt.Sprintf("%.1f bytes", update), Reference: "25 bytes", Ratio: update / 25, Aim: "< 1", Met: update < 25, Note: "batch of 1,000, signature and hashes of the batch included"},
	}
	if pouch != nil {
		b := pouch.bytesOfUpdate()
		figures = append(figures, measure.Figure{What: "one field changed", Measured: fmt.Sprintf("%.1f bytes", update), Reference: fmt.Sprintf("PouchDB, at the socket: %.0f bytes", b), Ratio: update / b})
	}
	measure.Sheet(t, "Bytes on the wire for a change", figures...)
}

// pouch is PouchDB, pushing from a process of its own to express-pouchdb in another.
type pouch struct {
	t         testing.TB
	hub, node *measure.Peer
	folder    string
	url       string
	turn      int
}

func newPouch(t testing.TB) *pouch {
	t.Helper()
	p := &pouch{t: t, folder: t.TempDir(), hub: measure.StartPeer(t), node: measure.StartPeer(t)}
	if p.hub == nil || p.node == nil {
		return nil
	}
	var at struct{ Port int }
	p.hub.Ask(&at, "couch", p.folder)
	p.url = fmt.Sprintf("http://127.0.0.1:%d", at.Port)
	return p
}

// push replicates new documents from so many databases and gives the documents a second.
func (p *pouch) push(nodes int) float64 {
	p.turn++
	words := []string{"push", p.folder, p.url}
	each := peerPushed / nodes
	for n := range nodes {
		name := fmt.Sprintf("node-%d-%d", p.turn, n)
		p.node.Ask(&struct{}{}, "fill", p.folder, name, strconv.Itoa(each), "v")
		words = append(words, name)
	}
	var did struct {
		Rate    float64
		Written int
	}
	p.node.Ask(&did, words...)
	if did.Written != each*nodes {
		p.t.Fatalf("the peer pushed %d documents of %d", did.Written, each*nodes)
	}
	return did.Rate
}

// bytesOfUpdate pushes 1,000 documents, changes one field of each, pushes again, and gives the bytes that the second push
// took for each at the hub's sockets.
func (p *pouch) bytesOfUpdate() float64 {
	var before, after struct{ N float64 }
	var did struct{ Written int }
	for _, field := range []string{"v", "w"} {
		before = after
		p.node.Ask(&struct{}{}, "fill", p.folder, "update", strconv.Itoa(uploadSize), field)
		p.hub.Ask(&before, "bytes")
		p.node.Ask(&did, "push", p.folder, p.url, "update")
		p.hub.Ask(&after, "bytes")
	}
	return (after.N - before.N) / float64(did.Written)
}

// BenchmarkPush shows one node's push beside COPY of the same rows, for a profile.
func BenchmarkPush(b *testing.B) {
	f := newFleet(b, 4)
	b.ResetTimer()
	for b.Loop() {
		push, copied := f.push(b, 1), f.copyRows(b, 1)
		b.ReportMetric(push, "changes/s")
		b.ReportMetric(100*push/copied, "%-of-copy")
	}
}
