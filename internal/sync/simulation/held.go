package simulation

import (
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
)

// place is where a verification waits: the conflict, and the verification in it.
type place struct {
	conflict *engine.Conflict
	held     engine.Held
}

// heldBy gives everything that waits at the hub under a verification's id.
func heldBy(s *hubState, id lab.ID) []place {
	var out []place
	for _, at := range s.order {
		for _, h := range s.conflicts[at].Held {
			if h.Record == id {
				out = append(out, place{s.conflicts[at], h})
			}
		}
	}
	return out
}

// waiting is I2 for a verification that made no record as it came in: it stands whole in one conflict, which is open and
// is about the very value that it was given for.
func (o *oracle) waiting(now *hubState, id lab.ID, e *journal.Entry) {
	at := heldBy(now, id)
	if len(at) != 1 {
		o.failf("I2", "a verification waits in %d conflicts after its insert", len(at))
		return
	}
	if c := at[0].conflict; c.State != engine.StateOpen {
		o.failf("I2", "a verification waits in a conflict that is %s", c.State)
	}
	for f, v := range e.Fields {
		if f > 0 && !same(v, at[0].held.Fields[f]) {
			o.failf("I2", "field %d of a verification that waits is %v, not %v", f, at[0].held.Fields[f], v)
		}
	}
}

// held is I2 and I3 for what waits, at every commit: it goes on waiting in its conflict, or has become the record that it
// was, beside the value that it was given for; and where that value stands, it waits no longer.
func (o *oracle) held(was, now *hubState) {
	for _, id := range was.order {
		for _, h := range was.conflicts[id].Held {
			o.keeps(now, id, h)
		}
	}
	seen := map[lab.ID]bool{}
	for _, id := range now.order {
		c := now.conflicts[id]
		for _, h := range c.Held {
			if seen[h.Record] {
				o.failf("I2", "a verification waits twice")
			}
			seen[h.Record] = true
			o.apart(now, c, h)
		}
	}
}

// keeps finds what waited before.
func (o *oracle) keeps(now *hubState, conflict lab.ID, h engine.Held) {
	at := heldBy(now, h.Record)
	if len(at) == 1 && at[0].conflict.ID == conflict && same(at[0].held.Fields[verifyHash], h.Fields[verifyHash]) {
		return
	}
	r := now.records[engine.Key{Entity: verification, ID: h.Record}]
	switch {
	case r == nil:
		o.failf("I2", "a verification that waited in a conflict is gone")
	case !same(r.Doc[verifyHash], h.Fields[verifyHash]) || !same(r.Doc[verifyResult], h.Fields[verifyResult]):
		o.failf("I3", "a verification that waited became another one")
	}
}

// apart holds what waits against the record that it is about.
func (o *oracle) apart(now *hubState, c *engine.Conflict, h engine.Held) {
	about, _ := h.Fields[verifyResult].([]byte)
	if h.Entity != verification || c.Key.Entity != result || c.Group != 1 || !same(about, c.Key.ID.Bytes()) {
		o.failf("I3", "a verification waits in a conflict of something else")
	}
	if now.records[engine.Key{Entity: verification, ID: h.Record}] != nil {
		o.failf("I3", "a verification stands, and waits as well")
	}
	if r := now.records[c.Key]; c.State == engine.StateOpen && r != nil && same(r.Doc[resultHash], h.Fields[verifyHash]) {
		o.failf("I3", "a verification waits although its value stands")
	}
}

// signOff is a person at the hub who takes a value for which a verification waits, once everything else has come to rest.
// In every second history nobody does. False where nothing is left to take.
func (w *world) signOff() bool {
	s := w.hub.state
	if w.plan.Seed%2 == 1 {
		return false
	}
	for _, id := range s.order {
		c, r := s.conflicts[id], s.records[s.conflicts[id].Key]
		if len(c.Held) == 0 || c.State != engine.StateOpen || r == nil || r.Deleted || len(r.Locked) > 0 || w.signed[id] {
			continue
		}
		fields := signedValue(s, c)
		if fields == nil {
			continue
		}
		w.signed[id] = true
		fields[journal.FieldResolves] = c.ID.Bytes()
		w.hubEdit(r, journal.Entry{Op: journal.OpUpdate, Fields: fields, Base: map[int]int64{}})
		if now := w.hub.state.records[engine.Key{Entity: verification, ID: c.Held[0].Record}]; now == nil {
			w.oracle.failf("I2", "a verification goes on waiting after a person took its value")
		}
		return true
	}
	return false
}

// signedValue finds in the hub's journals the value that the first verification in a conflict was given for: it lost a
// contest, or somebody who had seen it replaced it before the verification came. Nil where the hub never heard of it.
func signedValue(s *hubState, c *engine.Conflict) map[int]any {
	for _, log := range s.journal {
		for i := range log {
			e := &log[i].entry
			if e.Entity == c.Key.Entity && e.Record == c.Key.ID && e.Fields[resultValue] != nil && same(e.Fields[resultHash], c.Held[0].Fields[verifyHash]) {
				return map[int]any{resultValue: e.Fields[resultValue], resultHash: e.Fields[resultHash]} // the hash names the value
			}
		}
	}
	return nil
}

// heldAt tells that the hub holds a node's verification in a conflict, with the value that the node shows.
func heldAt(s *hubState, k engine.Key, n *node) bool {
	if k.Entity != verification {
		return false
	}
	v, _ := n.store.row(k)
	at := heldBy(s, k.ID)
	return len(at) == 1 && same(at[0].held.Fields[verifyHash], v.values[verifyHash])
}
