package engine_test

import (
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// The search for the last common entry finds it wherever it stands, also in a journal with a stretch that an epoch issued
// again: the hub never had that stretch, although it has what is before it and behind it. Taken for evidence it ends the
// search too early; what the hub has is then issued once more, and is in conflict with what was written over it.
func TestSearchPassesOverWhatWasIssuedAgain(t *testing.T) {
	t.Parallel()
	for _, own := range []engine.EpochMark{{}, {Number: 2, First: 3, Common: 0}, {Number: 2, First: 40, Common: 20}} {
		for head := max(own.First, 1); head < 90; head++ {
			for common := own.First; common <= head; common++ {
				if got, asked := search(t, own, head, common); got != common || asked > 12 {
					t.Fatalf("mark %+v, head %d: found %d after %d questions, want %d", own, head, got, asked, common)
				}
			}
		}
	}
}

// search plays a hub that has the node's chain up to common, without what the mark passes over.
func search(t *testing.T, own engine.EpochMark, head, common int64) (found int64, asked int) {
	t.Helper()
	n := engine.Node{Device: lab.ID{1}, Epoch: 1, Confirm: engine.Fork, Head: head}
	if own.Number > 0 {
		n.Epoch, n.Marks = own.Number, []engine.EpochMark{own}
	}
	n, _ = n.Step(engine.Begin{Hello: true})
	n, effects := n.Step(engine.Greeted{Reply: wire.HelloReply{Epoch: n.Epoch + 1, LastSeq: head + 5}, Head: engine.Head{Epoch: n.Epoch, Seq: head}})
	for len(effects) == 1 {
		switch e := effects[0].(type) {
		case engine.Compare:
			if asked++; asked > 100 {
				t.Fatal("the search never ends")
			}
			equal := make([]bool, len(e.Seqs))
			for i, seq := range e.Seqs {
				equal[i] = seq <= common && (seq <= own.Common || seq >= own.First)
			}
			n, effects = n.Step(engine.Compared{Equal: equal})
		case engine.AskEpoch:
			return e.Common, asked
		default:
			t.Fatalf("got %T", e)
		}
	}
	t.Fatalf("got %v", effects)
	return 0, 0
}
