package simulation

import (
	"math/rand/v2"
)

// Kind is what an event is.
type Kind int

// What people do, what the network does, and what goes wrong.
const (
	Register Kind = iota
	EditIdentity
	EditContact
	EditPreference
	EditVIP
	NewVisit // a visit with its sample, its result and its tag in one Update
	EditVisit
	EditUrgency
	CancelVisit
	Collect
	MoveSample
	EnterResult
	AmendResult
	Verify
	Comment
	NewTest
	EditPrice
	EditTag
	RaiseTag
	Remove
	Erase
	Resolve
	Poison
	Again // writes the value that the hub shows already
	HubPrice
	HubPreference
	HubResolve

	Begin   // a round
	Pull    // the lower lane alone
	GoOn    // one of the tasks that wait goes on
	Sync    // a round from beginning to end
	Tick    // time goes by
	Timeout // a node gives up waiting
	Drop    // a message is lost
	Twice   // a message comes twice

	Crash    // a node's process
	DiskFull // a node's next write fails
	Backup
	Bring // a node comes back from its backup
	Clone // a copy of a node's disk runs as well
	Jump  // a node's clock
	HubCrash
	Failover // the hub loses its last commits
	Revoke
	Allow

	kinds
)

// Event is one thing that happens. A, B and C choose what it happens to, by counting through what is there.
type Event struct {
	Kind    Kind
	A, B, C int
}

// NodePlan is a node as a history begins.
type NodePlan struct {
	Org, Lab int
	Schema   int
}

// Plan is a history: everything that a run needs, as data.
type Plan struct {
	Seed   uint64
	Nodes  []NodePlan
	Batch  int // entries in a batch
	Page   int // records in a page
	Events []Event
}

// weights of what happens most, like a lab's day; faults are drawn apart.
func weights() map[Kind]int {
	return map[Kind]int{
		Register: 5, EditIdentity: 6, EditContact: 6, EditPreference: 5, EditVIP: 2, NewVisit: 6, EditVisit: 4, EditUrgency: 4,
		CancelVisit: 1, Collect: 3, MoveSample: 4, EnterResult: 6, AmendResult: 1, Verify: 4, Comment: 3, NewTest: 1, EditPrice: 3,
		EditTag: 3, RaiseTag: 2, Remove: 2, Erase: 1, Resolve: 2, Poison: 1, Again: 2, HubPrice: 2, HubPreference: 3, HubResolve: 2,
		Begin: 14, Pull: 8, GoOn: 90, Sync: 16, Tick: 10, Timeout: 4,
	}
}

func faults() map[Kind]int {
	return map[Kind]int{
		Drop: 8, Twice: 6, Crash: 4, DiskFull: 3, Backup: 3, Bring: 2, Clone: 1, Jump: 2, HubCrash: 4, Failover: 2, Revoke: 1,
		Allow: 2,
	}
}

// NewPlan draws a history from a seed. Each seed has its own mix: a random part of what people do and of what goes
// wrong, so that rare pairs meet often in some history.
func NewPlan(seed uint64) Plan {
	r := rand.New(rand.NewPCG(seed, 0x6a61616e6368)) //nolint:gosec // a history has to be the same for its seed
	p := Plan{Seed: seed, Batch: 1 + r.IntN(9), Page: 1 + r.IntN(9)}
	orgs := 1 + r.IntN(5)/4
	for range 2 + r.IntN(3)*r.IntN(3) + r.IntN(2) {
		p.Nodes = append(p.Nodes, NodePlan{Org: r.IntN(orgs), Lab: r.IntN(4) / 3, Schema: 1 + r.IntN(newestSchema)})
	}
	var bag []Kind
	for k := range kinds {
		if w := weights()[k]; w > 0 && (k == Register || k == NewVisit || k >= Begin || r.IntN(10) < 7) {
			for range w {
				bag = append(bag, k)
			}
		}
	}
	calm := r.IntN(4) == 0
	for k := range kinds {
		if w := faults()[k]; w > 0 && !calm && r.IntN(10) < 4 {
			for range w {
				bag = append(bag, k)
			}
		}
	}
	for range 120 + r.IntN(200) {
		p.Events = append(p.Events, Event{Kind: bag[r.IntN(len(bag))], A: r.IntN(1 << 20), B: r.IntN(1 << 20), C: r.IntN(1 << 20)})
	}
	return p
}
