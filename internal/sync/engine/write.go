package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/policy"
	"jaanch/internal/sync/wire"
)

// write applies an insert, an update or an amendment, group by group.
func (f *fold) write(c change) Outcome {
	if c.record == nil || c.record.stub() {
		return f.create(c)
	}
	if !c.Subject.IsZero() && c.record.Subject.IsZero() {
		c.record.Subject = c.Subject
	}
	out := Outcome{}
	for _, g := range c.groups {
		one := f.writeGroup(c, g)
		if one.Code > out.Code {
			out = one
		}
	}
	if out.Code == wire.Applied {
		f.resolve(c)
	}
	return out
}

// resolve closes the conflict that the entry decides. A decision that did not become the hub's value decides nothing: it
// has joined the conflict, which stays open.
func (f *fold) resolve(c change) {
	if c.resolves.IsZero() {
		return
	}
	for _, open := range f.Open {
		if open.ID != c.resolves || open.Key != c.record.Key || open.State != StateOpen {
			continue
		}
		if cur := c.record.Groups[open.Group]; open.Group != GroupDeleted && f.foreign(c, open.Group, cur) {
			return // decided without having seen what stands there now
		}
		open.State, open.Resolver, open.Winner, open.ClosedMS = StateResolved, c.Actor, string(policy.Client), c.WallMS
		f.closed[open.ID] = c.TxID
		f.touched[open.ID] = open
		return
	}
}

// foreign tells that somebody else set the group's value after the version on which the entry stands.
func (f *fold) foreign(c change, g int, cur Group) bool {
	return cur.RV > c.Base[g] && !f.own(cur)
}

// doubtful tells that the node may show something else in the group than what it sent: the entry was issued again, or
// stands on a version of another life of the hub, which may have been lost. Then the node gets back what stands.
func (f *fold) doubtful(c change, g int, cur Group) bool {
	base := c.Base[g]
	return len(c.OriginPos) > 0 || base > cur.RV || base > 0 && base>>hubEpochBits < f.HubEpoch
}

// own tells that the value comes from the very journal that is pushed: from this epoch of the device, or from an earlier
// one before the place where the journal left it. What stands behind that place was written by another life of the
// device, which this one has not seen.
func (f *fold) own(cur Group) bool {
	if cur.Device != f.Device {
		return false
	}
	at, last := f.Epoch, cur.Seq
	for {
		if cur.Epoch == at {
			return cur.Seq <= last
		}
		i := slices.IndexFunc(f.Forks, func(m ForkMark) bool { return m.Epoch == at && m.Parent < at })
		if i < 0 {
			return false
		}
		at, last = f.Forks[i].Parent, min(last, f.Forks[i].Common)
	}
}

// create makes the record of an insert. Every group of the entity begins with a version, also an empty one. A
// verification of another value than the one that stands here is held: it is never attached to what nobody saw.
func (f *fold) create(c change) Outcome {
	if out, held := f.hold(c); held {
		return out
	}
	home := f.Lab
	if c.entity.Scope == journal.ScopeOrg {
		home = f.Org
	}
	r := &Record{
		Key: Key{c.Entity, c.Record}, Home: home, CreatedBy: f.Device, Subject: c.Subject,
		RV: f.firstRV(), Groups: map[int]Group{}, Doc: map[int]any{}, fresh: true, dirty: true,
	}
	if c.record != nil {
		f.adopt(c, r)
	}
	for _, g := range c.entity.Groups {
		r.Groups[g.ID] = f.stamp(c, r.RV)
	}
	for _, g := range c.groups {
		r.Groups[g] = f.stamp(c, r.RV)
		r.put(c.fields[g])
	}
	f.Batch.Records[r.Key] = r
	f.lock(c)
	f.count(c, r)
	return Outcome{}
}

// firstRV begins a record's versions. The hub's epoch stands in the high bits, so that a version that was lost with a
// failed hub is never given again.
func (f *fold) firstRV() int64 { return f.HubEpoch<<hubEpochBits | 1 }

