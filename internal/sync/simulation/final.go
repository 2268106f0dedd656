package simulation

import (
	"bytes"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// final judges the world once nothing moves.
func (o *oracle) final() {
	for _, n := range o.world.nodes {
		if n.gone {
			continue
		}
		o.converged(n)
		o.complete(n)
		o.forgot(n)
	}
	o.forgotAtHub()
	o.idempotent()
}

// converged is I1: a node shows what the hub holds of its scopes, field by field. What waits for a person at the node
// is the hub's value as well.
func (o *oracle) converged(n *node) {
	s := o.world.hub.state
	reg := registry(n.schema)
	for _, k := range sortedKeys(s.records) {
		r := s.records[k]
		entity, known := reg.EntityByID(k.Entity)
		if !known || len(r.Groups) == 0 || r.Home != n.org && r.Home != n.lab {
			continue
		}
		if !o.waits(n, k) {
			o.equal(n, r, entity)
		}
	}
	o.nothingElse(n, reg)
	for _, c := range n.machine.Cursors {
		if scope := lab.ID(c.Scope); c.HubEpoch != s.hubEpoch || o.missing(c.Pos, scope) {
			o.failf("I6", "node %d stands at %d of %d", n.number, c.Pos, s.heads[scope])
		}
	}
}

// equal compares one record.
func (o *oracle) equal(n *node, r *engine.Record, entity journal.Entity) {
	at, found := n.store.row(r.Key)
	if !found {
		o.failf("I1", "node %d lacks a record of entity %d (pos %d)", n.number, r.Entity, r.Pos)
		return
	}
	if at.deleted != r.Deleted {
		o.failf("I1", "node %d shows a record of entity %d deleted=%v, the hub %v", n.number, r.Entity, at.deleted, r.Deleted)
	}
	for _, f := range entity.Fields {
		if !same(at.values[f.ID], r.Doc[f.ID]) && !o.forgotten(r, f.ID) {
			o.failf("I1", "node %d shows %v in field %d of entity %d, the hub %v", n.number, at.values[f.ID], f.ID, r.Entity, r.Doc[f.ID])
		}
	}
}

// nothingElse finds records that only a node has. What hub and author have both lost may live on at a third node.
func (o *oracle) nothingElse(n *node, reg journal.Registry) {
	s := o.world.hub.state
	for _, entity := range reg.Entities {
		for _, id := range n.store.list(entity.ID) {
			k := engine.Key{Entity: entity.ID, ID: id}
			if s.records[k] == nil && !o.poison[k] && !heldAt(s, k, n) && (!o.lost || !o.back) {
				o.failf("I1", "node %d has a record of entity %d that the hub lacks", n.number, entity.ID)
			}
		}
	}
}

// missing tells that records stand behind the cursor.
func (o *oracle) missing(pos int64, scope lab.ID) bool {
	for _, r := range o.world.hub.state.records {
		if r.Home == scope && r.Pos > pos {
			return true
		}
	}
	return false
}

// waits tells that something of the record is kept aside at the node: then that is what the hub holds.
func (o *oracle) waits(n *node, k engine.Key) bool {
	for _, p := range n.store.staged() {
		row := &p.Rows[0]
		if row.Entity == k.Entity && bytes.Equal(row.ID, k.ID[:]) {
			r := o.world.hub.state.records[k]
			for _, g := range row.Groups {
				fields, err := journal.DecodeFields(g.Fields)
				if err != nil {
					o.failf("I1", "what node %d kept aside cannot be read", n.number)
				}
				for f, v := range fields {
					if !same(v, r.Doc[f]) {
						o.failf("I1", "node %d kept %v of field %d of entity %d aside, the hub has %v", n.number, v, f, k.Entity, r.Doc[f])
					}
				}
			}
			return true
		}
	}
	return false
}

// complete is I2 at the end: every entry of a living journal stands at the hub, under its own hash.
func (o *oracle) complete(n *node) {
	have := map[string]bool{}
	for _, t := range o.world.hub.state.journal[n.device] {
		have[string(t.entry.Hash)] = true
	}
	for _, e := range tailOf(n.store.entries(), n.machine.Marks) {
		if !have[string(e.Hash)] {
			o.failf("I2", "entry %d (%s, epoch %d) of node %d is not at the hub", e.Seq, e.Op, e.Epoch, n.number)
			return
		}
	}
}

// forgot tells that a node holds nothing any more of people who were erased.
func (o *oracle) forgot(n *node) {
	for _, k := range sortedKeys(o.world.hub.state.records) {
		if k.Entity != engine.EntityErasure || o.world.hub.state.records[k].Home != n.org {
			continue
		}
		if r, ok := n.store.row(engine.Key{Entity: patient, ID: k.ID}); ok && (idOf(r.values[patientName]) != 0 || idOf(r.values[patientPhone]) != 0) {
			o.failf("erasure", "node %d still shows somebody who was erased", n.number)
		}
		for _, e := range n.store.entries() {
			if e.Subject == k.ID && len(e.PHI) > 0 {
				o.failf("erasure", "the journal of node %d still names somebody who was erased", n.number)
			}
		}
		for _, p := range n.store.staged() {
			if bytes.Equal(p.Rows[0].Subject, k.ID[:]) && slices.ContainsFunc(p.Rows[0].Groups, func(g rowGroup) bool { return len(g.PHI) > 1 && names(g.PHI) }) {
				o.failf("erasure", "node %d keeps the name of somebody who was erased aside", n.number)
			}
		}
	}
}

// forgotAtHub is the same for the hub: records, journals, conflicts, keys.
func (o *oracle) forgotAtHub() {
	s := o.world.hub.state
	for _, k := range sortedKeys(s.records) {
		if k.Entity != engine.EntityErasure {
			continue
		}
		if s.keys[k.ID] != nil {
			o.failf("erasure", "the hub still has the key of somebody who was erased")
		}
		if r := s.records[engine.Key{Entity: patient, ID: k.ID}]; r != nil && (r.Doc[patientName] != nil || r.Doc[patientPhone] != nil) {
			o.failf("erasure", "the hub still shows somebody who was erased")
		}
		for _, log := range s.journal {
			for i := range log {
				if log[i].entry.Subject == k.ID && len(log[i].entry.PHI) > 0 {
					o.failf("erasure", "the hub's journal still names somebody who was erased")
				}
			}
		}
		for _, c := range s.conflicts {
			for _, side := range append(slices.Clone(c.Clients), c.Server) {
				if c.Key == (engine.Key{Entity: patient, ID: k.ID}) && (side.Fields[patientName] != nil || side.Fields[patientPhone] != nil) {
					o.failf("erasure", "a conflict still names somebody who was erased")
				}
			}
		}
	}
}

// idempotent is I5: what was taken once is not taken again.
func (o *oracle) idempotent() {
	w := o.world
	for _, n := range w.nodes {
		if n.gone {
			continue
		}
		log := tailOf(n.store.entries(), n.machine.Marks)
		first := slices.IndexFunc(log, func(e journal.Entry) bool { return e.Epoch == n.machine.Epoch })
		if first < 0 {
			continue
		}
		before := w.hub.state
		tx, refused := w.hub.push(makePush(n.device, nil, n.store.entries(), log[first:], n.schema))
		if refused != nil || tx == nil {
			o.failf("I5", "the journal of node %d, sent again, is refused: %v", n.number, refused)
			continue
		}
		w.hub.commit(tx)
		if tx.end.Fresh != 0 || len(tx.result.Records) != 0 || len(w.hub.state.order) != len(before.order) {
			o.failf("I5", "the journal of node %d, sent again, changed the hub", n.number)
		}
	}
}

type rowGroup = wire.RowGroup

// names tells that the bytes hold a value of somebody.
func names(phi []byte) bool {
	fields, err := journal.DecodeFields(phi)
	if err != nil {
		return true
	}
	for _, v := range fields {
		if idOf(v) != 0 {
			return true
		}
	}
	return false
}
