package link

import (
	"context"
	"sync"
)

// BudgetBytes is what all connections together may hold of unfinished messages.
const BudgetBytes = 256 << 20

// free is what each connection may hold without asking, in bytes: an ordinary message always gets through, however
// greedy the others are.
const free = 128 << 10

// Budget shares out the memory for unfinished messages among connections.
type Budget struct {
	mu    sync.Mutex
	limit int64
	used  int64
	freed chan struct{} // closed and replaced when memory comes back
}

// NewBudget makes a budget of that many bytes; 0 takes BudgetBytes.
func NewBudget(limit int64) *Budget {
	if limit <= 0 {
		limit = BudgetBytes
	}
	return &Budget{limit: limit, freed: make(chan struct{})}
}

// Lease is one connection's part of a Budget. It serves one goroutine.
type Lease struct {
	b    *Budget
	held int64
}

// Lease gives a part of nothing yet.
func (b *Budget) Lease() *Lease { return &Lease{b: b} }

// Hold says how many bytes the connection holds now. When the budget does not allow more it waits until it does, or ctx
// ends.
func (l *Lease) Hold(ctx context.Context, bytes int) error {
	want := max(0, int64(bytes)-free)
	for {
		l.b.mu.Lock()
		if delta := want - l.held; delta <= 0 || l.b.used+delta <= l.b.limit {
			l.set(want)
			l.b.mu.Unlock()
			return nil
		}
		freed := l.b.freed
		l.b.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Release gives everything back.
func (l *Lease) Release() {
	l.b.mu.Lock()
	defer l.b.mu.Unlock()
	l.set(0)
}

// set changes what the lease holds, under the budget's lock.
func (l *Lease) set(want int64) {
	delta := want - l.held
	l.b.used += delta
	l.held = want
	if delta < 0 {
		close(l.b.freed)
		l.b.freed = make(chan struct{})
	}
}
