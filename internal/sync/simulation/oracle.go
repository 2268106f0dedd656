package simulation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// slot is a field group of a record: what a person sees and changes as one.
type slot struct {
	key   engine.Key
	group int
}

// write is a change as its writer knows it: the values it made, each once in the world, and all values that the writer
// had ever seen in the same places. It is what a vector clock would tell, and comes from what screens show alone.
type write struct {
	key  engine.Key
	op   journal.Op
	ids  map[int]int64 // field → value
	saw  map[int][]int64
	node int
}

// oracle watches everything and judges it.
type oracle struct {
	world  *world
	next   int64
	seen   []map[slot][]int64 // by node
	byHash map[string]*write
	byID   map[int64]*write
	inner  map[string]bool // entries behind which their Update goes on
	ends   map[string]bool // entries that end an Update
	locked map[engine.Key]any
	erased map[lab.ID]bool // people whom somebody erased
	poison map[engine.Key]bool
	copied map[slot]bool // a value there was written twice, so that a value no longer tells its writer
	lost   bool          // the hub lost commits: a change that stood on a lost one is in conflict for a reason that no screen shows
	back   bool          // a node came back from a backup or a copy was given up: what it alone had is gone
	broken error
}

func newOracle(w *world) *oracle {
	return &oracle{
		world: w, byHash: map[string]*write{}, byID: map[int64]*write{}, inner: map[string]bool{}, ends: map[string]bool{}, locked: map[engine.Key]any{},
		erased: map[lab.ID]bool{}, poison: map[engine.Key]bool{}, copied: map[slot]bool{},
	}
}

// ViolationError is an invariant that did not hold.
type ViolationError struct {
	Invariant string
	Text      string
}

// Error gives the invariant with what was seen.
func (v *ViolationError) Error() string { return v.Invariant + ": " + v.Text }

// failf notes the first violation.
func (o *oracle) failf(invariant, format string, args ...any) {
	if o.broken == nil {
		o.broken = &ViolationError{invariant, fmt.Sprintf(format, args...)}
	}
}

func (o *oracle) join(*node) { o.seen = append(o.seen, map[slot][]int64{}) }

// value makes a value that nothing else in the world has.
func (o *oracle) value() int64 {
	o.next++
	return o.next
}

func wordOf(id int64) string { return "w" + strconv.FormatInt(id, 10) }

// idOf reads a value back; 0 for none.
func idOf(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case string:
		if text, ok := strings.CutPrefix(v, "w"); ok {
			id, err := strconv.ParseInt(text, 10, 64)
			if err == nil {
				return id
			}
		}
	}
	return 0
}

func groupOf(entity, f int) int {
	e, _ := registry(newestSchema).EntityByID(entity)
	fd, _ := e.Field(f)
	return fd.Group
}

// see notes what a node shows of a record.
func (o *oracle) see(n *node, k engine.Key) {
	r, ok := n.store.row(k)
	if !ok {
		return
	}
	for f, v := range r.values {
		if id := idOf(v); id != 0 && unique(k.Entity, f) {
			o.saw(n.number, slot{k, groupOf(k.Entity, f)}, id)
		}
	}
}

func (o *oracle) saw(number int, s slot, id int64) {
	if !slices.Contains(o.seen[number][s], id) {
		o.seen[number][s] = append(slices.Clip(o.seen[number][s]), id)
	}
}

// wrote notes the entries of one Update of a node's people.
func (o *oracle) wrote(n *node, entries []journal.Entry) {
	o.update(entries)
	for i := range entries {
		e := &entries[i]
		if e.Op == journal.OpErase {
			o.erased[e.Subject] = true
		}
		if e.Entity == 0 {
			continue
		}
		k := engine.Key{Entity: e.Entity, ID: e.Record}
		w := &write{key: k, op: e.Op, ids: map[int]int64{}, saw: map[int][]int64{}, node: n.number}
		for g := range 4 {
			w.saw[g] = o.seen[n.number][slot{k, g}]
		}
		for _, fields := range []map[int]any{e.Fields, e.PHI} {
			for f, v := range fields {
				if id := idOf(v); f > 0 && id != 0 && unique(e.Entity, f) {
					w.ids[f] = id
					if o.byID[id] != nil {
						o.copied[slot{k, groupOf(k.Entity, f)}] = true
						continue
					}
					o.byID[id] = w
				}
			}
		}
		for f, id := range w.ids {
			o.saw(n.number, slot{k, groupOf(k.Entity, f)}, id)
		}
		o.byHash[string(e.Hash)] = w
	}
}

