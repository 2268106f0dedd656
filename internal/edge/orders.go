package edge

import (
	"context"
	"time"

	"jaanch/internal/store/sqlite"
)

// ordersAfter is how long the node gathers changes before it looks which orders analyzers are to be sent: a visit is many
// changes, and is one message to each analyzer.
const ordersAfter = 200 * time.Millisecond

// sendOrders puts orders into the analyzers' queues as soon as a sample is drawn or received, a rerun is asked for, or
// something is cancelled, until the context ends.
func (n *Node) sendOrders(ctx context.Context) {
	sub := n.DB.Subscribe()
	defer sub.Cancel()
	due := time.NewTimer(0) // what was missed while the node was stopped
	defer due.Stop()
	armed := true
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-sub.Events():
			if !ok {
				return
			}
			if changesOrders(e) && !armed {
				armed = true
				due.Reset(ordersAfter)
			}
		case <-due.C:
			armed = false
			n.planOrders(ctx)
		}
	}
}

// changesOrders tells whether a commit may have changed what analyzers are to be sent.
func changesOrders(e sqlite.Event) bool {
	if e.Lost {
		return true
	}
	for _, t := range e.Touched {
		switch t.Entity {
		case "sample", "order_test", "instrument", "instrument_code":
			return true
		}
	}
	return false
}

func (n *Node) planOrders(ctx context.Context) {
	wake, err := n.Bench.PlanOrders(ctx)
	if err != nil && ctx.Err() == nil {
		n.log.Error("orders for the analyzers could not be planned; it is tried again with the next change", "err", err)
	}
	for _, id := range wake {
		n.board.Wake(id)
	}
}
