// Package engine decides what a batch of entries does to the hub's records. It is pure: no clock, no randomness, no
// database, no goroutine, and nothing depends on the order of a map, so that a simulation can drive it and the same batch
// on the same records always ends the same way. sync/ingest loads what Needs names, calls Apply, and stores the result.
package engine

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/policy"
	"jaanch/internal/sync/wire"
)

// Key names a record.
type Key struct {
	Entity int
	ID     lab.ID
}

// compare orders keys, so that every writer touches records in the same order.
func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Entity, o.Entity), bytes.Compare(k.ID[:], o.ID[:]))
}

// GroupKey names a group of an entity.
type GroupKey struct{ Entity, Group int }

// GroupDeleted is the number under which a record's deletion has its own version.
const GroupDeleted = 0

// Group is the bookkeeping of one field group: its version, who made the value that stands, and when.
type Group struct {
	RV      int64 // raised by every change of the group
	Pos     int64 // in the feed of the home scope
	Device  lab.ID
	Epoch   int64
	Seq     int64
	Actor   string
	WallMS  int64 // UTC, the origin's wall clock
	ZoneMin int
	HLC     journal.HLC // after the clamp
	Suspect bool
	// Refused is the version from which on the origin has to hear what stands, echo or not: another change of the same
	// origin was refused, or its value stands beside others that it had not seen. 0 = it need not.
	Refused int64
}

// Record is the newest state of a record at the hub.
type Record struct {
	Key

	Home      lab.ID // the lab, or the organisation
	CreatedBy lab.ID // device
	Subject   lab.ID
	RV        int64
	Pos       int64
	Groups    map[int]Group
	Doc       map[int]any   // field → value; an absent field is nil
	Changed   map[int]int64 // field → version that changed it after the record was made
	Locked    []int         // groups that are verified, in rising order
	Deleted   bool

	fresh bool // made by this batch
	dirty bool // to be stored
}

// Conflict is a contest that was recorded, whoever won it.
type Conflict struct {
	ID       lab.ID
	Key      Key
	Home     lab.ID
	Group    int
	Subject  lab.ID
	Kind     string // one of the kinds below
	Strategy string
	State    string // "open", "auto", "resolved"
	Winner   string
	Base     int64
	Server   Value
	Clients  []Value // every value that lost or waits, oldest first
	Resolver string
	Reason   string      // in the resolver's words
	AtMS     int64       // the hub's clock when it was recorded
	ClosedMS int64       // the resolver's clock
	Was      map[int]any // what stood before either side changed it, where that is known
	Held     []Held      // verifications of a value that the hub does not show
}

// Value is one side of a conflict.
type Value struct {
	Device  lab.ID
	Epoch   int64
	Seq     int64
	Actor   string
	WallMS  int64
	ZoneMin int
	HLC     journal.HLC
	Deleted bool
	Fields  map[int]any
}

// The kinds of conflict.
const (
	KindValue     = "value"
	KindLocked    = "locked"
	KindTombstone = "tombstone"
	KindVerify    = "verification" // a verification that was given for another value
)

// The states of a conflict.
const (
	StateOpen     = "open"
	StateAuto     = "auto"
	StateResolved = "resolved"
)

// Batch is what Apply works on. It changes Records and Open in place.
type Batch struct {
	Schema   *Schema
	Device   lab.ID
	Epoch    int64
	Org      lab.ID
	Lab      lab.ID
	HubEpoch int64
	Forks    []ForkMark // of the device, in rising order
	NowMS    int64      // the hub's clock, milliseconds UTC
	Items    []wire.Item
	Records  map[Key]*Record
	Open     []*Conflict       // open and decided conflicts of those records, and those that the batch itself names
	Manual   map[GroupKey]bool // groups that this organisation always gives to a person
	NextPos  map[lab.ID]int64  // scope → first position that this batch may use
	Again    map[int64]bool    // sequences of entries that another copy of this journal has brought before (SameWrite)
}

// ForkMark is where an epoch of a device left the one that its journal was in: up to Common it has the entries of that one,
// behind it its own.
type ForkMark struct {
	Epoch  int64
	Parent int64
	Common int64
}

