package engine

import (
	"bytes"
	"slices"
)

// greeted holds what the hub has of this node against the journal.
func (n Node) greeted(ev Greeted) (Node, []NodeEffect) {
	n.hello, n.Epoch, n.Head = ev.Reply, ev.Head.Epoch, ev.Head.Seq
	r := &n.hello
	if n.Confirm == Rebuild {
		// Even where the hub has nothing of the lost node: what that one numbered is numbered by nobody again.
		return n.startSearch(Rebuild)
	}
	if r.Epoch > n.Epoch {
		// Another copy of this node began an epoch, or this one is from before it.
		if n.Confirm == NoCause {
			return n.block("device_forked")
		}
		return n.startSearch(n.Confirm)
	}
	if r.LastSeq == 0 {
		return n.keepHello(n.firstOf(r.Epoch))
	}
	if r.Epoch == n.Epoch && r.LastSeq > n.Head {
		return n.startSearch(Restore) // the hub has entries that this journal lost
	}
	if mark, ok := n.markAfter(r.Epoch); ok && r.LastSeq > mark.Common {
		return n.keepHello(mark.First - 1) // the hub has not seen yet that its branch ended
	}
	n.up = proving
	return n, []NodeEffect{LookUp{Seq: r.LastSeq}}
}

// proved goes on where hub and journal agree.
func (n Node) proved(ev LookedUp) (Node, []NodeEffect) {
	if ev.Found && bytes.Equal(ev.Hash, n.hello.LastHash) {
		return n.keepHello(n.hello.LastSeq)
	}
	if n.Confirm == NoCause {
		return n.block("device_forked")
	}
	return n.startSearch(n.Confirm)
}

// keepHello takes the hub's word on where it stands; a hub that has less than it once confirmed (it was restored) gets
// the rest again, for rows are never pruned here.
func (n Node) keepHello(acked int64) (Node, []NodeEffect) {
	return n.settle(acked, n.hello.HubEpoch != n.HubEpoch)
}

// settle keeps where node and hub stand. The machine believes it only once the database has it: a write that fails must
// not leave the two apart.
func (n Node) settle(acked int64, reset bool) (Node, []NodeEffect) {
	n.keep, n.up = KeepHello{Acked: acked, HubEpoch: n.hello.HubEpoch, Reset: reset, Reply: n.hello}, noting
	return n, []NodeEffect{n.keep}
}

// settled goes on once that is kept.
func (n Node) settled() (Node, []NodeEffect) {
	n.Acked, n.HubEpoch, n.Greeted = n.keep.Acked, n.keep.HubEpoch, true
	if n.keep.Reset {
		n.Cursors = slices.Clone(n.Cursors)
		for i := range n.Cursors {
			n.Cursors[i].HubEpoch, n.Cursors[i].Pos, n.Cursors[i].Since = n.HubEpoch, 0, 0
		}
	}
	return n.readBatch()
}

// firstOf gives the sequence behind which the first entry stands that a hub without any of this epoch needs.
func (n Node) firstOf(epoch int64) int64 {
	for _, m := range n.Marks {
		if m.Number == epoch {
			return m.First - 1
		}
	}
	return 0
}

// markAfter gives where the epoch behind the given one begins.
func (n Node) markAfter(epoch int64) (EpochMark, bool) {
	for _, m := range n.Marks {
		if m.Number > epoch {
			return m, true
		}
	}
	return EpochMark{}, false
}

// search looks for the last entry that hub and node have in common: low is one that is equal, high one that is not.
type search struct {
	why       Cause
	low, high int64
	asked     []int64
}

// startSearch begins at the top, with distances that double.
func (n Node) startSearch(why Cause) (Node, []NodeEffect) {
	n.search = search{why: why, high: n.Head + 1}
	var seqs []int64
	for at, step := n.Head, int64(1); at > 0; at, step = at-step, step*2 {
		if !Superseded(n.Marks, at) {
			seqs = append(seqs, at)
		}
	}
	if len(seqs) == 0 {
		seqs = n.between()
	}
	return n.compare(seqs)
}

// between gives what to ask next. What an epoch issued again is no evidence: the hub never had it in that place, although
// it has what stands before and behind it.
func (n Node) between() []int64 {
	for step := max((n.search.high-n.search.low)/compareSteps, 1); ; step /= 2 {
		var seqs []int64
		for at := n.search.low + step; at < n.search.high && len(seqs) < 2*compareSteps; at += step {
			if !Superseded(n.Marks, at) {
				seqs = append(seqs, at)
			}
		}
		if len(seqs) > 0 || step == 1 {
			return seqs
		}
	}
}

// compare asks for the given sequences, or for leave to go on once nothing is left to ask.
func (n Node) compare(seqs []int64) (Node, []NodeEffect) {
	if len(seqs) == 0 {
		n.up = granting
		return n, []NodeEffect{AskEpoch{Common: n.search.low, Why: n.search.why}}
	}
	n.up, n.search.asked = comparing, seqs
	return n, []NodeEffect{Compare{Seqs: seqs}}
}

// compareSteps is how many sequences one question between two known ones holds.
const compareSteps = 16

// compared narrows the search. Chains that differ once never meet again, so equal and different are two runs, once what
// was issued again is left out.
func (n Node) compared(ev Compared) (Node, []NodeEffect) {
	if len(ev.Equal) != len(n.search.asked) {
		return n.block("sync_malformed")
	}
	for i, seq := range n.search.asked {
		if ev.Equal[i] {
			n.search.low = max(n.search.low, seq)
		} else {
			n.search.high = min(n.search.high, seq)
		}
	}
	return n.compare(n.between())
}

func (n Node) granted(ev Granted) (Node, []NodeEffect) {
	if ev.Reply.Epoch <= n.Epoch {
		return n.block("sync_epoch")
	}
	n.up = starting
	return n, []NodeEffect{StartEpoch{
		Number: ev.Reply.Epoch, Common: n.search.low, Why: n.search.why, HubHash: n.hello.LastHash, HubClock: ev.Reply.Clock,
		NodeCode: ev.Reply.NodeCode,
	}}
}

// started goes on behind the epoch's first entry: all before it is either at the hub or issued again.
func (n Node) started(ev Started) (Node, []NodeEffect) {
	n.Epoch, n.Head, n.Confirm = ev.Head.Epoch, ev.Head.Seq, NoCause
	n.Marks = append(slices.Clip(n.Marks), ev.Mark)
	return n.settle(ev.Mark.First-1, true) // what this journal lost was once its own echo: it comes from the beginning
}

// Superseded tells that an epoch issued the entry again: the hub gets that one in its place, or has had it never.
func Superseded(marks []EpochMark, seq int64) bool {
	for _, m := range marks {
		if seq > m.Common && seq < m.First {
			return true
		}
	}
	return false
}
