package simulation

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// hubState is what is committed at the hub. It is never changed: a commit makes a new one, so that keeping old ones (for
// snapshots, failovers, restores) costs nothing.
type hubState struct {
	hubEpoch  int64
	records   map[engine.Key]*engine.Record
	conflicts map[lab.ID]*engine.Conflict
	order     []lab.ID // conflicts as they were made
	heads     map[lab.ID]int64
	devices   map[lab.ID]engine.Device
	journal   map[lab.ID][]taken
	keys      map[lab.ID][]byte
	forks     map[lab.ID][]engine.ForkMark
}

// taken is an entry in the hub's copy of the journals.
type taken struct {
	entry      journal.Entry
	outcome    wire.Outcome
	conflict   lab.ID
	quarantine bool
}

// hub is the hub: one database, any number of replicas that hold nothing.
type hub struct {
	world   *world
	state   *hubState
	history []*hubState // the last commits, oldest first
	open    []*hubTx
	counter int64 // positions of a hub that takes them from a sequence
}

// hubTx is a transaction that is not committed yet. What it has written is an overlay; what it locks, nobody else may
// touch.
type hubTx struct {
	device  lab.ID
	scopes  []lab.ID
	base    *hubState
	result  engine.Result
	items   []wire.Item
	heads   map[lab.ID]int64 // where the scopes stand behind it
	keys    map[lab.ID][]byte
	advance *engine.Advance
	fork    *engine.RecordFork
	forked  bool // the device is marked
	end     engine.Commit
	refused *lab.Error
	dead    bool
}

func newHub(w *world) *hub {
	return &hub{world: w, state: &hubState{
		hubEpoch: 1, records: map[engine.Key]*engine.Record{}, conflicts: map[lab.ID]*engine.Conflict{}, heads: map[lab.ID]int64{},
		devices: map[lab.ID]engine.Device{}, journal: map[lab.ID][]taken{}, keys: map[lab.ID][]byte{}, forks: map[lab.ID][]engine.ForkMark{},
	}}
}

func (s *hubState) clone() *hubState {
	c := *s
	c.records, c.conflicts, c.heads = maps.Clone(s.records), maps.Clone(s.conflicts), maps.Clone(s.heads)
	c.devices, c.journal, c.keys = maps.Clone(s.devices), maps.Clone(s.journal), maps.Clone(s.keys)
	c.order, c.forks = slices.Clip(s.order), maps.Clone(s.forks)
	return &c
}

func (h *hub) addDevice(d engine.Device) {
	h.state = h.state.clone()
	d.Status, d.Epoch, d.LastHash = "active", 1, journal.Genesis(d.ID)
	h.state.devices[d.ID] = d
}

func (h *hub) setStatus(device lab.ID, status string) {
	h.state = h.state.clone()
	d := h.state.devices[device]
	d.Status = status
	h.state.devices[device] = d
}

func refusalOf(status string) *lab.Error {
	if status == "active" {
		return nil
	}
	return lab.Forbidden("device_"+status, "This node may not sync.")
}

// locked tells whether an open transaction holds the device or one of the scopes.
func (h *hub) locked(device lab.ID, scopes []lab.ID) bool {
	for _, tx := range h.open {
		if tx.device == device && !device.IsZero() {
			return true
		}
		for _, s := range scopes {
			if slices.Contains(tx.scopes, s) {
				return true
			}
		}
	}
	return false
}

// push runs a batch up to its commit. It gives no transaction while somebody else holds what it needs.
func (h *hub) push(p *wire.Push) (tx *hubTx, refused *lab.Error) {
	if h.locked(p.Device, nil) {
		return nil, nil
	}
	tx = &hubTx{device: p.Device, base: h.state, keys: p.Keys}
	machine, effects := engine.Receive(p)
	for {
		var next engine.HubEvent
		for _, e := range effects {
			switch e := e.(type) {
			case engine.Commit:
				tx.end, tx.refused = e, e.Refused
				return tx, nil
			case engine.Refuse:
				return nil, e.Err
			case engine.StoreItems:
				if !h.take(tx, e) {
					return nil, nil
				}
				next = engine.Stored{Result: tx.result}
			default:
				if ev := h.do(tx, e); ev != nil {
					next = ev
				}
			}
		}
		machine, effects = machine.Step(next)
	}
}

