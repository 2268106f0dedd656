package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
)

// Run plays a history and judges it. A mistake may be planted. The error is a ViolationError, or nil when every invariant
// held to the end.
func Run(p Plan, bug Mistake) error { return newWorld(p, bug).play() }

func (w *world) play() (err error) {
	w.populate()
	defer func() {
		for _, n := range w.nodes {
			if e := n.store.close(); err == nil {
				err = e
			}
		}
	}()
	for i, ev := range w.plan.Events {
		if w.happen(ev) {
			w.shown[ev.Kind]++
		}
		if w.oracle.broken != nil {
			return fmt.Errorf("event %d of %d: %w", i, len(w.plan.Events), w.oracle.broken)
		}
	}
	w.heal()
	if w.oracle.broken == nil {
		w.oracle.final()
	}
	return w.oracle.broken
}

// happen lets one event happen. False where it had nothing to happen to.
func (w *world) happen(ev Event) bool {
	w.now += 50
	n := w.nodes[ev.A%len(w.nodes)]
	switch {
	case ev.Kind >= HubPrice && ev.Kind <= HubResolve:
		return w.hubAct(ev)
	case ev.Kind < Begin:
		return w.act(n, ev)
	case ev.Kind >= Crash:
		return w.goWrong(n, ev)
	}
	acts := map[Kind]func() bool{
		Begin: func() bool { w.step(n, engine.Begin{Hello: ev.C%3 == 0}); return true },
		Pull:  func() bool { w.step(n, engine.BeginPull{}); return true },
		GoOn:  func() bool { return len(w.tasks) > 0 && w.run(w.tasks[ev.B%len(w.tasks)]) },
		Sync: func() bool {
			w.step(n, engine.Begin{Hello: ev.C%2 == 0})
			w.pump(n)
			return true
		},
		Tick:    func() bool { w.now += int64(ev.C%60_000) * int64(1+ev.B%50); return true },
		Timeout: func() bool { return w.giveUp(n) },
		Drop:    func() bool { return w.lose(ev) },
		Twice:   func() bool { return w.double(ev) },
	}
	return acts[ev.Kind]()
}

// giveUp lets a node stop waiting for the hub.
func (w *world) giveUp(n *node) bool {
	gave := false
	for lane := range n.waits {
		if n.waits[lane] != 0 {
			n.waits[lane] = 0
			w.step(n, engine.Failed{Down: lane == 1, Fault: engine.Fault{Code: "hub_unreachable"}})
			gave = true
		}
	}
	return gave
}

// lose takes a message away, on its way up or down.
func (w *world) lose(ev Event) bool {
	for i := range w.tasks {
		t := w.tasks[(i+ev.B)%len(w.tasks)]
		if t.tx == nil && (t.remote || t.answer != nil) {
			w.drop(t)
			return true
		}
	}
	return false
}

// double lets a message come once more, later.
func (w *world) double(ev Event) bool {
	for i := range w.tasks {
		t := w.tasks[(i+ev.B)%len(w.tasks)]
		if t.remote {
			again := *t
			w.tasks = append(w.tasks, &again)
			return true
		}
	}
	return false
}

// goWrong is what nobody wants.
func (w *world) goWrong(n *node, ev Event) bool {
	status := w.hub.state.devices[n.device].Status
	acts := map[Kind]func() bool{
		Crash:    func() bool { w.crash(n); return true },
		DiskFull: func() bool { n.full = true; return true },
		Backup: func() bool {
			n.backups = append(n.backups, backup{n.store.save(), maps.Clone(w.oracle.seen[n.number])})
			return true
		},
		Bring: func() bool { return w.bring(n, ev) },
		Clone: func() bool { return w.clone(n) },
		Jump: func() bool {
			years := int64(10 * 365 * 24 * 3_600_000)
			n.offset = []int64{0, -years, years, -3_600_000, 120_000}[ev.C%5]
			return true
		},
		HubCrash: func() bool { w.hub.crash(); return true },
		Failover: func() bool {
			w.hub.failover(1 + ev.C%4)
			w.oracle.relock()
			return true
		},
		Revoke: func() bool { return w.setStatus(n, status, "active", "revoked") },
		Allow:  func() bool { return w.setStatus(n, status, "revoked", "active") },
	}
	act := acts[ev.Kind]
	return act != nil && act()
}

// setStatus moves a node at the hub from one state to another.
func (w *world) setStatus(n *node, now, from, to string) bool {
	if now != from {
		return false
	}
	w.hub.setStatus(n.device, to)
	return true
}

