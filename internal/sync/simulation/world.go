package simulation

import (
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// world is everything that one history plays in.
type world struct {
	plan    Plan
	bug     Mistake
	now     int64 // true time, milliseconds UTC
	schemas map[int]*engine.Schema
	hub     *hub
	nodes   []*node
	tasks   []*task
	oracle  *oracle
	nextID  uint64
	request int
	stores  func(w *world, device lab.ID, schema int, scopes []lab.ID) storage
	shown   map[Kind]int    // how often each kind of event had an effect
	signed  map[lab.ID]bool // conflicts that signOff decided
}

// node is a PC in a lab.
type node struct {
	number  int
	device  lab.ID
	org     lab.ID
	lab     lab.ID
	schema  int
	store   storage
	machine engine.Node
	life    int    // grows with every restart: what belongs to an earlier life is forgotten
	waits   [2]int // the requests that the lanes wait for, up and down
	offset  int64  // of its clock
	full    bool
	blocked bool // it waits for a person
	gone    bool // somebody chose the other copy
	backups []backup
}

type backup struct {
	stored any
	seen   map[slot][]int64
}

// task is something that goes on when its turn comes.
type task struct {
	node    *node
	life    int
	effect  engine.NodeEffect
	request int
	remote  bool // a message on its way to the hub
	answer  engine.NodeEvent
	tx      *hubTx
	made    *hubState // the snapshot of an answer, for a mistake that reads the rest elsewhere
}

var start = int64(1_795_000_000_000)

// newSchemas are the programs of this world.
func newSchemas() map[int]*engine.Schema {
	out := map[int]*engine.Schema{}
	for v := 1; v <= newestSchema; v++ {
		out[v] = engine.NewSchema(registry(v))
	}
	return out
}

func orgID(n int) lab.ID    { return lab.ID{0xa0, byte(n)} }
func labID(o, n int) lab.ID { return lab.ID{0xb0, byte(o), byte(n)} }
func hubID(org lab.ID) lab.ID {
	return lab.ID{0xc0, org[1]}
}

func newWorld(p Plan, bug Mistake) *world {
	w := &world{plan: p, bug: bug, now: start, schemas: newSchemas(), shown: map[Kind]int{}, signed: map[lab.ID]bool{}}
	w.hub = newHub(w)
	w.oracle = newOracle(w)
	w.stores = func(w *world, device lab.ID, schema int, scopes []lab.ID) storage {
		return newModel(w, device, schema, scopes)
	}
	return w
}

func (w *world) populate() {
	for i, np := range w.plan.Nodes {
		n := &node{number: i, device: lab.ID{0xd0, byte(i), 15: byte(i + 1)}, org: orgID(np.Org), lab: labID(np.Org, np.Lab), schema: np.Schema}
		if _, ok := w.hub.state.devices[hubID(n.org)]; !ok {
			w.hub.addDevice(engine.Device{ID: hubID(n.org), Org: n.org, Lab: labID(np.Org, 0)})
		}
		w.hub.addDevice(engine.Device{ID: n.device, Org: n.org, Lab: n.lab})
		n.store = w.stores(w, n.device, n.schema, []lab.ID{n.org, n.lab})
		n.machine = n.store.machine()
		w.nodes = append(w.nodes, n)
		w.oracle.join(n)
	}
}

// newRecord gives an id that no run of the same history gives twice.
func (w *world) newRecord(entity int) engine.Key {
	w.nextID++
	id := lab.ID{byte(entity)}
	for i := range 8 {
		id[15-i] = byte(w.nextID >> (8 * i))
	}
	id[3] = byte(w.nextID * 37) // so that the order of ids is not the order of their making
	return engine.Key{Entity: entity, ID: id}
}

func (w *world) clock(n *node) int64 { return w.now + n.offset }

// step lets the machine take an event and does what it says, as far as that needs nobody else's turn.
func (w *world) step(n *node, ev engine.NodeEvent) {
	if n.gone {
		return
	}
	var effects []engine.NodeEffect
	n.machine, effects = n.machine.Step(ev)
	for _, e := range effects {
		switch e := e.(type) {
		case engine.Report:
			n.blocked = n.blocked || e.Fault.Blocked && e.Fault.Code == "device_forked"
			continue
		case engine.RoundOver:
			continue
		}
		t := &task{node: n, life: n.life, effect: e}
		if lane, remote := laneOf(e); remote {
			w.request++
			t.remote, t.request = true, w.request
			n.waits[lane] = t.request
		}
		w.tasks = append(w.tasks, t)
	}
}

// laneOf tells which lane waits for a message to the hub.
func laneOf(e engine.NodeEffect) (lane int, remote bool) {
	switch e.(type) {
	case engine.SayHello, engine.Compare, engine.AskEpoch, engine.SendBatch:
		return 0, true
	case engine.AskPages, engine.TellCursors:
		return 1, true
	}
	return 0, false
}

func isDown(e engine.NodeEffect) bool {
	switch e.(type) {
	case engine.AskPages, engine.TellCursors, engine.InstallPage:
		return true
	}
	return false
}

// run lets one task go on. False where it must wait for another.
func (w *world) run(t *task) bool {
	n := t.node
	if t.tx != nil {
		w.drop(t)
		w.commitTask(t)
		return true
	}
	if t.answer != nil {
		w.drop(t)
		w.deliver(t)
		return true
	}
	if t.remote {
		return w.arrive(t)
	}
	w.drop(t)
	if t.life != n.life || n.gone {
		return true
	}
	if n.full {
		n.full = false
		w.step(n, engine.Failed{Down: isDown(t.effect), Fault: engine.Fault{Code: "disk_full", Local: true}})
		return true
	}
	before := w.oracle.beforePerform(n, t.effect)
	ev, err := n.store.perform(t.effect)
	if err != nil {
		w.step(n, engine.Failed{Down: isDown(t.effect), Fault: engine.Fault{Code: err.Error(), Local: true}})
		return true
	}
	w.oracle.performed(n, t.effect, before)
	w.step(n, ev)
	return true
}

func (w *world) drop(t *task) {
	w.tasks = slices.DeleteFunc(w.tasks, func(o *task) bool { return o == t })
}

// answerTo puts the hub's answer on its way back.
func (w *world) answerTo(t *task, ev engine.NodeEvent) {
	w.tasks = append(w.tasks, &task{node: t.node, life: t.life, effect: t.effect, request: t.request, answer: ev})
}

// deliver brings an answer, if the node still waits for it.
func (w *world) deliver(t *task) {
	n := t.node
	lane, _ := laneOf(t.effect)
	if t.life != n.life || n.waits[lane] != t.request || n.gone {
		return
	}
	n.waits[lane] = 0
	if t.made != nil && w.bug == OtherSnapshot {
		if pulled, ok := t.answer.(engine.Pulled); ok {
			for i := range pulled.Reply.Pages {
				pulled.Reply.Pages[i].LastSeq = w.hub.state.devices[n.device].LastSeq
			}
		}
	}
	w.step(n, t.answer)
}

func fault(err *lab.Error) engine.Failed {
	f := engine.Failed{Fault: engine.Fault{Code: err.Code, Blocked: err.Kind == lab.KindForbidden}}
	f.Fault.Expected, _ = err.Detail["expected_seq"].(int64)
	return f
}

// arrive is the moment in which the hub gets a message.
func (w *world) arrive(t *task) bool {
	h, n := w.hub, t.node
	d := h.state.devices[n.device]
	if send, ok := t.effect.(engine.SendBatch); ok {
		return w.arrivePush(t, send)
	}
	w.drop(t)
	refused := refusalOf(d.Status)
	var ev engine.NodeEvent
	switch e := t.effect.(type) {
	case engine.SayHello:
		if refused == nil {
			ev = engine.Greeted{Head: n.store.head(), Reply: wire.HelloReply{Epoch: d.Epoch, LastSeq: d.LastSeq, LastHash: d.LastHash, HubEpoch: h.state.hubEpoch}}
		}
	case engine.Compare:
		ev = engine.Compared{Equal: w.compare(n, e.Seqs)}
	case engine.AskEpoch:
		ev = engine.Granted{Reply: wire.EpochReply{Epoch: d.Epoch + 1, Clock: journal.MakeHLC(w.now, 0)}}
	case engine.AskPages:
		reply, err := h.pull(n.device, e.Cursors, n.schema, h.state)
		ev, refused = engine.Pulled{Reply: reply}, err
	case engine.TellCursors:
		ev = engine.Told{}
	}
	if refused != nil {
		f := fault(refused)
		f.Down = isDown(t.effect)
		ev = f
	}
	w.answerTo(t, ev)
	w.tasks[len(w.tasks)-1].made = h.state
	return true
}

func (w *world) compare(n *node, seqs []int64) []bool {
	log := n.store.entries()
	out := make([]bool, len(seqs))
	for i, seq := range seqs {
		for _, t := range w.hub.state.journal[n.device] {
			if t.entry.Seq == seq && seq <= int64(len(log)) && string(t.entry.Hash) == string(log[seq-1].Hash) {
				out[i] = true
			}
		}
	}
	return out
}

func (w *world) arrivePush(t *task, send engine.SendBatch) bool {
	tx, refused := w.hub.push(send.Batch)
	switch {
	case refused != nil:
		w.drop(t)
		w.answerTo(t, fault(refused))
		return true
	case tx == nil:
		return false
	}
	w.drop(t)
	w.hub.open = append(w.hub.open, tx)
	w.tasks = append(w.tasks, &task{node: t.node, life: t.life, effect: t.effect, request: t.request, tx: tx})
	if w.bug == AckBeforeCommit {
		w.answerTo(t, answerOf(tx))
	}
	return true
}

func answerOf(tx *hubTx) engine.NodeEvent {
	if tx.refused != nil {
		return fault(tx.refused)
	}
	return engine.Pushed{Reply: tx.end.Reply, Fast: true}
}

func (w *world) commitTask(t *task) {
	if t.tx.dead {
		return
	}
	w.hub.commit(t.tx)
	if w.bug != AckBeforeCommit {
		w.answerTo(t, answerOf(t.tx))
	}
}

// busy tells whether the node has something under way.
func (w *world) pump(n *node) {
	for range 4000 {
		moved := false
		for _, t := range slices.Clone(w.tasks) {
			if t.node == n && w.run(t) {
				moved = true
				break
			}
		}
		if !moved {
			return
		}
	}
	w.oracle.failf("I9", "node %d never comes to rest", n.number)
}

// advanceBases is the mistake of taking an ack for a pull.
func (w *world) advanceBases(m *model) {
	for _, k := range sortedKeys(w.hub.state.records) {
		r, found := m.rows[k]
		if !found {
			continue
		}
		r = r.clone()
		for id, g := range r.groups {
			if g.Seq > 0 && g.Seq <= m.acked {
				g.Base = w.hub.state.records[k].Groups[id].RV
				r.groups[id] = g
			}
		}
		m.rows[k] = r
	}
}