// Result is what came of a batch, in a fixed order.
type Result struct {
	Outcomes   []Outcome   // one an item
	Records    []*Record   // to be stored, by key
	Conflicts  []*Conflict // new and changed ones, by id
	Erased     []lab.ID    // subjects
	Days       []Day
	Quarantine []Quarantined
	Taken      []ScopeNeed // positions that the batch took, by scope
}

// Outcome is what became of one entry.
type Outcome struct {
	Code     wire.Outcome
	Conflict lab.ID
	HLC      journal.HLC // after the clamp
}

// Quarantined is an entry that could not be used.
type Quarantined struct {
	Seq  int64
	Code string
}

// maxAhead is how far, in milliseconds, a node's clock may run before the hub's until its readings are cut.
const maxAhead = 60_000

// suspectAhead is from where on a reading is not trusted to order anything that matters, in milliseconds.
const suspectAhead = 600_000

// Needs lists the records that Apply must find in Batch.Records, and the scopes in which it may take positions with how
// many it expects to take, both sorted. What is not loaded counts as not existing. Verifications that waited in a conflict
// and stand now take positions that nobody can foresee: Result.Taken tells the true number, and whoever holds the scope
// moves its head behind them.
func Needs(s *Schema, org, home lab.ID, items []wire.Item) (keys []Key, scopes []ScopeNeed) {
	seen := map[Key]bool{}
	want := map[lab.ID]int{}
	add := func(k Key, moves bool) {
		if k.ID.IsZero() || k.Entity == 0 {
			return
		}
		if !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
		if ent, ok := s.entity(k.Entity); ok && moves {
			for _, scope := range scopesOf(ent, org, home) {
				want[scope] += 1 + len(ent.Groups) // each group may leave a conflict record
			}
		}
	}
	for i := range items {
		e := &items[i].Entry
		switch e.Op {
		case journal.OpApplied, journal.OpEpoch:
		case journal.OpErase:
			if !e.Subject.IsZero() && !seen[erasureOf(e.Subject)] {
				want[org]++
				add(erasureOf(e.Subject), false)
			}
		case journal.OpInsert, journal.OpUpdate, journal.OpAmend, journal.OpTombstone:
			add(Key{e.Entity, e.Record}, true)
			for _, ref := range s.references(e) {
				add(ref, true)
			}
			if mayBeErased(e) {
				add(erasureOf(e.Subject), false)
			}
		}
	}
	slices.SortFunc(keys, Key.compare)
	for scope, n := range want {
		scopes = append(scopes, ScopeNeed{scope, n})
	}
	slices.SortFunc(scopes, func(a, b ScopeNeed) int { return bytes.Compare(a.Scope[:], b.Scope[:]) })
	return keys, scopes
}

// scopesOf gives the scopes in which an entry of this kind may move records: a conflict is at home where its record is,
// which may be either.
func scopesOf(ent journal.Entity, org, home lab.ID) []lab.ID {
	switch {
	case ent.Name == journal.EntityConflict:
		return []lab.ID{org, home}
	case ent.Scope == journal.ScopeOrg:
		return []lab.ID{org}
	}
	return []lab.ID{home}
}

// mayBeErased tells that the entry speaks of somebody whom the hub may have been told to forget.
func mayBeErased(e *journal.Entry) bool {
	return len(e.PHI) > 0 && (e.Op != journal.OpInsert || e.Subject != e.Record)
}

// ScopeNeed is how many positions a batch needs of a scope.
type ScopeNeed struct {
	Scope lab.ID
	N     int
}

// Apply folds the batch over the records in the order of its entries.
func Apply(b *Batch) Result {
	f := &fold{Batch: b, next: maps.Clone(b.NextPos), touched: map[lab.ID]*Conflict{}, closed: map[lab.ID]int64{}, refused: map[lab.ID]int64{}, days: map[dayKey]*Day{}}
	for i := range b.Items {
		it := &b.Items[i]
		out := f.entry(it)
		out.HLC = f.effective(it.Entry.HLC)
		f.Outcomes = append(f.Outcomes, out)
	}
	return f.finish()
}