// update notes which entries stand inside of an Update.
func (o *oracle) update(entries []journal.Entry) {
	for i := range entries {
		if i+1 < len(entries) && entries[i+1].TxID == entries[i].TxID {
			o.inner[string(entries[i].Hash)] = true
		} else {
			o.ends[string(entries[i].Hash)] = true // a copy of the node may have ended the same Update here
		}
	}
}

// hubWrote notes a change of a person at the hub, who sees what the hub shows.
func (o *oracle) hubWrote(_ lab.ID, e journal.Entry) {
	k := engine.Key{Entity: e.Entity, ID: e.Record}
	w := &write{key: k, op: e.Op, ids: map[int]int64{}, saw: map[int][]int64{}, node: -1}
	s := o.world.hub.state
	r := s.records[k]
	for f, v := range r.Doc {
		if id := idOf(v); id != 0 && unique(k.Entity, f) {
			w.saw[groupOf(k.Entity, f)] = append(w.saw[groupOf(k.Entity, f)], id)
		}
	}
	for _, c := range s.conflicts {
		if c.Key != k {
			continue
		}
		for _, side := range append(slices.Clone(c.Clients), c.Server) {
			for f, v := range side.Fields {
				if id := idOf(v); id != 0 && f > 0 && unique(k.Entity, f) {
					w.saw[groupOf(k.Entity, f)] = append(w.saw[groupOf(k.Entity, f)], id)
				}
			}
		}
	}
	for f, v := range e.Fields {
		if id := idOf(v); f > 0 && id != 0 && unique(e.Entity, f) {
			w.ids[f] = id
			if o.byID[id] == nil {
				o.byID[id] = w
			}
		}
	}
	o.byHash[string(e.Hash)] = w
}

// beforePerform gives how long the journal is.
func (o *oracle) beforePerform(n *node, effect engine.NodeEffect) int {
	switch e := effect.(type) {
	case engine.InstallPage:
		o.tenancy(n, &e.Page)
	case engine.StartEpoch:
	default:
		return 0
	}
	return len(n.store.entries())
}

// performed looks at what an effect did to the node.
func (o *oracle) performed(n *node, effect engine.NodeEffect, before int) {
	switch e := effect.(type) {
	case engine.InstallPage:
		o.update(n.store.entries()[before:])
		for _, r := range e.Page.Rows {
			k := engine.Key{Entity: r.Entity, ID: lab.ID(r.ID)}
			o.see(n, k)
			o.signature(n, k)
		}
		for _, id := range n.store.list(verification) {
			o.signature(n, engine.Key{Entity: verification, ID: id})
		}
	case engine.StartEpoch:
		o.reissued(n, before)
	}
}

// reissued finds which writes the entries of a new epoch issue again.
func (o *oracle) reissued(n *node, before int) {
	log := n.store.entries()
	o.update(log[before:])
	origins := map[string]*write{}
	for i := range log[:before] {
		if w := o.byHash[string(log[i].Hash)]; w != nil {
			origin, err := wire.Origin(n.device[:], log[i].Epoch, log[i].Seq)
			if err == nil {
				origins[string(origin)] = w
			}
		}
	}
	for i := range log[before:] {
		e := &log[before+i]
		if w := origins[string(e.OriginPos)]; w != nil && e.Op != journal.OpApplied {
			o.byHash[string(e.Hash)] = w
		}
	}
}

// signature is I3 at a node: a verification stands with the value that it was given for.
func (o *oracle) signature(n *node, k engine.Key) {
	if k.Entity != verification {
		return
	}
	v, ok := n.store.row(k)
	if !ok {
		return
	}
	id, _ := v.values[verifyResult].([]byte)
	if len(id) != 16 {
		return
	}
	r, found := n.store.row(engine.Key{Entity: result, ID: lab.ID(id)})
	if !found || !same(r.values[resultHash], v.values[verifyHash]) {
		o.failf("I3", "node %d shows the verification of another value than the one it was given for", n.number)
	}
}

// tenancy is I8: nothing of another lab or organisation comes to a node.
func (o *oracle) tenancy(n *node, p *wire.Page) {
	for _, r := range p.Rows {
		at := o.world.hub.state.records[engine.Key{Entity: r.Entity, ID: lab.ID(r.ID)}]
		if at != nil && at.Home != n.lab && at.Home != n.org {
			o.failf("I8", "node %d of lab %x gets a record of %x", n.number, n.lab[:3], at.Home[:3])
		}
	}
}
