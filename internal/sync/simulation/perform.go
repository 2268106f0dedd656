package simulation

import (
	"bytes"
	"maps"
	"math"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

func (m *model) perform(effect engine.NodeEffect) (engine.NodeEvent, error) {
	switch e := effect.(type) {
	case engine.LookUp:
		if e.Seq > int64(len(m.log)) {
			return engine.LookedUp{}, nil
		}
		return engine.LookedUp{Found: true, Hash: m.log[e.Seq-1].Hash}, nil
	case engine.KeepHello:
		if e.Reset {
			for i := range m.cursors {
				m.cursors[i].HubEpoch, m.cursors[i].Pos, m.cursors[i].Since = e.HubEpoch, 0, 0
			}
		}
		m.acked, m.hubEpoch = e.Acked, e.HubEpoch
		return engine.HelloKept{}, nil
	case engine.ReadBatch:
		return engine.BatchRead{Batch: m.batch(e)}, nil
	case engine.KeepAck:
		m.keepAck(e)
		return engine.AckKept{}, nil
	case engine.InstallPage:
		return m.install(e), nil
	case engine.StartEpoch:
		return m.startEpoch(e), nil
	}
	panic("simulation: effect without a store")
}

func (m *model) batch(e engine.ReadBatch) *wire.Push {
	if e.From > int64(len(m.log)) {
		return nil
	}
	entries := m.log[e.From-1:]
	if e.To > 0 && e.To-e.From+1 < int64(len(entries)) {
		entries = entries[:e.To-e.From+1]
	}
	n := wire.Cut(entries, m.world.plan.Batch, wire.MaxBytes)
	if m.world.bug == CutInsideUpdate {
		n = min(m.world.plan.Batch, n)
	}
	return makePush(m.device, m.keys, m.log, entries[:n], m.reg.Schema)
}

// makePush makes a batch as it comes out at the hub: content that stays at the node is not in it.
func makePush(device lab.ID, keys map[lab.ID][]byte, log, entries []journal.Entry, schema int) *wire.Push {
	p := &wire.Push{
		Device: device, Epoch: entries[0].Epoch, FirstSeq: entries[0].Seq, PrevHash: journal.Genesis(device), Schema: schema,
		Items: make([]wire.Item, len(entries)), Keys: map[lab.ID][]byte{},
	}
	if p.FirstSeq > 1 {
		p.PrevHash = log[p.FirstSeq-2].Hash
	}
	for i, e := range entries {
		if e.Op == journal.OpApplied {
			e.Fields, e.PHI = nil, nil
		}
		p.Items[i] = wire.Item{Entry: e, Erased: len(e.PHIDigest) > 0 && len(e.PHI) == 0}
		if key := keys[e.Subject]; len(e.PHI) > 0 && key != nil {
			p.Keys[e.Subject] = key
		}
	}
	p.LastHash = entries[len(entries)-1].Hash
	return p
}

func (m *model) keepAck(e engine.KeepAck) {
	m.acked = e.Reply.LastSeq
	for _, o := range e.Reply.Outcomes {
		m.results[o.Seq] = o
	}
	if m.world.bug == AckAdvancesBase {
		m.world.advanceBases(m)
	}
}

func (m *model) cursor(scope []byte) *wire.Cursor {
	for i := range m.cursors {
		if bytes.Equal(m.cursors[i].Scope, scope) {
			return &m.cursors[i]
		}
	}
	panic("simulation: a page of a scope that the node does not read")
}

func (m *model) install(e engine.InstallPage) engine.NodeEvent {
	p := &e.Page
	c := m.cursor(p.Scope)
	done := engine.Installed{Cursor: *c, Epoch: p.Epoch != m.epoch || p.LastSeq > int64(len(m.log)), Stale: c.HubEpoch != e.Since.HubEpoch || c.Pos != e.Since.Pos}
	if done.Epoch || done.Stale {
		return done
	}
	m.txid++
	for _, raw := range p.Erased {
		m.forget(lab.ID(raw))
	}
	m.takeKeys(p)
	for i := range p.Rows {
		m.installRow(p, i)
	}
	staged := m.stage
	for i := range staged {
		if _, waits := m.schema.Closing(&staged[i].Rows[0]); waits && staged[i].Epoch == m.epoch {
			m.unstage(&staged[i].Rows[0])
			m.takeKeys(&staged[i])
			m.installRow(&staged[i], 0)
		}
	}
	*c = c.Behind(p)
	done.Cursor = *c
	return done
}

func (m *model) takeKeys(p *wire.Page) {
	for _, i := range slices.Sorted(maps.Keys(p.Keys)) {
		if subject := lab.ID(p.Rows[i].Subject); m.keys[subject] == nil && !m.erased(subject) {
			m.keys[subject] = p.Keys[i]
		}
	}
	for i := range p.Rows {
		for _, g := range p.Rows[i].Groups {
			m.hlc = m.hlc.Receive(journal.HLC(g.HLC))
		}
	}
}

func (m *model) forget(subject lab.ID) {
	if m.world.bug == EraseNotForwarded || m.erased(subject) && m.keys[subject] == nil {
		return
	}
	m.stage = slices.DeleteFunc(slices.Clone(m.stage), func(p wire.Page) bool { return bytes.Equal(p.Rows[0].Subject, subject[:]) })
	m.erase(subject)
}

// erased tells that the person was erased here.
func (m *model) erased(subject lab.ID) bool {
	return slices.ContainsFunc(m.log, func(e journal.Entry) bool { return e.Op == journal.OpErase && e.Subject == subject })
}

func (m *model) unstage(r *wire.Row) {
	m.stage = slices.DeleteFunc(slices.Clone(m.stage), func(p wire.Page) bool {
		return p.Rows[0].Entity == r.Entity && bytes.Equal(p.Rows[0].ID, r.ID)
	})
}

func (m *model) installRow(p *wire.Page, place int) {
	wr := &p.Rows[place]
	if len(wr.Subject) == 16 && m.erased(lab.ID(wr.Subject)) {
		wr = engine.WithoutPHI(wr)
	}
	k := engine.Key{Entity: wr.Entity, ID: lab.ID(wr.ID)}
	r, found := m.rows[k]
	here := engine.Here{Found: found, Groups: r.groups, Locked: wr.Entity == result && m.verified(k.ID)}
	if closed, ok := m.schema.Closing(wr); ok {
		here.Closes, _ = m.rows[closed].values[resultHash].([]byte)
	}
	seen := *p
	seen.LastSeq = m.lastSeq(p)
	if m.world.bug == VerifyAnyHash {
		here.Closes = m.claimed(wr)
	}
	plan := engine.PlanRow(m.schema, m.device, &seen, wr, here)
	if len(plan.Hold) > 0 {
		one := *p
		held := *wr
		held.Groups = plan.Hold
		one.Rows, one.Keys, one.More, one.Erased = []wire.Row{held}, nil, false, nil
		if key, ok := p.Keys[place]; ok {
			one.Keys = map[int][]byte{0: key}
		}
		m.unstage(wr)
		m.stage = append(m.stage, one)
	}
	if len(plan.Install) > 0 {
		m.apply(k, r, found, wr, plan.Install, p.Texts)
	}
}

// claimed gives the hash that a verification names.
func (m *model) claimed(wr *wire.Row) []byte {
	for _, g := range wr.Groups {
		if fields, err := journal.DecodeFields(g.Fields); err == nil {
			if hash, ok := fields[verifyHash].([]byte); ok {
				return hash
			}
		}
	}
	return nil
}

// lastSeq is what the page says that the hub had of this node, or what a mistake would take for it.
func (m *model) lastSeq(p *wire.Page) int64 {
	if m.world.bug == StalePage {
		return max(p.LastSeq, m.acked)
	}
	if m.world.bug == QueuedIsPending {
		return min(p.LastSeq, m.acked)
	}
	if m.world.bug == NoRebase {
		return math.MaxInt64
	}
	return p.LastSeq
}

// part is what one author contributed to a row.
type part struct {
	group  wire.RowGroup
	origin string
	fields map[int]any
	groups []wire.RowGroup
}

// apply installs groups as SQLite does: one entry for each author of values that differ.
func (m *model) apply(k engine.Key, r row, found bool, wr *wire.Row, groups []wire.RowGroup, texts []string) {
	var parts []part
	for _, g := range groups {
		origin, err := wire.Origin(g.Device, g.Epoch, g.Seq)
		if err != nil {
			panic(err)
		}
		i := slices.IndexFunc(parts, func(p part) bool { return p.origin == string(origin) })
		if i < 0 {
			i = len(parts)
			parts = append(parts, part{group: g, origin: string(origin), fields: map[int]any{}})
		}
		for _, raw := range [][]byte{g.Fields, g.PHI} {
			fields, err := journal.DecodeFields(raw)
			if err != nil {
				panic(err)
			}
			maps.Copy(parts[i].fields, fields)
		}
		parts[i].groups = append(parts[i].groups, g)
		r.rv = max(r.rv, g.RV)
	}
	if found {
		r = r.clone()
	} else {
		r.values, r.groups = map[int]any{}, map[int]journal.GroupVersion{}
	}
	if len(wr.Subject) == 16 {
		r.subject = lab.ID(wr.Subject)
	}
	entered := false
	for i := range parts {
		entered = m.applyPart(k, &r, &parts[i], wr.Deleted, i == len(parts)-1, !found && !entered, texts) || entered
	}
	r.deleted = wr.Deleted
	m.put(k, r)
}

// applyPart installs what one author contributed; true when it made an entry.
func (m *model) applyPart(k engine.Key, r *row, p *part, deleted, last, fresh bool, texts []string) bool {
	entity, _ := m.schema.Entity(k.Entity)
	before := m.hlc
	e := m.begin(journal.OpApplied, k)
	e.Actor, e.WallMS, e.ZoneMin, e.OriginPos = texts[p.group.Actor], p.group.WallMS, p.group.ZoneMin, []byte(p.origin)
	changed := map[int]bool{}
	for _, f := range entity.Fields {
		v, ok := p.fields[f.ID]
		if !ok || same(r.values[f.ID], v) {
			continue
		}
		set(&e, f, v)
		changed[f.Group] = true
		if v == nil {
			delete(r.values, f.ID)
		} else {
			r.values[f.ID] = v
		}
	}
	var at int64
	enter := len(changed) > 0 || last && (deleted != r.deleted || fresh)
	if enter {
		if len(e.PHI) > 0 {
			e.Subject = r.subject
		}
		if last && deleted != r.deleted {
			e.Fields[journal.FieldDeleted] = int64(1)
		}
		m.append(e)
		at = e.Seq
	} else {
		m.hlc = before
	}
	for _, g := range p.groups {
		if g.Group == engine.GroupDeleted {
			continue
		}
		v := r.groups[g.Group]
		v.Group, v.Base, v.HLC = g.Group, g.RV, journal.HLC(g.HLC)
		if changed[g.Group] {
			v.At = at
		}
		r.groups[g.Group] = v
	}
	return enter
}

// startEpoch begins an epoch and issues again what the hub never took.
func (m *model) startEpoch(e engine.StartEpoch) engine.NodeEvent {
	old := slices.Clip(m.log)
	first := int64(len(old)) + 1
	m.txid++
	m.hlc = m.hlc.Receive(e.HubClock)
	begun := m.begin(journal.OpEpoch, engine.Key{})
	begun.Fields = map[int]any{
		journal.EpochCommon: e.Common, journal.EpochHubHash: e.HubHash, journal.EpochLastSeq: int64(len(old)),
		journal.EpochPrevious: m.epoch, journal.EpochWhy: string(e.Why),
	}
	begun.Epoch = e.Number
	m.epoch = e.Number
	m.append(begun)
	common := e.Common
	if m.world.bug == ReissueAll {
		common = 0
	}
	for _, was := range old[min(common, int64(len(old))):] {
		m.reissue(was)
	}
	mark := engine.EpochMark{Number: e.Number, First: first, Common: e.Common}
	m.marks, m.acked, m.why = append(slices.Clip(m.marks), mark), first-1, engine.NoCause
	return engine.Started{Head: m.head(), Mark: mark}
}

func (m *model) reissue(was journal.Entry) {
	if engine.Superseded(m.marks, was.Seq) {
		return
	}
	switch {
	case was.Op == journal.OpErase:
		m.erase(was.Subject)
		return
	case was.Op == journal.OpApplied, was.Op == journal.OpEpoch, was.Entity == 0:
		return
	}
	k := engine.Key{Entity: was.Entity, ID: was.Record}
	origin, err := wire.Origin(m.device[:], was.Epoch, was.Seq)
	if err != nil {
		panic(err)
	}
	e := m.begin(was.Op, k)
	e.Actor, e.WallMS, e.Subject, e.Base, e.OriginPos, e.Schema = was.Actor, was.WallMS, was.Subject, was.Base, origin, was.Schema
	e.Fields, e.PHI = was.Fields, was.PHI
	if m.world.bug == OldBasesLost {
		e.Base = nil
	}
	m.append(e)
	r := m.rows[k].clone()
	entity, _ := m.schema.Entity(k.Entity)
	for _, g := range entity.Groups {
		if was.Op == journal.OpInsert || was.Op == journal.OpTombstone || touches(entity, g.ID, was) {
			v := r.groups[g.ID]
			v.Group, v.Seq, v.At, v.HLC = g.ID, e.Seq, e.Seq, e.HLC
			r.groups[g.ID] = v
		}
	}
	m.put(k, r)
}

func touches(entity journal.Entity, group int, e journal.Entry) bool {
	for _, f := range entity.Fields {
		_, plain := e.Fields[f.ID]
		_, personal := e.PHI[f.ID]
		if f.Group == group && (plain || personal) {
			return true
		}
	}
	return false
}
