package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// A model of nodes and a hub around the real engine, with an oracle that knows which values each writer had seen. It
// looks for the two things that must never be: a value overwritten by somebody who had not seen it without a conflict
// record, and nodes that do not show the same in the end.

const (
	modelNodes  = 3
	modelGroups = 2
	modelSteps  = 80
)

var (
	modelOrg    = lab.ID{0xa}
	modelLab    = lab.ID{0xb}
	modelRecord = engine.Key{Entity: 1, ID: lab.ID{1}}
)

func modelSchema(strategy string) *engine.Schema {
	e := journal.Entity{ID: 1, Name: "thing", Table: "thing", Scope: journal.ScopeLab}
	for g := 1; g <= modelGroups; g++ {
		e.Groups = append(e.Groups, journal.Group{ID: g, Name: fmt.Sprint("g", g), Strategy: strategy})
		e.Fields = append(e.Fields, journal.Field{ID: g, Column: fmt.Sprint("c", g), Type: journal.TypeInt, Group: g})
	}
	return engine.NewSchema(journal.Registry{Schema: 1, Entities: []journal.Entity{e}})
}

// group is what a node keeps of one field group.
type group struct {
	value     int64
	base, seq int64
	seen      map[int64]bool // values that the writer had seen: the oracle's
}

type modelNode struct {
	device  lab.ID
	seq     int64
	acked   int64
	pos     int64
	groups  [modelGroups + 1]group
	pending []journal.Entry
}

type model struct {
	t         *testing.T
	r         *rand.Rand
	schema    *engine.Schema
	nodes     []*modelNode
	records   map[engine.Key]*engine.Record
	open      []*engine.Conflict
	conflicts map[lab.ID]*engine.Conflict
	pos       int64
	next      int64                    // value of the next write: each is written once
	saw       map[int64]map[int64]bool // value → values of its group that its writer had seen
	clock     int64
}

func newModel(t *testing.T, seed uint64, strategy string) *model {
	m := &model{
		t: t, r: rand.New(rand.NewPCG(seed, 7)), schema: modelSchema(strategy), records: map[engine.Key]*engine.Record{},
		conflicts: map[lab.ID]*engine.Conflict{}, saw: map[int64]map[int64]bool{}, clock: 1_795_000_000_000,
	}
	for i := range modelNodes {
		n := &modelNode{device: lab.ID{0xd, byte(i + 1)}}
		for g := range n.groups {
			n.groups[g].seen = map[int64]bool{0: true}
		}
		m.nodes = append(m.nodes, n)
	}
	first := m.nodes[0]
	m.write(first, journal.OpInsert, 1)
	m.push(first, 1)
	for _, n := range m.nodes {
		m.pull(n, m.page(n))
	}
	return m
}

func (m *model) write(n *modelNode, op journal.Op, g int) {
	m.next++
	m.clock += 1000
	n.seq++
	e := journal.Entry{
		Seq: n.seq, Epoch: 1, TxID: n.seq, Entity: 1, Record: modelRecord.ID, Op: op, HLC: journal.MakeHLC(m.clock-int64(m.r.IntN(60_000)), 0),
		WallMS: m.clock, Actor: "user:x", Fields: map[int]any{g: m.next}, Base: map[int]int64{g: n.groups[g].base},
	}
	m.saw[m.next] = maps.Clone(n.groups[g].seen)
	n.groups[g].seen[m.next] = true
	n.groups[g].value, n.groups[g].seq = m.next, n.seq
	n.pending = append(n.pending, e)
}

// push sends some of what waits; the answer may get lost, and then the same goes again later.
func (m *model) push(n *modelNode, count int) {
	batch := n.pending[:count]
	var fresh []wire.Item
	for _, e := range batch {
		if e.Seq > n.acked {
			fresh = append(fresh, wire.Item{Entry: e})
		}
	}
	before := map[int]int64{}
	if r := m.records[modelRecord]; r != nil {
		for g := 1; g <= modelGroups; g++ {
			before[g], _ = r.Doc[g].(int64)
		}
	}
	b := &engine.Batch{
		Schema: m.schema, Device: n.device, Epoch: 1, Org: modelOrg, Lab: modelLab, HubEpoch: 1, NowMS: m.clock, Items: fresh,
		Records: m.records, Open: m.open, NextPos: map[lab.ID]int64{modelLab: m.pos + 1},
	}
	result := engine.Apply(b)
	m.pos += int64(len(result.Records))
	m.records, m.open = b.Records, slices.DeleteFunc(b.Open, func(c *engine.Conflict) bool { return c.State != engine.StateOpen })
	for _, c := range result.Conflicts {
		m.conflicts[c.ID] = c
	}
	if len(fresh) > 0 {
		n.acked = fresh[len(fresh)-1].Entry.Seq // what the hub has; the node may not know it yet
	}
	m.judge(n, fresh, before)
	if m.r.IntN(4) > 0 {
		n.pending = n.pending[count:]
	}
}