// hubEpochBits is where in a version the hub's epoch begins.
const hubEpochBits = 40

func (f *fold) nextRV(r *Record) int64 { return max(r.RV+1, f.firstRV()) }

// stamp is the bookkeeping of a group that this entry sets.
func (f *fold) stamp(c change, rv int64) Group {
	return Group{
		RV: rv, Pos: moved, Device: f.Device, Epoch: f.Epoch, Seq: c.Seq, Actor: c.Actor, WallMS: c.WallMS, ZoneMin: c.ZoneMin,
		HLC: f.effective(c.HLC), Suspect: c.HLC.Millis() > f.NowMS+suspectAhead,
	}
}

// put writes values into the document; an absent field is the same as nil.
func (r *Record) put(fields map[int]any) {
	for id, v := range fields {
		if v == nil {
			delete(r.Doc, id)
			continue
		}
		r.Doc[id] = v
	}
}

// writeGroup decides one group of a record that exists.
func (f *fold) writeGroup(c change, g int) Outcome {
	r, fields := c.record, c.fields[g]
	cur := r.Groups[g]
	if !r.differs(fields) {
		f.nudge(r, g) // its node kept the group while this entry was on its way, and passed over what else came of it
		return Outcome{}
	}
	open := f.openOn(r.Key, g)
	switch {
	case slices.Contains(r.Locked, g) || c.entity.fixed:
		return f.refuse(c, g, KindLocked, open) // also an amendment: it is a record of its own
	case r.Deleted:
		return f.refuse(c, g, KindTombstone, open)
	case f.foreign(c, g, cur) && f.Again[c.Seq]:
		f.nudge(r, g) // it was here before, and what stands was written over it or beside it
		return Outcome{}
	case f.foreign(c, g, cur):
		if open != nil {
			return f.join(open, c, g)
		}
		return f.settle(c, g, cur)
	}
	f.take(c, g, fields)
	if f.doubtful(c, g, cur) {
		f.nudge(r, g)
	}
	if open == nil {
		return Outcome{}
	}
	if open.ID != c.resolves {
		open.Server = valueOf(r.Groups[g], r.values(c.entity, g), r.Deleted)
		f.touched[open.ID] = open
	}
	f.attach(open, r)
	return Outcome{}
}

// take makes the entry's values those of the hub.
func (f *fold) take(c change, g int, fields map[int]any) {
	r := c.record
	r.RV = f.nextRV(r)
	was, now := r.Groups[g], f.stamp(c, r.RV)
	if f.own(was) && c.Base[g] < was.Refused {
		now.Refused = was.Refused // the node has not heard yet
	}
	r.Groups[g] = now
	r.put(fields)
	if r.Changed == nil {
		r.Changed = map[int]int64{}
	}
	for id := range fields {
		r.Changed[id] = r.RV
	}
	r.dirty = true
}

// mixed tells that the server side changed fields of the group, after the entry's base, that the entry does not name: an
// entry that wins would stand beside values that its writer has not seen.
func (f *fold) mixed(c change, g int) bool {
	for id, rv := range c.record.Changed {
		fd, known := c.entity.fields[id]
		if _, named := c.fields[g][id]; !named && known && fd.Group == g && rv > c.Base[g] {
			return true
		}
	}
	return false
}