// fold is the work on one batch.
type fold struct {
	*Batch
	Result

	next    map[lab.ID]int64
	touched map[lab.ID]*Conflict
	closed  map[lab.ID]int64 // conflict → the Update of this batch whose change decided it
	refused map[lab.ID]int64 // conflict → the Update of this batch whose change came too late to decide it
	days    map[dayKey]*Day
}

// effective cuts a clock that runs ahead.
func (f *fold) effective(h journal.HLC) journal.HLC {
	return min(h, journal.MakeHLC(f.NowMS+maxAhead, 0))
}

func (f *fold) entry(it *wire.Item) Outcome {
	e := &it.Entry
	switch e.Op {
	case journal.OpApplied, journal.OpEpoch:
		return Outcome{}
	case journal.OpErase:
		if !e.Subject.IsZero() && !slices.Contains(f.Erased, e.Subject) {
			f.Erased = append(f.Erased, e.Subject)
			f.erase(e.Subject)
		}
		return Outcome{}
	case journal.OpInsert, journal.OpUpdate, journal.OpAmend, journal.OpTombstone:
	}
	if e.Entity == 0 {
		return Outcome{} // a head of the access log: it stands in the journal copy and nowhere else
	}
	change, code := f.read(it)
	if code != "" {
		f.Quarantine = append(f.Quarantine, Quarantined{e.Seq, code})
		f.tellBack(e)
		return Outcome{Code: wire.Quarantined}
	}
	if change.entity.Name == journal.EntityConflict {
		return f.decide(change)
	}
	if e.Op == journal.OpTombstone {
		return f.remove(change)
	}
	return f.write(change)
}

// tellBack lets the node whose entry cannot be used pull what stands instead of it.
func (f *fold) tellBack(e *journal.Entry) {
	r := f.Batch.Records[Key{e.Entity, e.Record}]
	if r == nil || r.stub() || r.Home != f.Lab && r.Home != f.Org {
		return
	}
	for g := range r.Groups {
		if g != GroupDeleted {
			f.nudge(r, g)
		}
	}
}

// finish sorts what is to be stored and gives every moved record its position.
func (f *fold) finish() Result {
	f.project()
	keys := make([]Key, 0, len(f.Batch.Records))
	for k, r := range f.Batch.Records {
		if r.dirty {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, Key.compare)
	for _, k := range keys {
		r := f.Batch.Records[k]
		r.Pos = f.next[r.Home]
		f.next[r.Home]++
		for id, g := range r.Groups {
			if g.Pos == moved {
				g.Pos = r.Pos
				r.Groups[id] = g
			}
		}
		f.Result.Records = append(f.Result.Records, r)
	}
	for scope, next := range f.next {
		f.Taken = append(f.Taken, ScopeNeed{scope, int(next - f.NextPos[scope])})
	}
	slices.SortFunc(f.Taken, func(a, b ScopeNeed) int { return bytes.Compare(a.Scope[:], b.Scope[:]) })
	for _, c := range f.touched {
		f.Conflicts = append(f.Conflicts, c)
	}
	slices.SortFunc(f.Conflicts, func(a, b *Conflict) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	f.Days = f.sortedDays()
	return f.Result
}

// moved marks a group that gets its record's new position at the end of the batch.
const moved = -1

// home tells whether the writer is the node at which the record is at home.
func (f *fold) home(r *Record) bool {
	if ref, ok := f.Schema.homeOf(r); ok {
		if of, ok := f.Batch.Records[ref]; ok {
			return of.CreatedBy == f.Device
		}
	}
	return r.CreatedBy == f.Device
}

// contest asks the group's strategy.
func (f *fold) contest(ent journal.Entity, group journal.Group, r *Record, server, client policy.Side) policy.Verdict {
	decide, ok := policy.StrategyFor(group.Strategy)
	if !ok || f.Manual[GroupKey{ent.ID, group.ID}] {
		return policy.Verdict{Winner: policy.Nobody}
	}
	return decide(policy.Contest{Entity: ent, Group: group, Server: server, Client: client, ClientIsHome: f.home(r)})
}
