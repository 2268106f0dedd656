package sqlite

import (
	"context"
	"sync"
	"sync/atomic"

	"jaanch/internal/lab"
)

// groupLimit is how many updates one COMMIT answers at most.
const groupLimit = 256

// States of a call.
const (
	callWaiting int32 = iota
	callRunning       // its closure was started; from here on its caller can only be told "unknown"
	callGone          // its caller gave up before that; it is skipped
)

// call is one Update on its way.
type call struct {
	ctx     context.Context
	actor   lab.Actor
	reason  string
	fn      func(tx *Tx) error
	state   atomic.Int32
	granted bool // under the queue's mutex: this caller was handed the lead
	lead    chan struct{}
	done    chan error
}

// start tells whether the closure may run: not when its caller gave up or its deadline has passed in the queue.
func (c *call) start() bool {
	if c.state.Load() == callRunning {
		return true // again, alone, after an abandoned group
	}
	if err := c.ctx.Err(); err != nil {
		if c.state.CompareAndSwap(callWaiting, callGone) {
			c.answer(deadlineError(err))
		}
		return false
	}
	return c.state.CompareAndSwap(callWaiting, callRunning)
}

func (c *call) answer(err error) { c.done <- err }

// queue holds the updates that wait. The caller that finds it free leads; no goroutine stands between a lone caller and
// the disk.
type queue struct {
	mu     sync.Mutex
	calls  []*call
	busy   bool
	closed bool
	idle   chan struct{} // closed when the last leader leaves a closed queue
}

// enter puts the call into the queue and tells whether its caller leads. It refuses when the queue is closed.
func (q *queue) enter(c *call) (lead, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false, false
	}
	q.calls = append(q.calls, c)
	lead = !q.busy
	q.busy = true
	return lead, true
}

// take gives the leader its group: what is queued at this moment, never waiting for more.
func (q *queue) take() []*call {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.calls), groupLimit)
	group := q.calls[:n:n]
	q.calls = q.calls[n:]
	return group
}

// pass hands the lead to the first caller that still waits, or leaves the writer free.
func (q *queue) pass() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.calls) > 0 {
		next := q.calls[0]
		if next.state.Load() == callWaiting {
			next.granted = true
			next.lead <- struct{}{}
			return
		}
		q.calls = q.calls[1:]
	}
	q.busy = false
	if q.closed && q.idle != nil {
		close(q.idle)
		q.idle = nil
	}
}

// wasGranted tells whether the caller was handed the lead.
func (q *queue) wasGranted(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return c.granted
}

// drain closes the queue at once and gives what waited; nothing more is taken.
func (q *queue) drain() []*call {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	rest := q.calls
	q.calls = nil
	return rest
}

// close lets what is queued run and refuses the rest; it returns when the writer is free.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	if !q.busy {
		q.mu.Unlock()
		return
	}
	idle := make(chan struct{})
	q.idle = idle
	q.mu.Unlock()
	<-idle
}