// settle lets the group's strategy decide, and records the contest whoever wins it.
func (f *fold) settle(c change, g int, cur Group) Outcome {
	r := c.record
	group, known := c.entity.groups[g]
	if !known {
		group = journal.Group{ID: g, Name: "unknown", Strategy: "LastWriteWins"}
	}
	server := r.values(c.entity, g)
	client := maps.Clone(server)
	maps.Copy(client, c.fields[g])
	verdict := f.contest(c.entity.Entity, group, r,
		policy.Side{Fields: server, HLC: cur.HLC, Device: cur.Device, Suspect: cur.Suspect},
		policy.Side{Fields: client, HLC: f.effective(c.HLC), Device: f.Device, Suspect: c.HLC.Millis() > f.NowMS+suspectAhead})
	mixed := verdict.Winner == policy.Client && f.mixed(c, g)
	if mixed && f.atomic(c, g) {
		verdict = policy.Verdict{Winner: policy.Nobody}
	}
	if decided := f.resolvedOn(r.Key, g); decided != nil && verdict.Winner == policy.Nobody {
		return f.reopen(decided, c, valueOf(cur, server, r.Deleted))
	}
	con := f.record(c, g, KindValue, group.Strategy, server)
	con.Winner = string(verdict.Winner)
	switch verdict.Winner {
	case policy.Client:
		con.State = StateAuto
		f.take(c, g, c.fields[g])
		f.nudge(r, g) // its node has to hear what stands beside it, and what became of its earlier ones that lost
		return Outcome{Code: wire.Applied, Conflict: con.ID}
	case policy.Both:
		con.State = StateAuto
		f.take(c, g, verdict.Fields)
		merged := r.Groups[g]
		merged.Device, merged.Epoch, merged.Seq = lab.ID{}, f.HubEpoch, 0 // the value is the hub's own: nobody skips it as an echo
		r.Groups[g] = merged
		return Outcome{Code: wire.Merged, Conflict: con.ID}
	case policy.Server:
		con.State = StateAuto
		f.nudge(r, g)
		return Outcome{Code: wire.Superseded, Conflict: con.ID}
	case policy.Nobody:
	}
	con.State = StateOpen
	f.Open = append(f.Open, con)
	f.nudge(r, g)
	return Outcome{Code: wire.ConflictOpen, Conflict: con.ID}
}

// atomic tells that the group's values count only together: their content is hashed and signed.
func (f *fold) atomic(c change, g int) bool {
	fd, ok := c.entity.fields[f.Schema.HashField(c.Entity)]
	return ok && fd.Group == g
}

// refuse keeps the hub's value whatever the strategy says, and leaves the decision to a person.
func (f *fold) refuse(c change, g int, kind string, open *Conflict) Outcome {
	if open != nil {
		return f.join(open, c, g)
	}
	con := f.record(c, g, kind, "ManualResolution", c.record.values(c.entity, g))
	con.State, con.Winner = StateOpen, string(policy.Nobody)
	f.Open = append(f.Open, con)
	f.nudge(c.record, g)
	return Outcome{Code: wire.ConflictOpen, Conflict: con.ID}
}

// join adds a further edit to a conflict that is still open.
func (f *fold) join(open *Conflict, c change, g int) Outcome {
	value := f.client(c, g)
	if !slices.ContainsFunc(open.Clients, func(v Value) bool { return v.Device == value.Device && v.Epoch == value.Epoch && v.Seq == value.Seq }) {
		open.Clients = append(open.Clients, value)
	}
	f.touched[open.ID] = open
	if open.ID == c.resolves {
		f.refused[open.ID] = c.TxID
	}
	f.nudge(c.record, g)
	return Outcome{Code: wire.ConflictOpen, Conflict: open.ID}
}

// nudge moves a group in the feed without a new version, so that the node whose value lost pulls the truth. Where the
// value that stands is an earlier one of the same node, it is marked: else the node would skip it as its own echo, and
// show the value that was refused for ever.
func (f *fold) nudge(r *Record, g int) {
	cur := r.Groups[g]
	cur.Pos = moved
	if cur.Device == f.Device && cur.Epoch == f.Epoch {
		cur.Refused = max(cur.Refused, cur.RV)
	}
	r.Groups[g] = cur
	r.dirty = true
}

