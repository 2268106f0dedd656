package engine

import (
	"bytes"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/wire"
)

// Intake is the hub's end of one batch as a state machine. All its effects happen in one transaction, in their order;
// what it answers with counts only once that transaction is committed.
type Intake struct {
	push   *wire.Push
	device Device
	stage  intakeStage
	common int64 // last sequence of the batch that the hub may have already
	fresh  []wire.Item
	reply  wire.PushReply
}

type intakeStage int

const (
	locking intakeStage = iota
	checking
	recalling
	storing
	closing
	over
)

// Device is what the hub knows of a node's chain.
type Device struct {
	ID       lab.ID
	Org      lab.ID
	Lab      lab.ID
	Status   string
	Epoch    int64
	LastSeq  int64
	LastHash []byte
}

// HubEvent is something that happened in the transaction.
type HubEvent interface{ hubEvent() }

// HubEffect is something that is to be done in the transaction.
type HubEffect interface{ hubEffect() }

// DeviceLocked is the device's row, locked until the end; Refused where it may not sync or the batch is not its own.
type DeviceLocked struct {
	Device  Device
	Refused *lab.Error
}

// HashRead is the hash of an entry that the hub has, nil where it has none.
type HashRead struct{ Hash []byte }

// OutcomesRead are the outcomes of entries that the hub took before.
type OutcomesRead struct{ Outcomes []wire.EntryOutcome }

// Stored is what became of the new entries.
type Stored struct{ Result Result }

// HeadsRead tells how far the node's scopes have come.
type HeadsRead struct{ Heads []wire.Head }

func (DeviceLocked) hubEvent() {}
func (HashRead) hubEvent()     {}
func (OutcomesRead) hubEvent() {}
func (Stored) hubEvent()       {}
func (HeadsRead) hubEvent()    {}

// LockDevice locks and reads the device's row, and proves that the batch is the device's: DeviceLocked.
type LockDevice struct{ ID lab.ID }

// ReadHash reads the hash of an entry of the running epoch: HashRead.
type ReadHash struct {
	Epoch int64
	Seq   int64
}

// RecordFork notes that an epoch began; it is not answered.
type RecordFork struct {
	OldEpoch int64
	NewEpoch int64
	Common   int64
	Why      string
}

// MarkForked stops the device until an administrator chooses; it is not answered.
type MarkForked struct{}

// RecallOutcomes reads what became of entries that were taken before: OutcomesRead.
type RecallOutcomes struct {
	Epoch int64
	First int64
	Last  int64
}

// StoreItems folds new entries over the records and stores what comes of it: Stored.
type StoreItems struct {
	Epoch int64
	Items []wire.Item
}

// Advance moves the device's chain; it is not answered.
type Advance struct {
	Epoch int64
	Seq   int64
	Hash  []byte
}

// ReadHeads reads how far the node's scopes have come: HeadsRead.
type ReadHeads struct{}

// Commit ends the transaction; what follows is told to the node: the reply, or the refusal that the transaction notes.
type Commit struct {
	Reply   wire.PushReply
	Fresh   int // entries that were new
	Refused *lab.Error
}

// Refuse ends the transaction without a trace.
type Refuse struct{ Err *lab.Error }

func (LockDevice) hubEffect()     {}
func (ReadHash) hubEffect()       {}
func (RecordFork) hubEffect()     {}
func (MarkForked) hubEffect()     {}
func (RecallOutcomes) hubEffect() {}
func (StoreItems) hubEffect()     {}
func (Advance) hubEffect()        {}
func (ReadHeads) hubEffect()      {}
func (Commit) hubEffect()         {}
func (Refuse) hubEffect()         {}

// Receive begins with a batch.
func Receive(p *wire.Push) (Intake, []HubEffect) {
	return Intake{push: p}, []HubEffect{LockDevice{ID: p.Device}}
}

// Step moves the machine.
func (in Intake) Step(ev HubEvent) (Intake, []HubEffect) {
	switch ev := ev.(type) {
	case DeviceLocked:
		if in.stage == locking {
			return in.admit(ev)
		}
	case HashRead:
		if in.stage == checking {
			return in.checked(ev)
		}
	case OutcomesRead:
		if in.stage == recalling {
			in.reply.Outcomes = ev.Outcomes
			return in.store(nil)
		}
	case Stored:
		if in.stage == storing {
			return in.stored(ev)
		}
	case HeadsRead:
		if in.stage == closing {
			in.stage = over
			in.reply.Heads, in.reply.LastSeq, in.reply.LastHash = ev.Heads, in.device.LastSeq, in.device.LastHash
			if len(ev.Heads) > 0 {
				in.reply.HubEpoch = ev.Heads[0].HubEpoch
			}
			return in, []HubEffect{Commit{Reply: in.reply, Fresh: len(in.fresh)}}
		}
	}
	return in, nil
}

