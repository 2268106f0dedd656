package session

import (
	"sync"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/link"
	"jaanch/internal/lab"
)

// Board knows all connections of a node: it bounds those that nobody has identified, lets a new connection of an
// instrument replace a dead one, and wakes a connection when orders wait for its instrument.
type Board struct {
	limit  int
	silent time.Duration
	budget *link.Budget
	mu     sync.Mutex
	conns  map[*conn]struct{}
}

// Limits of a Board.
const (
	MaxUnidentified = 256              // connections whose instrument is not known
	SilentAfter     = 60 * time.Second // an older connection that was silent for so long may be replaced
)

// NewBoard makes a board with the standard limits and that budget of memory; nil takes the standard one.
func NewBoard(budget *link.Budget) *Board {
	if budget == nil {
		budget = link.NewBudget(0)
	}
	return &Board{limit: MaxUnidentified, silent: SilentAfter, budget: budget, conns: map[*conn]struct{}{}}
}

// Status is one connection as a screen shows it.
type Status struct {
	Peer  instruments.Peer
	State instruments.State
	Since time.Time // of the connection
	Heard time.Time // when the last byte came; zero before the first
}

// List gives all connections, in no order.
func (b *Board) List() []Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Status, 0, len(b.conns))
	for c := range b.conns {
		out = append(out, c.status())
	}
	return out
}

// Wake makes every connection of an instrument ask its host for outgoing messages now.
func (b *Board) Wake(instrument lab.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		if c.instrument() == instrument {
			select {
			case c.wake <- struct{}{}:
			default: // it is going to look anyway
			}
		}
	}
}

// admit adds a connection; false when too many are unidentified.
func (b *Board) admit(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.instrument().IsZero() {
		unknown := 0
		for other := range b.conns {
			if other.instrument().IsZero() {
				unknown++
			}
		}
		if unknown >= b.limit {
			return false
		}
	}
	b.conns[c] = struct{}{}
	return true
}

// identified is told when a connection's instrument became known. An older connection of the same instrument ends when
// it was silent for a while; one that still speaks stays beside the new one.
func (b *Board) identified(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for other := range b.conns {
		if other != c && other.instrument() == c.instrument() && !c.instrument().IsZero() && other.silentFor() >= b.silent {
			other.end(errReplaced)
		}
	}
}

func (b *Board) leave(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, c)
}
