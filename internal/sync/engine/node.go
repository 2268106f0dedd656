package engine

import (
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/wire"
)

// Node is the node's end of sync as a state machine. Step takes what happened and gives the next state with what is to
// be done; whoever drives it does that and comes back with the answer as the next event. It knows no clock, no network
// and no database: sync/agent drives it for a lab, sync/simulation for a test.
//
// There are two lanes, each with at most one thing under way: up (handshake, epochs, batches) and down (pages). A push
// never waits for a pull, nor a pull for an empty queue: what fails in one lane ends that lane alone.
type Node struct {
	Device   lab.ID
	Epoch    int64 // of the journal's head
	Head     int64 // last sequence of the journal, as it was last read
	Acked    int64 // last sequence that the hub has of the chain as this node now holds it
	HubEpoch int64
	Cursors  []wire.Cursor // one for each scope that this node reads
	Marks    []EpochMark   // of the epochs that began in this journal, in rising order
	Confirm  Cause         // set when somebody at the node said that this copy goes on
	Size     int           // entries of the next batch
	// Greeted tells that the hub was asked, since the process began, whether this journal is the one that it knows. A
	// database may have come back from a backup: nothing is sent, and above all nothing installed, before that is settled.
	Greeted bool

	up   lane
	down lane

	hello  wire.HelloReply
	keep   KeepHello
	search search
	asked  []wire.Cursor // with which the pages under way were asked for
	pages  []wire.Page   // still to be installed
	more   bool
	moved  bool
	gap    bool // the hub's word on where it stands was followed once
}

// EpochMark is where an epoch begins in a journal.
type EpochMark struct {
	Number int64
	First  int64 // sequence of its first entry
	Common int64 // last sequence that the hub has of the epochs before, by this chain
}

// Cause is why an epoch begins.
type Cause string

// The causes. Their text stands in epoch entries.
const (
	NoCause Cause = ""
	Restore Cause = "restore" // the database came back from a backup
	Fork    Cause = "fork"    // two copies lived; somebody chose this one
	Rebuild Cause = "rebuild" // the machine was lost; another became the node, with nothing but what the hub has
)

// Batches begin small and grow while the hub answers fast.
const (
	FirstBatch = 500
	leastBatch = 200
	growBatch  = 300
)

// PageRows is how many records a node asks for at once: few enough that installing them holds up no screen.
const PageRows = 500

// lane is what one direction waits for.
type lane int

const (
	resting lane = iota
	greeting
	proving
	comparing
	granting
	starting
	noting
	reading
	sending
	keeping
	asking
	installing
	telling
)

// Busy tells whether anything is under way.
func (n Node) Busy() bool { return n.up != resting || n.down != resting }

// Step moves the machine. An event that nothing waits for (an answer that comes twice, or too late) changes nothing.
func (n Node) Step(ev NodeEvent) (Node, []NodeEffect) {
	switch ev := ev.(type) {
	case Begin:
		return n.begin(ev)
	case BeginPull:
		if n.down != resting || !n.Greeted {
			return n, nil
		}
		return n.askPages()
	case Failed:
		return n.fail(ev)
	case Greeted, LookedUp, Compared, Granted, Started, HelloKept:
		return n.stepChain(ev)
	case BatchRead, Pushed, AckKept:
		return n.stepUp(ev)
	case Pulled, Installed, Told:
		return n.stepDown(ev)
	}
	return n, nil
}

func (n Node) begin(ev Begin) (Node, []NodeEffect) {
	if n.up != resting {
		return n, nil
	}
	n.gap = false
	if ev.Hello || !n.Greeted {
		n.up = greeting
		return n, []NodeEffect{SayHello{Acked: n.Acked}}
	}
	return n.readBatch()
}

func (n Node) stepChain(ev NodeEvent) (Node, []NodeEffect) {
	switch ev := ev.(type) {
	case Greeted:
		if n.up == greeting {
			return n.greeted(ev)
		}
	case LookedUp:
		if n.up == proving {
			return n.proved(ev)
		}
	case Compared:
		if n.up == comparing {
			return n.compared(ev)
		}
	case Granted:
		if n.up == granting {
			return n.granted(ev)
		}
	case Started:
		if n.up == starting {
			return n.started(ev)
		}
	case HelloKept:
		if n.up == noting {
			return n.settled()
		}
	}
	return n, nil
}

func (n Node) stepUp(ev NodeEvent) (Node, []NodeEffect) {
	switch ev := ev.(type) {
	case BatchRead:
		if n.up == reading {
			return n.batchRead(ev)
		}
	case Pushed:
		if n.up == sending {
			return n.pushed(ev)
		}
	case AckKept:
		if n.up == keeping {
			return n.readBatch()
		}
	}
	return n, nil
}

func (n Node) stepDown(ev NodeEvent) (Node, []NodeEffect) {
	switch ev := ev.(type) {
	case Pulled:
		if n.down == asking {
			return n.pulled(ev)
		}
	case Installed:
		if n.down == installing {
			return n.installed(ev)
		}
	case Told:
		if n.down == telling {
			n.down = resting
			return n, n.done()
		}
	}
	return n, nil
}

// fail ends the lane in which something went wrong; the other goes on.
func (n Node) fail(ev Failed) (Node, []NodeEffect) {
	if ev.Down {
		n.down, n.pages = resting, nil
		return n, append([]NodeEffect{Report{Fault: ev.Fault}}, n.done()...)
	}
	if n.up == resting {
		return n, nil
	}
	if n.up == sending {
		if ev.Fault.Expected > 0 && ev.Fault.Code == "sync_gap" && !n.gap {
			n.gap, n.Acked = true, ev.Fault.Expected-1 // the hub knows better where it stands
			return n.readBatch()
		}
		n.Size = max(n.Size/2, leastBatch)
	}
	n.up = resting
	effects := []NodeEffect{Report{Fault: ev.Fault}}
	if ev.Fault.Local || ev.Fault.Blocked || !n.Greeted || n.down != resting {
		return n, append(effects, n.done()...)
	}
	n, ask := n.askPages()
	return n, append(effects, ask...)
}

// done ends the round once both lanes rest.
func (n Node) done() []NodeEffect {
	if n.Busy() {
		return nil
	}
	return []NodeEffect{RoundOver{}}
}

// block ends the upper lane with a reason that only a person can mend. Nothing is pulled either: pages are made for an
// epoch that this node is not in.
func (n Node) block(code string) (Node, []NodeEffect) {
	n.up, n.Greeted = resting, false
	return n, append([]NodeEffect{Report{Fault: Fault{Blocked: true, Code: code}}}, n.done()...)
}

// Head is where a journal stands.
type Head struct {
	Epoch int64
	Seq   int64
	HLC   journal.HLC
}
