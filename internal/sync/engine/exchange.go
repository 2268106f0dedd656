package engine

import (
	"slices"

	"jaanch/internal/sync/wire"
)

// readBatch reads on behind what the hub has. Entries that an epoch issued again are passed over: the hub gets them
// once, as what the epoch made of them.
func (n Node) readBatch() (Node, []NodeEffect) {
	read := ReadBatch{From: n.Acked + 1, Size: n.Size}
	for _, m := range n.Marks {
		if read.From > m.Common && read.From < m.First {
			read.From = m.First
		}
		if read.From <= m.Common && read.To == 0 {
			read.To = m.Common
		}
	}
	n.up = reading
	return n, []NodeEffect{read}
}

func (n Node) batchRead(ev BatchRead) (Node, []NodeEffect) {
	if ev.Batch == nil {
		n.up = resting
		if n.down != resting {
			return n, nil
		}
		return n.askPages()
	}
	n.up = sending
	return n, []NodeEffect{SendBatch(ev)}
}

// pushed notes how far the hub has come. Acks move no base: only a pull does.
func (n Node) pushed(ev Pushed) (Node, []NodeEffect) {
	n.gap, n.Acked = false, ev.Reply.LastSeq
	if ev.Fast {
		n.Size = min(n.Size+growBatch, wire.MaxChanges)
	} else {
		n.Size = max(n.Size/2, leastBatch)
	}
	n.up = keeping
	return n, []NodeEffect{KeepAck{Epoch: n.Epoch, Reply: ev.Reply}}
}

// askPages asks for what moved behind the cursors.
func (n Node) askPages() (Node, []NodeEffect) {
	n.down, n.moved = asking, false
	return n.askOn()
}

func (n Node) askOn() (Node, []NodeEffect) {
	n.down, n.asked, n.more = asking, slices.Clone(n.Cursors), false
	return n, []NodeEffect{AskPages{Cursors: n.asked}}
}

func (n Node) pulled(ev Pulled) (Node, []NodeEffect) {
	n.pages = ev.Reply.Pages
	return n.nextPage()
}

// nextPage installs one page after the other, asks for more, or tells the hub how far it came.
func (n Node) nextPage() (Node, []NodeEffect) {
	for len(n.pages) > 0 {
		p := n.pages[0]
		n.pages = n.pages[1:]
		i := cursorOf(n.asked, p.Scope)
		if i < 0 {
			continue // a scope that this node does not read
		}
		n.down, n.more = installing, n.more || p.More
		n.moved = true
		return n, []NodeEffect{InstallPage{Page: p, Since: n.asked[i]}}
	}
	if n.more {
		return n.askOn()
	}
	if n.moved {
		n.down = telling
		return n, []NodeEffect{TellCursors{Cursors: n.Cursors}}
	}
	n.down = resting
	return n, n.done()
}

// installed goes on from where the database says that the scope stands.
func (n Node) installed(ev Installed) (Node, []NodeEffect) {
	if i := cursorOf(n.Cursors, ev.Cursor.Scope); i >= 0 {
		n.Cursors = slices.Clone(n.Cursors)
		n.Cursors[i] = ev.Cursor
	}
	if !ev.Epoch && !ev.Stale {
		return n.nextPage()
	}
	code := "sync_stale_page"
	if ev.Epoch {
		code = "sync_epoch"
	}
	n.down, n.pages = resting, nil
	return n, append([]NodeEffect{Report{Fault: Fault{Code: code}}}, n.done()...)
}