// refuse tells the node where the hub stands.
func (in Intake) refuse(code, message string) (Intake, []HubEffect) {
	in.stage = over
	return in, []HubEffect{Refuse{in.fault(code, message)}}
}

func (in Intake) fault(code, message string) *lab.Error {
	return &lab.Error{
		Kind: lab.KindConflict, Code: code, Message: message,
		Detail: map[string]any{"expected_seq": in.device.LastSeq + 1, "last_hash": in.device.LastHash},
	}
}

// fork stops the device: the refusal is told, and the mark stays.
func (in Intake) fork() (Intake, []HubEffect) {
	in.stage = over
	return in, []HubEffect{MarkForked{}, Commit{
		Refused: in.fault("device_forked", "The hub has other entries of this node under the same numbers."),
	}}
}

// admit holds a batch against the chain that the hub has of this device.
func (in Intake) admit(ev DeviceLocked) (Intake, []HubEffect) {
	if ev.Refused != nil {
		in.stage = over
		return in, []HubEffect{Refuse{ev.Refused}}
	}
	in.device = ev.Device
	p, dev := in.push, &in.device
	switch {
	case p.Epoch == dev.Epoch+1 && p.Items[0].Entry.Op == journal.OpEpoch:
		return in.newEpoch()
	case p.Epoch != dev.Epoch:
		return in.refuse("sync_epoch", "The hub is at another epoch of this node.")
	case p.FirstSeq > dev.LastSeq+1:
		return in.refuse("sync_gap", "Entries are missing before this batch.")
	case p.FirstSeq == dev.LastSeq+1:
		if !bytes.Equal(p.PrevHash, dev.LastHash) {
			return in.fork()
		}
		in.fresh = p.Items
		return in.store(nil)
	}
	in.common = min(dev.LastSeq, p.LastSeq())
	in.stage = checking
	if in.common == dev.LastSeq {
		return in.checked(HashRead{dev.LastHash})
	}
	return in, []HubEffect{ReadHash{Epoch: dev.Epoch, Seq: in.common}}
}

// newEpoch takes the first entry of an epoch: its previous hash stands as stated, and the fork is recorded.
func (in Intake) newEpoch() (Intake, []HubEffect) {
	p, dev := in.push, &in.device
	fields := p.Items[0].Entry.Fields
	common, _ := fields[journal.EpochCommon].(int64)
	why, _ := fields[journal.EpochWhy].(string)
	fork := RecordFork{OldEpoch: dev.Epoch, NewEpoch: p.Epoch, Common: common, Why: why}
	dev.Epoch, dev.LastSeq, dev.LastHash = p.Epoch, p.FirstSeq-1, p.PrevHash
	in.fresh = p.Items
	return in.store([]HubEffect{fork})
}

// checked compares the last entry that both should have.
func (in Intake) checked(ev HashRead) (Intake, []HubEffect) {
	p := in.push
	if !bytes.Equal(p.Items[in.common-p.FirstSeq].Entry.Hash, ev.Hash) {
		return in.fork()
	}
	in.fresh = p.Items[in.common-p.FirstSeq+1:]
	in.stage = recalling
	return in, []HubEffect{RecallOutcomes{Epoch: in.device.Epoch, First: p.FirstSeq, Last: in.common}}
}

func (in Intake) store(before []HubEffect) (Intake, []HubEffect) {
	if len(in.fresh) == 0 {
		in.stage = closing
		return in, append(before, ReadHeads{})
	}
	in.stage = storing
	return in, append(before, StoreItems{Epoch: in.device.Epoch, Items: in.fresh})
}

func (in Intake) stored(ev Stored) (Intake, []HubEffect) {
	for i, o := range ev.Result.Outcomes {
		if o.Code == wire.Applied && o.Conflict.IsZero() {
			continue
		}
		out := wire.EntryOutcome{Seq: in.fresh[i].Entry.Seq, Outcome: o.Code}
		if !o.Conflict.IsZero() {
			out.Conflict = o.Conflict.Bytes()
		}
		in.reply.Outcomes = append(in.reply.Outcomes, out)
	}
	last := &in.fresh[len(in.fresh)-1].Entry
	in.device.LastSeq, in.device.LastHash = last.Seq, last.Hash
	in.stage = closing
	return in, []HubEffect{Advance{Epoch: in.device.Epoch, Seq: last.Seq, Hash: last.Hash}, ReadHeads{}}
}
