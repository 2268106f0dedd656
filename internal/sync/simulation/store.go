package simulation

import (
	"bytes"
	"errors"
	"maps"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// storage is a node's database, as the machine and the people at the node use it. Here it is a model of maps; the real
// databases are played by the tests of internal/hub.
//
//nolint:interfacebloat // it is all that a node's disk is to the simulation, and no client takes less
type storage interface {
	// perform does an effect that needs no hub.
	perform(e engine.NodeEffect) (engine.NodeEvent, error)
	// write is one Update of the node's own people at a wall time.
	write(wallMS int64, changes []change) error
	machine() engine.Node
	head() engine.Head
	row(k engine.Key) (row, bool)
	list(entity int) []lab.ID // in the order of their bytes
	entries() []journal.Entry
	staged() []wire.Page // records kept aside, one a page
	outcomes() []lab.ID  // open conflicts of this node's own changes, in the order of their sequence
	confirm(why engine.Cause)
	save() any
	load(saved any) // puts a saved state back, as a restored backup does
	restart()
	close() error
}

// row is a record as a node shows it.
type row struct {
	values  map[int]any
	groups  map[int]journal.GroupVersion
	deleted bool
	rv      int64
	subject lab.ID
}

func (r row) clone() row {
	r.values, r.groups = maps.Clone(r.values), maps.Clone(r.groups)
	return r
}

// change is one record in an Update.
type change struct {
	op       journal.Op // insert, update, amend, tombstone, erase
	key      engine.Key
	fields   map[int]any
	subject  lab.ID // whose personal fields these are
	resolves lab.ID
	poison   bool // an entry that no hub can use
}

var errRefused = errors.New("refused by the node")

// model is storage made of maps.
type model struct {
	*modelState

	world  *world
	schema *engine.Schema
	reg    journal.Registry
	device lab.ID
	scopes []lab.ID
	wall   int64
}

// modelState is what stands on the disk.
type modelState struct {
	log      []journal.Entry
	rows     map[engine.Key]row
	order    map[int][]lab.ID
	keys     map[lab.ID][]byte
	epoch    int64
	txid     int64
	hlc      journal.HLC
	acked    int64
	hubEpoch int64
	cursors  []wire.Cursor
	marks    []engine.EpochMark
	why      engine.Cause
	stage    []wire.Page
	results  map[int64]wire.EntryOutcome // by sequence, not clean
}

func newModel(w *world, device lab.ID, schema int, scopes []lab.ID) *model {
	return &model{
		world: w, device: device, schema: w.schemas[schema], reg: w.schemas[schema].Registry(), scopes: scopes,
		modelState: &modelState{
			rows: map[engine.Key]row{}, order: map[int][]lab.ID{}, keys: map[lab.ID][]byte{}, epoch: 1, hubEpoch: w.hub.state.hubEpoch,
			cursors: engine.Scopes(w.hub.state.hubEpoch, scopes...), results: map[int64]wire.EntryOutcome{},
		},
	}
}

func (s *modelState) clone() *modelState {
	c := *s
	c.log, c.stage, c.cursors, c.marks = slices.Clip(s.log), slices.Clone(s.stage), slices.Clone(s.cursors), slices.Clone(s.marks)
	c.rows, c.keys, c.results = maps.Clone(s.rows), maps.Clone(s.keys), maps.Clone(s.results)
	c.order = map[int][]lab.ID{}
	for e, ids := range s.order {
		c.order[e] = slices.Clone(ids)
	}
	return &c
}

func (m *model) save() any { return m.clone() }
func (m *model) load(saved any) {
	if s, ok := saved.(*modelState); ok {
		m.modelState = s.clone()
	}
}
func (m *model) close() error { return nil }

func (m *model) restart() {
	if m.world.bug == HLCNotPersisted {
		m.hlc = 0
	}
}

func (m *model) head() engine.Head {
	return engine.Head{Epoch: m.epoch, Seq: int64(len(m.log)), HLC: m.hlc}
}

func (m *model) machine() engine.Node {
	return engine.Node{
		Device: m.device, Epoch: m.epoch, Head: int64(len(m.log)), Acked: m.acked, HubEpoch: m.hubEpoch,
		Cursors: slices.Clone(m.cursors), Marks: slices.Clone(m.marks), Confirm: m.why, Size: m.world.plan.Batch,
	}
}

func (m *model) row(k engine.Key) (row, bool) {
	r, ok := m.rows[k]
	return r, ok
}
func (m *model) list(entity int) []lab.ID { return m.order[entity] }
func (m *model) entries() []journal.Entry { return m.log }
func (m *model) staged() []wire.Page      { return m.stage }
func (m *model) confirm(why engine.Cause) { m.why = why }

func (m *model) outcomes() []lab.ID {
	var out []lab.ID
	for _, seq := range slices.Sorted(maps.Keys(m.results)) {
		if o := m.results[seq]; o.Outcome == wire.ConflictOpen && len(o.Conflict) == 16 {
			out = append(out, lab.ID(o.Conflict))
		}
	}
	return out
}

// begin gives an entry at the next sequence.
func (m *model) begin(op journal.Op, k engine.Key) journal.Entry {
	m.hlc = m.hlc.Next(m.wall)
	return journal.Entry{
		Seq: int64(len(m.log)) + 1, Epoch: m.epoch, TxID: m.txid, Entity: k.Entity, Record: k.ID, Op: op, HLC: m.hlc, WallMS: m.wall,
		ZoneMin: 330, Actor: "user:" + m.device.String(), Schema: m.reg.Schema, Fields: map[int]any{},
	}
}

func (m *model) append(e journal.Entry) {
	previous := journal.Genesis(m.device)
	if n := len(m.log); n > 0 {
		previous = m.log[n-1].Hash
	}
	var key []byte
	if len(e.PHI) > 0 {
		key = m.keyOf(e.Subject)
	}
	if _, err := e.Seal(previous, key); err != nil {
		panic("simulation: seal: " + err.Error()) // the simulation's own values always encode
	}
	m.log = append(m.log, e)
}

func (m *model) keyOf(subject lab.ID) []byte {
	if m.keys[subject] == nil {
		m.keys[subject] = append(subject.Bytes(), m.device.Bytes()...)
	}
	return m.keys[subject]
}

// set puts a value into the part of the entry to which its field belongs.
func set(e *journal.Entry, f journal.Field, v any) {
	if !f.Personal {
		e.Fields[f.ID] = v
		return
	}
	if e.PHI == nil {
		e.PHI = map[int]any{}
	}
	e.PHI[f.ID] = v
}

func (m *model) write(wallMS int64, changes []change) error {
	saved := m.clone()
	m.wall = wallMS
	m.txid++
	for _, c := range changes {
		if err := m.change(c); err != nil {
			m.modelState = saved
			return err
		}
	}
	return nil
}

func (m *model) change(c change) error {
	r, found := m.rows[c.key]
	switch c.op {
	case journal.OpInsert:
		return m.insert(c)
	case journal.OpErase:
		m.erase(c.subject)
		return nil
	case journal.OpTombstone:
		if !found || r.deleted {
			return errRefused
		}
		return m.tombstone(c, r)
	case journal.OpUpdate, journal.OpAmend:
		if !found || r.deleted {
			return errRefused
		}
		return m.update(c, r)
	case journal.OpApplied, journal.OpEpoch:
	}
	return errRefused
}

func (m *model) insert(c change) error {
	entity, _ := m.schema.Entity(c.key.Entity)
	e := m.begin(c.op, c.key)
	r := row{values: map[int]any{}, groups: map[int]journal.GroupVersion{}, subject: c.subject}
	for _, f := range entity.Fields {
		if v := c.fields[f.ID]; v != nil {
			set(&e, f, v)
			r.values[f.ID] = v
		}
	}
	if len(e.PHI) > 0 {
		e.Subject = c.subject
	}
	if c.poison {
		e.Fields[entity.Fields[len(entity.Fields)-1].ID] = 1.5
	}
	for _, g := range entity.Groups {
		r.groups[g.ID] = journal.GroupVersion{Group: g.ID, HLC: e.HLC, Seq: e.Seq, At: e.Seq}
	}
	m.append(e)
	m.put(c.key, r)
	return nil
}

// put stores a row and keeps the list of its entity in order.
func (m *model) put(k engine.Key, r row) {
	if _, found := m.rows[k]; !found {
		ids := m.order[k.Entity]
		i, _ := slices.BinarySearchFunc(ids, k.ID, func(a, b lab.ID) int { return bytes.Compare(a[:], b[:]) })
		m.order[k.Entity] = slices.Insert(ids, i, k.ID)
	}
	m.rows[k] = r
}

func (m *model) update(c change, r row) error {
	entity, _ := m.schema.Entity(c.key.Entity)
	r = r.clone()
	e := m.begin(c.op, c.key)
	touched := map[int]bool{}
	for _, f := range entity.Fields {
		v, ok := c.fields[f.ID]
		if !ok || same(r.values[f.ID], v) {
			continue
		}
		if c.key.Entity == result && f.Group == 1 && m.verified(c.key.ID) {
			return errRefused
		}
		set(&e, f, v)
		r.values[f.ID] = v
		touched[f.Group] = true
	}
	if len(touched) == 0 && c.resolves.IsZero() {
		return errRefused
	}
	if len(touched) == 0 {
		return errRefused
	}
	if !c.resolves.IsZero() {
		e.Fields[journal.FieldResolves] = c.resolves.Bytes()
	}
	if len(e.PHI) > 0 {
		e.Subject = c.subject
	}
	if c.poison {
		e.Fields[entity.Fields[len(entity.Fields)-1].ID] = 1.5
	}
	m.touch(&e, r, slices.Sorted(maps.Keys(touched)))
	m.append(e)
	m.put(c.key, r)
	return nil
}

// touch notes on the groups that the entry changed them, and on the entry which versions it stands on.
func (m *model) touch(e *journal.Entry, r row, groups []int) {
	for _, g := range groups {
		v := r.groups[g]
		base := v.Base
		if m.world.bug == RowLevelBase {
			base = r.rv
		}
		if base != 0 {
			if e.Base == nil {
				e.Base = map[int]int64{}
			}
			e.Base[g] = base
		}
		v.Group, v.HLC, v.Seq, v.At = g, e.HLC, e.Seq, e.Seq
		r.groups[g] = v
	}
}

func (m *model) tombstone(c change, r row) error {
	if c.key.Entity == result && m.verified(c.key.ID) {
		return errRefused
	}
	entity, _ := m.schema.Entity(c.key.Entity)
	r = r.clone()
	e := m.begin(c.op, c.key)
	var all []int
	for _, g := range entity.Groups {
		all = append(all, g.ID)
	}
	m.touch(&e, r, all)
	r.deleted = true
	m.append(e)
	m.put(c.key, r)
	return nil
}

// verified tells whether a verification of the result stands here.
func (m *model) verified(id lab.ID) bool {
	for _, v := range m.order[verification] {
		if r := m.rows[engine.Key{Entity: verification, ID: v}]; same(r.values[verifyResult], id.Bytes()) && !r.deleted {
			return true
		}
	}
	return false
}

// erase forgets a person: in the rows, in the journal, and the key.
func (m *model) erase(subject lab.ID) {
	e := m.begin(journal.OpErase, engine.Key{})
	e.Subject = subject
	m.append(e)
	m.log = slices.Clone(m.log)
	for i := range m.log {
		if m.log[i].Subject == subject {
			m.log[i].PHI = nil
		}
	}
	delete(m.keys, subject)
	for _, entity := range m.reg.Entities {
		for _, id := range m.order[entity.ID] {
			m.blank(entity, engine.Key{Entity: entity.ID, ID: id}, subject)
		}
	}
}

func (m *model) blank(entity journal.Entity, k engine.Key, subject lab.ID) {
	r := m.rows[k]
	if r.subject != subject {
		return
	}
	r = r.clone()
	e := m.begin(journal.OpUpdate, k)
	touched := map[int]bool{}
	for _, f := range entity.Fields {
		if f.Personal && r.values[f.ID] != nil {
			e.Fields[f.ID] = nil
			delete(r.values, f.ID)
			touched[f.Group] = true
		}
	}
	if len(touched) == 0 {
		return
	}
	m.touch(&e, r, slices.Sorted(maps.Keys(touched)))
	m.append(e)
	m.put(k, r)
}

// same compares two values.
func same(a, b any) bool {
	x, ok1 := a.([]byte)
	y, ok2 := b.([]byte)
	if ok1 || ok2 {
		return ok1 && ok2 && bytes.Equal(x, y)
	}
	return a == b
}