// crash ends a node's process; the disk stays.
func (w *world) crash(n *node) {
	n.life++
	n.waits, n.blocked = [2]int{}, false
	n.store.restart()
	n.machine = n.store.machine()
}

// bring puts a backup back, as after a dead disk.
func (w *world) bring(n *node, ev Event) bool {
	if len(n.backups) == 0 || w.copies(n) > 1 || n.gone {
		return false
	}
	b := n.backups[ev.B%len(n.backups)]
	n.store.load(b.stored)
	w.oracle.seen[n.number] = maps.Clone(b.seen)
	w.oracle.back = true
	n.store.confirm(engine.Restore) // the restore command says so
	n.full = false
	w.crash(n)
	return true
}

func (w *world) copies(n *node) int {
	count := 0
	for _, o := range w.nodes {
		if o.device == n.device && !o.gone {
			count++
		}
	}
	return count
}

// clone starts a copy of a node's disk on another machine.
func (w *world) clone(n *node) bool {
	if w.copies(n) > 1 || n.gone {
		return false
	}
	c := &node{number: len(w.nodes), device: n.device, org: n.org, lab: n.lab, schema: n.schema, offset: n.offset}
	c.store = w.stores(w, c.device, c.schema, nil)
	c.store.load(n.store.save())
	c.machine = c.store.machine()
	w.nodes = append(w.nodes, c)
	w.oracle.join(c)
	w.oracle.seen[c.number] = maps.Clone(w.oracle.seen[n.number])
	return true
}

// rounds is within how many rounds everything must have come to rest once nothing goes wrong any more.
const rounds = 30

// heal ends everything that is wrong, lets people do what only people can do, and waits until nothing moves.
func (w *world) heal() {
	for range len(w.tasks) + 1 { // what is on its way arrives
		for _, t := range slices.Clone(w.tasks) {
			w.run(t)
		}
	}
	w.tasks = nil
	w.hub.crash()
	for _, n := range w.nodes {
		n.full, n.offset = false, 0
		w.crash(n)
		if w.hub.state.devices[n.device].Status == "revoked" {
			w.hub.setStatus(n.device, "active")
		}
	}
	for round := range rounds {
		if w.oracle.broken != nil || w.round() && !w.signOff() {
			return
		}
		if round == rounds-1 {
			w.oracle.failf("I9", "after %d rounds something still moves: %s", rounds, w.stuck())
		}
	}
}

// round syncs every node once. True when nothing was left to do.
func (w *world) round() bool {
	before, quiet := w.hub.state, true
	for _, n := range w.nodes {
		if n.gone {
			continue
		}
		w.now += 1000
		if !w.chosen(n) {
			quiet = false
			continue
		}
		w.step(n, engine.Begin{Hello: true})
		w.pump(n)
		if n.machine.Busy() {
			w.giveUp(n)
		}
		if n.blocked || w.waiting(n) > 0 {
			quiet = false
		}
	}
	return quiet && before == w.hub.state
}

// chosen lets an administrator choose one of two copies. False when this round only that was done.
func (w *world) chosen(n *node) bool {
	d := w.hub.state.devices[n.device]
	if d.Status != "forked" && !n.blocked {
		return true
	}
	n.blocked = false
	if d.Status == "forked" {
		w.hub.setStatus(n.device, "active")
	}
	for _, o := range w.nodes {
		if o != n && o.device == n.device {
			o.gone, w.oracle.back = true, true
		}
	}
	n.store.confirm(engine.Fork)
	w.crash(n)
	return false
}

// waiting counts the entries that the hub has not taken.
func (w *world) waiting(n *node) int64 { return n.store.head().Seq - n.machine.Acked }

func (w *world) stuck() string {
	var text strings.Builder
	for _, n := range w.nodes {
		if !n.gone {
			d := w.hub.state.devices[n.device]
			fmt.Fprintf(&text, "[node %d epoch %d/%d acked %d head %d hub %d %s]", n.number, n.machine.Epoch, d.Epoch, n.machine.Acked, n.store.head().Seq, d.LastSeq, d.Status)
		}
	}
	return text.String()
}

// tailOf gives the entries of a journal that the hub must have.
func tailOf(log []journal.Entry, marks []engine.EpochMark) []journal.Entry {
	var out []journal.Entry
	for _, e := range log {
		if !engine.Superseded(marks, e.Seq) {
			out = append(out, e)
		}
	}
	return out
}