// remove applies a tombstone.
func (f *fold) remove(c change) Outcome {
	r := c.record
	if r.Deleted {
		for g := range r.Groups {
			f.nudge(r, g) // its node kept them while this entry was on its way
		}
		return Outcome{}
	}
	kind := ""
	if len(r.Locked) > 0 {
		kind = KindLocked
	}
	for _, g := range slices.Sorted(maps.Keys(r.Groups)) {
		if g != GroupDeleted && f.foreign(c, g, r.Groups[g]) && kind == "" {
			kind = KindTombstone
		}
	}
	if kind != "" {
		out := f.refuse(c, GroupDeleted, kind, f.openOn(r.Key, GroupDeleted))
		r.RV = f.nextRV(r)
		back := f.stamp(c, r.RV)
		back.Device, back.Epoch, back.Seq, back.Suspect = lab.ID{}, f.HubEpoch, 0, false
		r.Groups[GroupDeleted] = back // of the hub's own making, so that the node that removed it gets it back
		for g := range r.Groups {
			if cur := r.Groups[g]; cur.Device != f.Device || cur.Epoch != f.Epoch {
				f.nudge(r, g)
			}
		}
		return out
	}
	for g := range r.Groups {
		if f.doubtful(c, g, r.Groups[g]) {
			f.nudge(r, g)
		}
	}
	r.RV = f.nextRV(r)
	r.Deleted = true
	r.Groups[GroupDeleted] = f.stamp(c, r.RV)
	r.dirty = true
	return Outcome{}
}

// record begins a conflict. Its id follows from the entry, so that a batch sent twice makes it once.
func (f *fold) record(c change, g int, kind, strategy string, server map[int]any) *Conflict {
	r := c.record
	con := &Conflict{
		ID: conflictID(f.Device, f.Epoch, c.Seq, g), Key: r.Key, Home: r.Home, Group: g, Subject: r.Subject, Kind: kind,
		Strategy: strategy, Base: c.Base[g], Server: valueOf(r.Groups[g], server, r.Deleted), Clients: []Value{f.client(c, g)},
	}
	f.touched[con.ID] = con
	return con
}

func (f *fold) client(c change, g int) Value {
	return Value{
		Device: f.Device, Epoch: f.Epoch, Seq: c.Seq, Actor: c.Actor, WallMS: c.WallMS, ZoneMin: c.ZoneMin, HLC: c.HLC,
		Deleted: c.Op == journal.OpTombstone, Fields: c.fields[g],
	}
}

func valueOf(g Group, fields map[int]any, deleted bool) Value {
	return Value{
		Device: g.Device, Epoch: g.Epoch, Seq: g.Seq, Actor: g.Actor, WallMS: g.WallMS, ZoneMin: g.ZoneMin, HLC: g.HLC,
		Deleted: deleted, Fields: fields,
	}
}

func conflictID(device lab.ID, epoch, seq int64, group int) lab.ID {
	b := append([]byte("jaanch conflict 1"), device[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(epoch))
	b = binary.BigEndian.AppendUint64(b, uint64(seq))
	b = binary.BigEndian.AppendUint64(b, uint64(group))
	sum := sha256.Sum256(b)
	var id lab.ID
	copy(id[:], sum[:])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8: a hash of our own making
	return id
}

func (f *fold) openOn(k Key, g int) *Conflict {
	for _, c := range f.Open {
		if c.Key == k && c.Group == g && c.State == StateOpen {
			return c
		}
	}
	return nil
}

// differs tells whether any of the values is not the record's.
func (r *Record) differs(fields map[int]any) bool {
	for id, v := range fields {
		if !equal(r.Doc[id], v) {
			return true
		}
	}
	return false
}

// values gives the fields of one group.
func (r *Record) values(es *entitySchema, g int) map[int]any {
	out := map[int]any{}
	for id, v := range r.Doc {
		f, known := es.fields[id]
		if known && f.Group == g || !known && g == unknownGroup {
			out[id] = v
		}
	}
	return out
}

func equal(a, b any) bool {
	x, ok1 := a.([]byte)
	y, ok2 := b.([]byte)
	if ok1 || ok2 {
		return ok1 && ok2 && bytes.Equal(x, y)
	}
	return a == b
}