func (h *hub) do(tx *hubTx, effect engine.HubEffect) engine.HubEvent {
	switch e := effect.(type) {
	case engine.LockDevice:
		d := tx.base.devices[e.ID]
		d.Forks = tx.base.forks[e.ID]
		return engine.DeviceLocked{Device: d, Refused: refusalOf(d.Status)}
	case engine.ReadHash:
		for _, t := range tx.base.journal[tx.device] {
			if t.entry.Epoch == e.Epoch && t.entry.Seq == e.Seq {
				return engine.HashRead{Hash: t.entry.Hash}
			}
		}
		return engine.HashRead{}
	case engine.RecordFork:
		tx.fork = &e
	case engine.MarkForked:
		tx.forked = true
	case engine.RecallOutcomes:
		return engine.OutcomesRead{Outcomes: recall(tx.base.journal[tx.device], e)}
	case engine.Advance:
		tx.advance = &e
	case engine.ReadHeads:
		d := tx.base.devices[tx.device]
		var heads []wire.Head
		for _, s := range []lab.ID{d.Org, d.Lab} {
			heads = append(heads, wire.Head{Scope: s.Bytes(), Pos: tx.base.heads[s], HubEpoch: tx.base.hubEpoch})
		}
		return engine.HeadsRead{Heads: heads}
	}
	return nil
}

func recall(log []taken, e engine.RecallOutcomes) []wire.EntryOutcome {
	var out []wire.EntryOutcome
	for _, t := range log {
		if t.entry.Epoch != e.Epoch || t.entry.Seq < e.First || t.entry.Seq > e.Last || t.outcome == wire.Applied && t.conflict.IsZero() {
			continue
		}
		o := wire.EntryOutcome{Seq: t.entry.Seq, Outcome: t.outcome}
		if !t.conflict.IsZero() {
			o.Conflict = t.conflict.Bytes()
		}
		out = append(out, o)
	}
	return out
}

// take folds new entries over copies of the records. False while another transaction holds a scope.
func (h *hub) take(tx *hubTx, e engine.StoreItems) bool {
	d := tx.base.devices[tx.device]
	schema := h.world.schemas[newestSchema]
	keys, needs := engine.Needs(schema, d.Org, d.Lab, e.Items)
	b := &engine.Batch{
		Schema: schema, Device: tx.device, Epoch: e.Epoch, Org: d.Org, Lab: d.Lab, HubEpoch: tx.base.hubEpoch, NowMS: h.world.now, Forks: e.Forks,
		Items: slices.Clone(e.Items), Records: map[engine.Key]*engine.Record{}, NextPos: map[lab.ID]int64{},
		Again: tx.base.again(tx.device, e.Items),
	}
	keys, needs = h.erasures(tx, b.Items, keys, needs)
	for _, n := range needs {
		tx.scopes = append(tx.scopes, n.Scope)
	}
	if h.world.bug != CursorBySequence && h.locked(lab.ID{}, tx.scopes) {
		return false
	}
	if h.world.bug == CursorBySequence && h.busy(keys) {
		return false
	}
	h.load(tx, b, keys)
	for _, n := range needs {
		b.NextPos[n.Scope] = tx.base.heads[n.Scope] + 1
		if h.world.bug == CursorBySequence {
			b.NextPos[n.Scope] = h.counter + 1
			h.counter += int64(n.N)
		}
	}
	h.world.bug.before(b)
	tx.result = engine.Apply(b)
	h.world.bug.after(b, &tx.result)
	tx.items = b.Items
	tx.heads = reach(tx.base.heads, needs, tx.result.Taken)
	if h.world.bug == CursorBySequence {
		tx.heads = map[lab.ID]int64{}
		for _, r := range tx.result.Records {
			tx.heads[r.Home] = max(tx.heads[r.Home], r.Pos)
		}
	}
	return true
}

// reach gives the heads behind what was reserved, or behind what was taken where that is more.
func reach(heads map[lab.ID]int64, reserved, taken []engine.ScopeNeed) map[lab.ID]int64 {
	out := map[lab.ID]int64{}
	for _, n := range slices.Concat(reserved, taken) {
		out[n.Scope] = max(out[n.Scope], heads[n.Scope]+int64(n.N))
	}
	return out
}

// load gives a batch copies of what it works on.
func (h *hub) load(tx *hubTx, b *engine.Batch, keys []engine.Key) {
	for range 2 {
		for _, k := range keys {
			if r := tx.base.records[k]; r != nil && b.Records[k] == nil {
				b.Records[k] = cloneRecord(r)
			}
		}
		keys = b.Schema.HomeRefs(b.Records)
	}
	for _, id := range tx.base.order {
		if c := tx.base.conflicts[id]; c.State != engine.StateAuto && b.Records[c.Key] != nil {
			b.Open = append(b.Open, cloneConflict(c))
		}
	}
}

