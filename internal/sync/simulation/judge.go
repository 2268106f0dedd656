package simulation

import (
	"encoding/json"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// committed judges one commit at the hub: what stood before, what stands now, and whose writes came in.
func (o *oracle) committed(was, now *hubState, tx *hubTx) {
	for _, subject := range tx.result.Erased {
		o.erased[subject] = true
	}
	o.chain(was, now, tx)
	for i := range tx.items {
		o.landed(now, tx, i)
	}
	for _, r := range tx.result.Records {
		o.moved(was.records[r.Key], now.records[r.Key], now, tx)
	}
	for _, c := range tx.result.Conflicts {
		o.contest(was.conflicts[c.ID], now.conflicts[c.ID], tx)
	}
	o.merged(was, now, tx)
	o.locks(now, tx)
	o.held(was, now)
	o.positions(now, tx)
}

// positions is I6 at the hub: no two records of a scope stand at one position, and none behind the head.
func (o *oracle) positions(now *hubState, tx *hubTx) {
	if len(tx.result.Records) == 0 {
		return
	}
	type spot struct {
		scope lab.ID
		pos   int64
	}
	seen := map[spot]bool{}
	for _, r := range now.records {
		at := spot{r.Home, r.Pos}
		if seen[at] {
			o.failf("I6", "position %d was given twice", r.Pos)
		}
		if r.Pos > now.heads[r.Home] {
			o.failf("I6", "a record stands at %d, behind the head %d", r.Pos, now.heads[r.Home])
		}
		seen[at] = true
	}
}

// chain is I7 and the clock: no half Update, and readings of one device only ever rise.
func (o *oracle) chain(was, now *hubState, tx *hubTx) {
	if len(tx.items) == 0 {
		return
	}
	if last := tx.items[len(tx.items)-1].Entry.Hash; o.inner[string(last)] && !o.ends[string(last)] {
		o.failf("I7", "half an Update is visible at the hub")
	}
	var last journal.HLC
	if log := was.journal[tx.device]; len(log) > 0 && log[len(log)-1].entry.Epoch == tx.items[0].Entry.Epoch {
		last = log[len(log)-1].entry.HLC
	}
	for i := range tx.items {
		e := &tx.items[i].Entry
		if e.HLC <= last && tx.device[0] == 0xd0 {
			o.failf("I7", "entry %d of device %x has an earlier clock than the one before it", e.Seq, tx.device[:2])
		}
		last = e.HLC
	}
	if n := len(now.journal[tx.device]) - len(was.journal[tx.device]); n != len(tx.items) {
		o.failf("I2", "%d of %d entries stand in the hub's journal", n, len(tx.items))
	}
}

// writesOn gives the writes of a transaction on a record.
func (o *oracle) writesOn(tx *hubTx, k engine.Key) []*write {
	var out []*write
	for i := range tx.items {
		e := &tx.items[i].Entry
		if w := o.byHash[string(e.Hash)]; w != nil && w.key == k && e.Op != journal.OpApplied {
			out = append(out, w)
		}
	}
	return out
}

// recorded tells whether a conflict of the record holds the value of that field.
func recorded(s *hubState, k engine.Key, f int, id int64) bool {
	for _, c := range s.conflicts {
		if c.Key != k {
			continue
		}
		if idOf(c.Server.Fields[f]) == id {
			return true
		}
		for _, side := range c.Clients {
			if idOf(side.Fields[f]) == id {
				return true
			}
		}
	}
	return false
}

// forgotten tells that the field was erased with its person.
func (o *oracle) forgotten(r *engine.Record, f int) bool {
	return r != nil && r.Entity == patient && (f == patientName || f == patientPhone) && o.erased[r.Subject]
}

// landed is I2: what a write made stands, was replaced by somebody who had seen it, or is kept in a conflict.
func (o *oracle) landed(now *hubState, tx *hubTx, i int) {
	e := &tx.items[i].Entry
	w := o.byHash[string(e.Hash)]
	if w == nil || e.Op == journal.OpApplied {
		return
	}
	if tx.result.Outcomes[i].Code == wire.Quarantined {
		if !o.poison[w.key] && !o.lost { // on a record that the hub lost: another node brings it back, and the entry waits there
			o.failf("I2", "a good entry of node %d (%v of entity %d) is in quarantine", w.node, w.op, w.key.Entity)
		}
		return
	}
	r := now.records[w.key]
	if r == nil {
		if w.key.Entity != verification {
			o.failf("I2", "a record of entity %d is not at the hub after its insert", w.key.Entity)
			return
		}
		o.waiting(now, w.key.ID, e)
		return
	}
	for f, id := range w.ids {
		here := idOf(r.Doc[f])
		if here == id || o.forgotten(r, f) || recorded(now, w.key, f, id) {
			continue
		}
		if later := o.byID[here]; later != nil && slices.Contains(later.saw[groupOf(w.key.Entity, f)], id) {
			continue
		}
		if replaced(o.writesOn(tx, w.key), w, f, id) {
			continue
		}
		o.failf("I2", "value %d of node %d is neither at the hub (%d) nor in a conflict", id, w.node, here)
	}
}

func replaced(writes []*write, w *write, f int, id int64) bool {
	g := groupOf(w.key.Entity, f)
	return slices.ContainsFunc(writes, func(l *write) bool { return l != w && l.ids[f] != 0 && slices.Contains(l.saw[g], id) })
}

// moved is I4: a value goes only by the hand of somebody who had seen it, else it stands in a conflict.
func (o *oracle) moved(was, now *engine.Record, s *hubState, tx *hubTx) {
	writes := o.writesOn(tx, now.Key)
	for _, g := range now.Groups {
		if g.HLC.Millis() > o.world.now+60_000 {
			o.failf("clamp", "a clock that ran ahead is kept: %d ms", g.HLC.Millis()-o.world.now)
		}
	}
	entity, _ := registry(newestSchema).EntityByID(now.Entity)
	for _, fd := range entity.Fields {
		if !unique(now.Entity, fd.ID) {
			continue
		}
		var before int64
		if was != nil {
			before = idOf(was.Doc[fd.ID])
		}
		after := idOf(now.Doc[fd.ID])
		if before == after || o.forgotten(now, fd.ID) {
			continue
		}
		if after == 0 || !slices.ContainsFunc(writes, func(w *write) bool { return w.ids[fd.ID] == after }) {
			o.failf("I4", "field %d of entity %d went from %d to %d, and nobody wrote that", fd.ID, now.Entity, before, after)
		}
		if before != 0 && !o.sawAny(writes, fd.Group, before) && !recorded(s, now.Key, fd.ID, before) {
			o.failf("I4", "value %d of entity %d was overwritten by %d in silence", before, now.Entity, after)
		}
	}
	if now.Deleted && (was == nil || !was.Deleted) {
		o.removed(was, s, writes)
	}
}

func (o *oracle) sawAny(writes []*write, group int, id int64) bool {
	return slices.ContainsFunc(writes, func(w *write) bool { return o.knew(w, group, id, 0) })
}

// knew tells that the writer had seen the value, or one whose writer had: that one stands for all that it replaced.
func (o *oracle) knew(w *write, group int, id int64, depth int) bool {
	if slices.Contains(w.saw[group], id) {
		return true
	}
	return o.lost && depth < 20 && slices.ContainsFunc(w.saw[group], func(seen int64) bool {
		before := o.byID[seen]
		return before != nil && before != w && o.knew(before, group, id, depth+1)
	})
}

// removed is I4 for tombstones.
func (o *oracle) removed(was *engine.Record, s *hubState, writes []*write) {
	if was == nil {
		return
	}
	for f, v := range was.Doc {
		id := idOf(v)
		if id == 0 || !unique(was.Entity, f) || o.forgotten(was, f) {
			continue
		}
		if was.Entity == patient && f == patientVIP {
			continue // a field that the remover's program may not know
		}
		if !o.sawAny(writes, groupOf(was.Entity, f), id) && !recorded(s, was.Key, f, id) {
			o.failf("I4", "value %d of entity %d was removed by somebody who had not seen it", id, was.Entity)
		}
	}
}

// contest is the other half of I4: a conflict stands only where two wrote without having seen each other, in the group
// that they wrote, and not where both say the same.
func (o *oracle) contest(was, now *engine.Conflict, tx *hubTx) {
	for _, side := range now.Clients {
		if now.Kind == engine.KindVerify {
			continue
		}
		for f := range side.Fields {
			if f > 0 && groupOf(now.Key.Entity, f) != now.Group {
				o.failf("I4", "a value of group %d stands in a conflict of group %d", groupOf(now.Key.Entity, f), now.Group)
			}
		}
	}
	if was != nil || now.Kind != engine.KindValue {
		return
	}
	side := now.Clients[0]
	differs := false
	for f, v := range side.Fields {
		differs = differs || f > 0 && !same(v, now.Server.Fields[f])
	}
	if !differs && len(side.Fields) > 0 {
		o.failf("I4", "a conflict where both sides say the same")
	}
	o.justified(now, tx, side)
}

// justified finds conflicts between changes that had seen each other.
func (o *oracle) justified(c *engine.Conflict, tx *hubTx, side engine.Value) {
	var w *write
	for i := range tx.items {
		if tx.items[i].Entry.Seq == side.Seq {
			w = o.byHash[string(tx.items[i].Entry.Hash)]
		}
	}
	if w == nil || o.lost || o.copied[slot{c.Key, c.Group}] || o.erased[c.Subject] {
		return
	}
	known, fresh := false, false
	for f, v := range c.Server.Fields {
		id := idOf(v)
		if id == 0 || !unique(c.Key.Entity, f) {
			continue
		}
		known = true
		if slices.Contains(w.saw[c.Group], id) {
			continue
		}
		fresh = true
		if server := o.byID[id]; server != nil && server != w && sawAll(server, w, c.Group) {
			o.failf("I4", "value %d of node %d is in conflict with %d, whose writer had seen it", side.Seq, w.node, id)
		}
	}
	if known && !fresh {
		o.failf("I4", "node %d is in conflict with a value that it had seen (group %d of entity %d)", w.node, c.Group, c.Key.Entity)
	}
}

// sawAll tells that the writer of one had seen all that the other wrote in the group.
func sawAll(later, w *write, group int) bool {
	n := 0
	for f, id := range w.ids {
		if groupOf(w.key.Entity, f) != group {
			continue
		}
		if !slices.Contains(later.saw[group], id) {
			return false
		}
		n++
	}
	return n > 0
}

// merged is I10: where two values were brought together, the outcome is what the rule on paper says, whoever came first.
func (o *oracle) merged(was, now *hubState, tx *hubTx) {
	for i, out := range tx.result.Outcomes {
		if out.Code != wire.Merged || i >= len(tx.items) {
			continue
		}
		e := &tx.items[i].Entry
		k := engine.Key{Entity: e.Entity, ID: e.Record}
		before := was.records[k]
		if before == nil || len(o.writesOn(tx, k)) != 1 {
			continue
		}
		for f, v := range e.Fields {
			if f <= 0 || unique(k.Entity, f) {
				continue
			}
			if want, ok := onPaper(k.Entity, f, before.Doc[f], v); ok && !same(want, now.records[k].Doc[f]) {
				o.failf("I10", "%v and %v were merged to %v, not %v", before.Doc[f], v, now.records[k].Doc[f], want)
			}
		}
	}
}

// onPaper merges two values as the design says it.
func onPaper(entity, f int, a, b any) (any, bool) {
	if a == nil || b == nil {
		return nil, false
	}
	switch {
	case entity == visit && f == visitUrgency:
		return later([]string{"routine", "urgent", "stat"}, a, b), true
	case entity == sample && f == sampleState:
		return later(states, a, b), true
	case entity == visit && f == visitCancel, entity == tag && f == tagLevel:
		x, ok1 := a.(int64)
		y, ok2 := b.(int64)
		return max(x, y), ok1 && ok2
	case entity == tag && f == tagWords:
		return union(a, b)
	}
	return nil, false
}

func union(a, b any) (any, bool) {
	var all []string
	for _, v := range []any{a, b} {
		var words []string
		text, ok := v.(string)
		if !ok || json.Unmarshal([]byte(text), &words) != nil {
			return nil, false
		}
		all = append(all, words...)
	}
	slices.Sort(all)
	text, err := json.Marshal(slices.Compact(all))
	return string(text), err == nil
}

func later(words []string, a, b any) any {
	x, _ := a.(string)
	y, _ := b.(string)
	if slices.Index(words, x) > slices.Index(words, y) {
		return a
	}
	return b
}

// states are those of a tube, in the order in which one comes after the other.
var states = []string{"expected", "cancelled", "collected", "received", "stored", "referred", "exhausted", "disposed", "rejected"}

// locks is I3 at the hub: a verified value never changes, and a verification stands with its own value.
func (o *oracle) locks(now *hubState, tx *hubTx) {
	for _, r := range tx.result.Records {
		switch r.Entity {
		case verification:
			o.lock(now, r)
		case result:
			if want, ok := o.locked[r.Key]; ok && !same(want, r.Doc[resultValue]) && len(r.Groups) > 0 {
				o.failf("I3", "a verified value went from %v to %v", want, r.Doc[resultValue])
			}
		}
	}
}

func (o *oracle) lock(now *hubState, v *engine.Record) {
	id, _ := v.Doc[verifyResult].([]byte)
	if len(id) != 16 {
		return
	}
	k := engine.Key{Entity: result, ID: lab.ID(id)}
	r := now.records[k]
	if r == nil || len(r.Groups) == 0 {
		return // the value itself comes later
	}
	if !same(r.Doc[resultHash], v.Doc[verifyHash]) {
		o.failf("I3", "a verification is attached to a value that its giver had not seen")
	}
	if _, ok := o.locked[k]; !ok {
		o.locked[k] = r.Doc[resultValue]
	}
}

// relock reads anew what is verified, after the hub lost commits.
func (o *oracle) relock() {
	o.lost = true
	o.locked = map[engine.Key]any{}
	now := o.world.hub.state
	for _, k := range sortedKeys(now.records) {
		if k.Entity == verification {
			o.lock(now, now.records[k])
		}
	}
}
