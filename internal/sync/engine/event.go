package engine

import (
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/wire"
)

// NodeEvent is something that happened at the node's end.
type NodeEvent interface{ nodeEvent() }

// NodeEffect is something that is to be done at the node's end. Each is answered by the event that its comment names,
// or by Failed, unless it says none.
type NodeEffect interface{ nodeEffect() }

// Begin starts a round: the handshake when it is due, all that waits up, all that moved down.
type Begin struct{ Hello bool }

// BeginPull starts the lower lane alone, also while a long backlog goes up.
type BeginPull struct{}

// Greeted is the hub's answer to SayHello, with where the journal stood.
type Greeted struct {
	Reply wire.HelloReply
	Head  Head
}

// LookedUp is the hash of one of the node's own entries.
type LookedUp struct {
	Found bool
	Hash  []byte
}

// Compared tells for each asked sequence whether hub and node have the same entry.
type Compared struct{ Equal []bool }

// Granted is the hub's leave to begin an epoch.
type Granted struct{ Reply wire.EpochReply }

// Started tells that the epoch has begun in the journal.
type Started struct {
	Head Head
	Mark EpochMark
}

// HelloKept tells that what the handshake brought is kept.
type HelloKept struct{}

// BatchRead is the next batch; nil when nothing waits.
type BatchRead struct{ Batch *wire.Push }

// Pushed is the hub's answer to a batch.
type Pushed struct {
	Reply wire.PushReply
	Fast  bool // it came soon enough for greater batches
}

// AckKept tells that an answer is kept.
type AckKept struct{}

// Pulled is the hub's answer to AskPages.
type Pulled struct{ Reply wire.PullReply }

// Installed tells that a page was installed, or why not, and where the scope's cursor stands now.
type Installed struct {
	Cursor wire.Cursor
	Stale  bool // another page was installed meanwhile; this one was dropped
	Epoch  bool // it speaks of another epoch of this node; it was dropped
}

// Told tells that the hub knows how far this node has come.
type Told struct{}

// Failed tells that an effect came to nothing.
type Failed struct {
	Down  bool // in the lower lane
	Fault Fault
}

// Fault is what went wrong.
type Fault struct {
	Code     string
	Blocked  bool  // no further try cures it: a person must act
	Local    bool  // the node's own database failed: nothing else is tried
	Expected int64 // the sequence that the hub waits for, where it said so
}

func (Begin) nodeEvent()     {}
func (BeginPull) nodeEvent() {}
func (Greeted) nodeEvent()   {}
func (LookedUp) nodeEvent()  {}
func (Compared) nodeEvent()  {}
func (Granted) nodeEvent()   {}
func (Started) nodeEvent()   {}
func (HelloKept) nodeEvent() {}
func (BatchRead) nodeEvent() {}
func (Pushed) nodeEvent()    {}
func (AckKept) nodeEvent()   {}
func (Pulled) nodeEvent()    {}
func (Installed) nodeEvent() {}
func (Told) nodeEvent()      {}
func (Failed) nodeEvent()    {}

// SayHello asks the hub where it stands: Greeted.
type SayHello struct{ Acked int64 }

// LookUp reads the hash of one of the node's own entries: LookedUp.
type LookUp struct{ Seq int64 }

// Compare shows the hub the hashes of these entries: Compared.
type Compare struct{ Seqs []int64 }

// AskEpoch asks the hub for leave to begin an epoch: Granted.
type AskEpoch struct {
	Common int64
	Why    Cause
}

// StartEpoch begins an epoch and issues again, in the same Update, what the hub never took: Started.
type StartEpoch struct {
	Number   int64
	Common   int64 // entries behind it are issued again
	Why      Cause
	HubHash  []byte
	HubClock journal.HLC
	NodeCode string // with which numbers begin from now on
}

// KeepHello keeps what the handshake brought: HelloKept.
type KeepHello struct {
	Acked    int64
	HubEpoch int64
	Reset    bool // the hub's epoch changed: positions of its other life mean nothing
	Reply    wire.HelloReply
}

// ReadBatch reads entries From and after, at most Size and none behind To (0 = no limit): BatchRead.
type ReadBatch struct {
	From int64
	To   int64
	Size int
}

// SendBatch sends a batch: Pushed.
type SendBatch struct{ Batch *wire.Push }

// KeepAck keeps the hub's answer to a batch: AckKept.
type KeepAck struct {
	Epoch int64 // of the batch
	Reply wire.PushReply
}

// AskPages asks for what moved: Pulled.
type AskPages struct{ Cursors []wire.Cursor }

// InstallPage installs a page if the scope's cursor still is Since: Installed.
type InstallPage struct {
	Page  wire.Page
	Since wire.Cursor
}

// TellCursors tells the hub how far this node has come: Told.
type TellCursors struct{ Cursors []wire.Cursor }

// Report says what went wrong in the round; it is not answered.
type Report struct{ Fault Fault }

// RoundOver says that both lanes rest; it is not answered.
type RoundOver struct{}

func (SayHello) nodeEffect()    {}
func (LookUp) nodeEffect()      {}
func (Compare) nodeEffect()     {}
func (AskEpoch) nodeEffect()    {}
func (StartEpoch) nodeEffect()  {}
func (KeepHello) nodeEffect()   {}
func (ReadBatch) nodeEffect()   {}
func (SendBatch) nodeEffect()   {}
func (KeepAck) nodeEffect()     {}
func (AskPages) nodeEffect()    {}
func (InstallPage) nodeEffect() {}
func (TellCursors) nodeEffect() {}
func (Report) nodeEffect()      {}
func (RoundOver) nodeEffect()   {}

// cursorOf finds the cursor of a scope.
func cursorOf(cursors []wire.Cursor, scope []byte) int {
	for i := range cursors {
		if string(cursors[i].Scope) == string(scope) {
			return i
		}
	}
	return -1
}

// Scopes gives the cursors of a node that has pulled nothing yet.
func Scopes(hubEpoch int64, scopes ...lab.ID) []wire.Cursor {
	out := make([]wire.Cursor, len(scopes))
	for i, s := range scopes {
		out[i] = wire.Cursor{Scope: s.Bytes(), HubEpoch: hubEpoch}
	}
	return out
}