// judge compares what the hub shows with what was there: a value that is gone must have been seen by who replaced it, or
// stand in a conflict.
func (m *model) judge(n *modelNode, fresh []wire.Item, before map[int]int64) {
	m.t.Helper()
	for g := 1; g <= modelGroups; g++ {
		now, _ := m.records[modelRecord].Doc[g].(int64)
		was := before[g]
		if was == 0 || was == now || m.recorded(g, was) {
			continue
		}
		seen := false
		for _, it := range fresh {
			if v, ok := it.Entry.Fields[g].(int64); ok && m.saw[v][was] {
				seen = true
			}
		}
		if !seen {
			m.t.Fatalf("value %d of group %d was overwritten by %v in silence: %v", was, g, now, n.device)
		}
	}
	for _, it := range fresh {
		for g, v := range it.Entry.Fields {
			value, _ := v.(int64)
			if now, _ := m.records[modelRecord].Doc[g].(int64); now == value || m.recorded(g, value) || m.replaced(fresh, g, value) {
				continue
			}
			m.t.Fatalf("value %d of group %d was lost", value, g)
		}
	}
}

// replaced tells whether a later entry of the same batch wrote over the value.
func (m *model) replaced(fresh []wire.Item, g int, value int64) bool {
	for _, it := range fresh {
		if v, ok := it.Entry.Fields[g].(int64); ok && v > value {
			return true
		}
	}
	return false
}

// recorded tells whether a conflict holds the value.
func (m *model) recorded(g int, value int64) bool {
	for _, c := range m.conflicts {
		if c.Group != g {
			continue
		}
		if c.Server.Fields[g] == value {
			return true
		}
		for _, side := range c.Clients {
			if side.Fields[g] == value {
				return true
			}
		}
	}
	return false
}

// page is what the hub would send: groups that moved and are no echo, with the node's last sequence.
type page struct {
	groups  map[int]engine.Group
	values  map[int]int64
	lastSeq int64
	pos     int64
}

func (m *model) page(n *modelNode) page {
	p := page{groups: map[int]engine.Group{}, values: map[int]int64{}, lastSeq: n.acked, pos: n.pos}
	r := m.records[modelRecord]
	if r == nil || r.Pos <= n.pos {
		return p
	}
	p.pos = r.Pos
	for g := 1; g <= modelGroups; g++ {
		if st := r.Groups[g]; st.Pos > n.pos && (st.Device != n.device || st.Epoch != 1) {
			p.groups[g] = st
			p.values[g], _ = r.Doc[g].(int64)
		}
	}
	return p
}

// pull applies a page that may have been made a while ago.
func (m *model) pull(n *modelNode, p page) {
	if p.pos < n.pos {
		return
	}
	for g, st := range p.groups {
		if n.groups[g].seq > p.lastSeq {
			continue // pending: keeps value and base
		}
		n.groups[g].value, n.groups[g].base = p.values[g], st.RV
		n.groups[g].seen[p.values[g]] = true
	}
	n.pos = p.pos
}

func (m *model) step() {
	n := m.nodes[m.r.IntN(len(m.nodes))]
	switch x := m.r.IntN(100); {
	case x < 40:
		m.write(n, journal.OpUpdate, 1+m.r.IntN(modelGroups))
	case x < 70:
		if len(n.pending) > 0 {
			m.push(n, 1+m.r.IntN(len(n.pending)))
		}
	case x < 85:
		m.pull(n, m.page(n))
	default: // something happens between reading a page and applying it
		p := m.page(n)
		m.write(n, journal.OpUpdate, 1+m.r.IntN(modelGroups))
		if m.r.IntN(2) == 0 {
			m.push(n, len(n.pending))
		}
		m.pull(n, p)
	}
}

// settle lets everything through until nothing moves any more.
func (m *model) settle() {
	for range 2 * modelNodes {
		for _, n := range m.nodes {
			for len(n.pending) > 0 {
				m.push(n, len(n.pending))
			}
			m.pull(n, m.page(n))
		}
	}
}

// With every strategy, over many histories: no silent overwrite, nothing lost, and in the end all show the same.
func TestModel(t *testing.T) {
	t.Parallel()
	seeds := 400
	if testing.Short() {
		seeds = 50
	}
	for _, strategy := range []string{"LastWriteWins", "ServerWins", "ClientWins", "ManualResolution"} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			conflicts := 0
			for seed := range uint64(seeds) {
				m := newModel(t, seed, strategy)
				for range modelSteps {
					m.step()
				}
				m.settle()
				for g := 1; g <= modelGroups; g++ {
					hub, _ := m.records[modelRecord].Doc[g].(int64)
					for _, n := range m.nodes {
						if n.groups[g].value != hub {
							t.Fatalf("seed %d: group %d is %d at %v and %d at the hub", seed, g, n.groups[g].value, n.device, hub)
						}
					}
				}
				conflicts += len(m.conflicts)
			}
			if conflicts == 0 {
				t.Error("no history had a conflict: the test shows nothing")
			}
		})
	}
}

// One node alone never meets a conflict, however its batches are cut and resent.
func TestModelAlone(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		m := newModel(t, seed, "ManualResolution")
		m.nodes = m.nodes[:1]
		for range modelSteps {
			m.step()
		}
		m.settle()
		if len(m.conflicts) != 0 {
			t.Fatalf("seed %d: a node is in conflict with itself", seed)
		}
	}
}
