package simulation

import (
	"maps"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// Mistake is a mistake that is made on purpose, to see that an oracle finds it.
type Mistake string

// The planted mistakes. Those that a wrong engine would make change what goes into it or comes out of it.
const (
	NoMistake         Mistake = ""
	RowLevelBase      Mistake = "row-level base"
	AckAdvancesBase   Mistake = "ack advances base"
	NoOriginClause    Mistake = "no origin clause"
	OriginNoEpoch     Mistake = "origin without epoch"
	CursorBySequence  Mistake = "cursor by sequence"
	AckBeforeCommit   Mistake = "ack before commit"
	NoRebase          Mistake = "no rebase"
	StalePage         Mistake = "stale page over a younger ack"
	EchoNotClean      Mistake = "echo skipped when not clean"
	CutInsideUpdate   Mistake = "batch cut inside a txid"
	ReissueAll        Mistake = "duplicate applied again after a fork"
	OldBasesLost      Mistake = "old bases lost at a fork"
	TombstoneWins     Mistake = "tombstone beats newer edit"
	EqualIsConflict   Mistake = "equal value counted as conflict"
	WrongGroup        Mistake = "conflict joined to the wrong group"
	MergeByOrder      Mistake = "merge dependent on order"
	VerifyAnyHash     Mistake = "verify attached to another content hash"
	AmendOpensLock    Mistake = "lock opened by amend"
	QuarantineDrops   Mistake = "quarantine drops the entry"
	LensNulls         Mistake = "lens nulls unknown fields"
	HLCNotPersisted   Mistake = "HLC not persisted"
	ClampSkipped      Mistake = "clamp skipped"
	EraseNotForwarded Mistake = "erase not forwarded"
	ForeignScope      Mistake = "page with a row of another lab"
	HubEpochIgnored   Mistake = "hub epoch ignored"
	MergedKeepsDevice Mistake = "merged value keeps the device as origin"
	QueuedIsPending   Mistake = "queued counts as pending"
	OtherSnapshot     Mistake = "sequence read in another snapshot"
	HeldDropped       Mistake = "verification that waits is forgotten with the next change"
	HeldLost          Mistake = "verification that waits is lost as its value comes to stand"
)

// Mistakes lists them in the order of the design.
func Mistakes() []Mistake {
	return []Mistake{
		RowLevelBase, AckAdvancesBase, NoOriginClause, OriginNoEpoch, CursorBySequence, AckBeforeCommit, NoRebase, StalePage,
		EchoNotClean, CutInsideUpdate, ReissueAll, OldBasesLost, TombstoneWins, EqualIsConflict, WrongGroup, MergeByOrder,
		VerifyAnyHash, AmendOpensLock, QuarantineDrops, LensNulls, HLCNotPersisted, ClampSkipped, EraseNotForwarded, ForeignScope,
		HubEpochIgnored, MergedKeepsDevice, QueuedIsPending, OtherSnapshot, HeldDropped, HeldLost,
	}
}

// before changes what the engine gets.
func (b Mistake) before(batch *engine.Batch) {
	if b == NoMistake {
		return
	}
	hooks := map[Mistake]func(*engine.Batch){
		NoOriginClause: hideOrigin, OriginNoEpoch: hideEpoch, TombstoneWins: knowAll, AmendOpensLock: openLock, VerifyAnyHash: dropHash,
		LensNulls: nullUnknown, WrongGroup: swapGroups, HeldDropped: dropHeld, ClampSkipped: func(batch *engine.Batch) { batch.NowMS = 1 << 45 },
	}
	if hook := hooks[b]; hook != nil {
		hook(batch)
	}
}

func hideOrigin(batch *engine.Batch) {
	eachGroup(batch, func(g *engine.Group) {
		if g.Device == batch.Device {
			g.Device = lab.ID{0xff}
		}
	})
}

func hideEpoch(batch *engine.Batch) {
	eachGroup(batch, func(g *engine.Group) {
		if g.Device == batch.Device {
			g.Epoch = batch.Epoch
		}
	})
}

func knowAll(batch *engine.Batch) {
	eachItem(batch, func(e *journal.Entry, r *engine.Record) {
		if e.Op != journal.OpTombstone || r == nil {
			return
		}
		e.Base = map[int]int64{}
		for id, g := range r.Groups {
			e.Base[id] = g.RV
		}
	})
}

func openLock(batch *engine.Batch) {
	eachItem(batch, func(e *journal.Entry, r *engine.Record) {
		if e.Op == journal.OpAmend && r != nil {
			r.Locked = nil
		}
	})
}

func dropHash(batch *engine.Batch) {
	eachItem(batch, func(e *journal.Entry, _ *engine.Record) {
		if e.Entity == verification && e.Op == journal.OpInsert {
			e.Fields = maps.Clone(e.Fields)
			delete(e.Fields, verifyHash)
		}
	})
}

func nullUnknown(batch *engine.Batch) {
	eachItem(batch, func(e *journal.Entry, _ *engine.Record) {
		if _, ok := e.Fields[patientLang]; ok && e.Entity == patient && e.Schema < 2 && e.Op == journal.OpUpdate {
			e.Fields = maps.Clone(e.Fields)
			e.Fields[patientVIP] = nil
		}
	})
}

func swapGroups(batch *engine.Batch) {
	for _, c := range batch.Open {
		if c.Key.Entity == patient && c.Group < 3 {
			c.Group = 3 - c.Group
		}
	}
}

func dropHeld(batch *engine.Batch) {
	for _, c := range batch.Open {
		c.Held = nil
	}
}

func eachItem(batch *engine.Batch, do func(e *journal.Entry, r *engine.Record)) {
	for i := range batch.Items {
		e := &batch.Items[i].Entry
		do(e, batch.Records[engine.Key{Entity: e.Entity, ID: e.Record}])
	}
}

func eachGroup(batch *engine.Batch, do func(g *engine.Group)) {
	for _, r := range batch.Records {
		for id, g := range r.Groups {
			do(&g)
			r.Groups[id] = g
		}
	}
}

// after changes what the engine gives.
func (b Mistake) after(batch *engine.Batch, result *engine.Result) {
	if b == NoMistake {
		return
	}
	hooks := map[Mistake]func(*engine.Batch, *engine.Result){
		NoOriginClause: showOrigin, HeldLost: loseHeld, EchoNotClean: keepEcho, MergeByOrder: mergeByOrder, MergedKeepsDevice: keepDevice,
		EqualIsConflict: func(batch *engine.Batch, result *engine.Result) {
			for i := range batch.Items {
				countEqual(batch, result, i)
			}
		},
	}
	if hook := hooks[b]; hook != nil {
		hook(batch, result)
	}
}

func showOrigin(batch *engine.Batch, _ *engine.Result) {
	eachGroup(batch, func(g *engine.Group) {
		if g.Device == (lab.ID{0xff}) {
			g.Device = batch.Device
		}
	})
}

// loseHeld drops verifications that come out of a conflict.
func loseHeld(batch *engine.Batch, result *engine.Result) {
	of := map[lab.ID]bool{} // verifications that came in as entries
	for i := range batch.Items {
		of[batch.Items[i].Entry.Record] = true
	}
	result.Records = slices.DeleteFunc(result.Records, func(r *engine.Record) bool { return r.Entity == verification && !of[r.ID] })
}

// keepDevice leaves the node as the origin of a value that the hub made.
func keepDevice(batch *engine.Batch, result *engine.Result) {
	for i, o := range result.Outcomes {
		if o.Code != wire.Merged {
			continue
		}
		e := &batch.Items[i].Entry
		r := batch.Records[engine.Key{Entity: e.Entity, ID: e.Record}]
		for id, g := range r.Groups {
			if g.Device.IsZero() && g.HLC == o.HLC {
				g.Device, g.Epoch = batch.Device, batch.Epoch
				r.Groups[id] = g
			}
		}
	}
}

// keepEcho forgets that the origin has to hear of what stands.
func keepEcho(_ *engine.Batch, result *engine.Result) {
	for _, r := range result.Records {
		for id, g := range r.Groups {
			g.Refused = 0
			r.Groups[id] = g
		}
	}
}

// countEqual writes a conflict where both sides say the same.
func countEqual(batch *engine.Batch, result *engine.Result, i int) {
	e := &batch.Items[i].Entry
	r := batch.Records[engine.Key{Entity: e.Entity, ID: e.Record}]
	g := firstGroup(e)
	if r == nil || g == 0 || e.Op != journal.OpUpdate || result.Outcomes[i].Code != wire.Applied || r.Groups[g].Seq == e.Seq {
		return
	}
	result.Conflicts = append(result.Conflicts, &engine.Conflict{
		ID: lab.ID{0xee, byte(e.Seq), byte(e.Seq >> 8), batch.Device[15], byte(batch.Epoch)}, Key: r.Key, Home: r.Home, Group: g, Kind: engine.KindValue, State: engine.StateAuto,
		Server: engine.Value{Fields: maps.Clone(e.Fields)}, Clients: []engine.Value{{Device: batch.Device, Fields: maps.Clone(e.Fields)}},
	})
}

// mergeByOrder lets the later arrival win where both sides should be brought together.
func mergeByOrder(batch *engine.Batch, result *engine.Result) {
	for i, o := range result.Outcomes {
		if o.Code != wire.Merged {
			continue
		}
		e := &batch.Items[i].Entry
		r := batch.Records[engine.Key{Entity: e.Entity, ID: e.Record}]
		for _, f := range slices.Sorted(maps.Keys(e.Fields)) {
			if f > 0 && !unique(e.Entity, f) {
				r.Doc[f] = e.Fields[f]
			}
		}
	}
}

// firstGroup gives the group of an entry's first field, 0 without any.
func firstGroup(e *journal.Entry) int {
	entity, _ := registry(newestSchema).EntityByID(e.Entity)
	for _, f := range entity.Fields {
		if _, ok := e.Fields[f.ID]; ok {
			return f.Group
		}
	}
	return 0
}