// erasures adds what is about people whom the batch erases.
func (h *hub) erasures(tx *hubTx, items []wire.Item, keys []engine.Key, needs []engine.ScopeNeed) ([]engine.Key, []engine.ScopeNeed) {
	for i := range items {
		e := &items[i].Entry
		if e.Op != journal.OpErase {
			continue
		}
		for _, k := range sortedKeys(tx.base.records) {
			if r := tx.base.records[k]; r.Subject == e.Subject {
				keys = append(keys, k)
				needs = addNeed(needs, r.Home)
			}
		}
	}
	return keys, needs
}

// busy tells whether an open transaction has touched one of the records: without the scope's lock only rows are locked.
func (h *hub) busy(keys []engine.Key) bool {
	for _, tx := range h.open {
		for _, r := range tx.result.Records {
			if slices.Contains(keys, r.Key) {
				return true
			}
		}
	}
	return false
}

func addNeed(needs []engine.ScopeNeed, scope lab.ID) []engine.ScopeNeed {
	for i := range needs {
		if needs[i].Scope == scope {
			needs[i].N++
			return needs
		}
	}
	return append(needs, engine.ScopeNeed{Scope: scope, N: 1})
}

func sortedKeys(records map[engine.Key]*engine.Record) []engine.Key {
	return slices.SortedFunc(maps.Keys(records), compareKeys)
}

func compareKeys(a, b engine.Key) int {
	return cmp.Or(cmp.Compare(a.Entity, b.Entity), bytes.Compare(a.ID[:], b.ID[:]))
}

func cloneRecord(r *engine.Record) *engine.Record {
	return &engine.Record{ // as it comes out of a database: without the marks of the batch that wrote it
		Key: r.Key, Home: r.Home, CreatedBy: r.CreatedBy, Subject: r.Subject, RV: r.RV, Pos: r.Pos, Deleted: r.Deleted,
		Groups: maps.Clone(r.Groups), Doc: maps.Clone(r.Doc), Changed: maps.Clone(r.Changed), Locked: slices.Clone(r.Locked),
	}
}

func cloneConflict(c *engine.Conflict) *engine.Conflict {
	d := *c // as it comes out of a database: an erasure empties the values in their place
	d.Server.Fields, d.Was = maps.Clone(c.Server.Fields), maps.Clone(c.Was)
	d.Clients, d.Held = slices.Clone(c.Clients), slices.Clone(c.Held)
	for i := range d.Clients {
		d.Clients[i].Fields = maps.Clone(d.Clients[i].Fields)
	}
	for i := range d.Held {
		d.Held[i].Fields = maps.Clone(d.Held[i].Fields)
	}
	return &d
}

// commit makes a transaction visible.
func (h *hub) commit(tx *hubTx) {
	h.open = slices.DeleteFunc(h.open, func(o *hubTx) bool { return o == tx })
	was := h.state
	s := was.clone()
	for _, r := range tx.result.Records {
		r.Doc, r.Groups = maps.Clone(r.Doc), maps.Clone(r.Groups)
		s.records[r.Key] = cloneRecord(r)
	}
	for scope, head := range tx.heads {
		s.heads[scope] = max(head, s.heads[scope])
	}
	for _, c := range tx.result.Conflicts {
		if s.conflicts[c.ID] == nil {
			s.order = append(s.order, c.ID)
		}
		s.conflicts[c.ID] = cloneConflict(c)
	}
	erasing := slices.Clone(tx.result.Erased)
	for subject, key := range tx.keys {
		if s.records[engine.Key{Entity: engine.EntityErasure, ID: subject}] == nil {
			s.keys[subject] = key
		}
	}
	h.keepJournal(s, tx)
	for _, subject := range erasing {
		eraseAt(s, subject)
	}
	d := s.devices[tx.device]
	if tx.advance != nil {
		d.Epoch, d.LastSeq, d.LastHash = tx.advance.Epoch, tx.advance.Seq, tx.advance.Hash
	}
	if tx.forked {
		d.Status = "forked"
	}
	if tx.fork != nil {
		s.forks[tx.device] = append(slices.Clip(s.forks[tx.device]), engine.ForkMark{Epoch: tx.fork.NewEpoch, Parent: tx.fork.OldEpoch, Common: tx.fork.Common})
	}
	s.devices[tx.device] = d
	h.state = s
	h.history = append(h.history, was)
	if len(h.history) > 16 {
		h.history = h.history[1:]
	}
	h.world.oracle.committed(was, s, tx)
}

func (h *hub) keepJournal(s *hubState, tx *hubTx) {
	log := slices.Clip(s.journal[tx.device])
	for i, it := range tx.items {
		o := tx.result.Outcomes[i]
		if o.Code == wire.Quarantined && h.world.bug == QuarantineDrops {
			continue
		}
		e := it.Entry
		if it.Erased {
			e.PHI = nil
		}
		log = append(log, taken{entry: e, outcome: o.Code, conflict: o.Conflict, quarantine: o.Code == wire.Quarantined})
	}
	s.journal[tx.device] = log
}

// eraseAt empties what the hub holds of a person beside the records.
func eraseAt(s *hubState, subject lab.ID) {
	delete(s.keys, subject)
	for device, log := range s.journal {
		if !slices.ContainsFunc(log, func(t taken) bool { return t.entry.Subject == subject }) {
			continue
		}
		log = slices.Clone(log)
		for i := range log {
			if log[i].entry.Subject == subject {
				log[i].entry.PHI = nil
			}
		}
		s.journal[device] = log
	}
	for id, c := range s.conflicts {
		if c.Subject != subject {
			continue
		}
		c = cloneConflict(c)
		c.Server.Fields = withoutNames(c.Server.Fields)
		for i := range c.Clients {
			c.Clients[i].Fields = withoutNames(c.Clients[i].Fields)
		}
		s.conflicts[id] = c
	}
}

func withoutNames(fields map[int]any) map[int]any {
	fields = maps.Clone(fields)
	delete(fields, patientName)
	delete(fields, patientPhone)
	return fields
}

// pull makes the pages of a node, in one snapshot.
func (h *hub) pull(device lab.ID, cursors []wire.Cursor, schema int, s *hubState) (wire.PullReply, *lab.Error) {
	d := s.devices[device]
	if err := refusalOf(d.Status); err != nil {
		return wire.PullReply{}, err
	}
	reply := wire.PullReply{HubEpoch: s.hubEpoch}
	for _, c := range cursors {
		scope := lab.ID(c.Scope)
		if c.HubEpoch != s.hubEpoch {
			c.Pos, c.Since = 0, 0
		}
		var moved []*engine.Record
		for _, r := range s.records {
			if (r.Home == scope || h.world.bug == ForeignScope && r.Home[0] == scope[0] && r.Home[1] == scope[1]) && r.Pos > c.Pos {
				moved = append(moved, r)
			}
		}
		if len(moved) == 0 {
			continue
		}
		slices.SortFunc(moved, func(a, b *engine.Record) int { return cmp.Compare(a.Pos, b.Pos) })
		moved = moved[:min(len(moved), h.world.plan.Page)]
		p, subjects, err := engine.BuildPage(h.world.schemas[newestSchema], engine.PageRequest{
			Device: device, Epoch: d.Epoch, LastSeq: d.LastSeq, Schema: schema, Scope: scope, HubEpoch: s.hubEpoch, Since: c.Since, Most: h.world.plan.Page,
		}, moved)
		if err != nil {
			panic(err)
		}
		p.Keys = map[int][]byte{}
		for place, subject := range subjects {
			if key := s.keys[subject]; key != nil {
				p.Keys[place] = key
			}
		}
		reply.Pages = append(reply.Pages, *p)
	}
	return reply, nil
}

// failover loses the last commits. What may have been lost raises the hub's epoch.
func (h *hub) failover(lost int) {
	lost = min(lost, len(h.history))
	if lost == 0 {
		return
	}
	epoch := h.state.hubEpoch
	h.state = h.history[len(h.history)-lost].clone()
	h.history = h.history[:len(h.history)-lost]
	h.state.hubEpoch = epoch
	if h.world.bug != HubEpochIgnored {
		h.state.hubEpoch++
	}
	h.crash()
}

// crash ends every transaction that is open.
func (h *hub) crash() {
	for _, tx := range h.open {
		tx.dead = true
	}
	h.open = nil
}

// editAt makes an entry of the hub's own chain, as a person at the hub does, and runs it. The hub writes in the scope in
// which the record is at home.
func (h *hub) editAt(device, home lab.ID, e journal.Entry) {
	d := h.state.devices[device]
	if home != d.Org {
		d.Lab = home
	}
	h.state = h.state.clone()
	h.state.devices[device] = d
	e.Epoch, e.Seq, e.TxID = d.Epoch, d.LastSeq+1, d.LastSeq+1
	e.HLC, e.WallMS, e.Actor, e.Schema = journal.MakeHLC(h.world.now, 0), h.world.now, "hub", newestSchema
	if _, err := e.Seal(d.LastHash, nil); err != nil {
		panic(err)
	}
	p := &wire.Push{Device: device, Epoch: e.Epoch, FirstSeq: e.Seq, PrevHash: d.LastHash, Schema: newestSchema, Items: []wire.Item{{Entry: e}}}
	h.world.oracle.hubWrote(device, e)
	if tx, _ := h.push(p); tx != nil {
		h.commit(tx)
	}
}
