package session

import (
	"context"
	"fmt"

	"jaanch/internal/instruments"
)

// keeper is the goroutine that calls the host's Store for one connection, so that a Store that does not come back cannot
// keep the sender waiting. It lives as long as the connection: a goroutine made anew for each message would have to grow
// its stack to the depth of a database engine each time. One whose Store outlives its time is left behind and ends when
// that Store does; the next message gets another.
type keeper struct{ jobs chan job }

// job is one Store. Nobody may be left to take the outcome, so there is room for it.
type job struct {
	ctx  context.Context
	in   instruments.Intake
	done chan outcome
}

type outcome struct {
	receipt instruments.Receipt
	err     error
}

func startKeeper(store func(context.Context, instruments.Intake) (instruments.Receipt, error)) *keeper {
	k := &keeper{jobs: make(chan job)}
	go func() {
		for j := range k.jobs {
			j.done <- call(store, j)
		}
	}()
	return k
}

// end lets the goroutine go as soon as it has nothing to do.
func (k *keeper) end() {
	if k != nil {
		close(k.jobs)
	}
}

func call(store func(context.Context, instruments.Intake) (instruments.Receipt, error), j job) (o outcome) {
	defer func() {
		if v := recover(); v != nil {
			o.err = panicError{v}
		}
	}()
	o.receipt, o.err = store(j.ctx, j.in)
	return o
}

// storeOnce calls the host's Store and waits for it as long as ctx allows.
func (c *conn) storeOnce(ctx context.Context, in instruments.Intake) (instruments.Receipt, error) {
	if c.keeper == nil {
		c.keeper = startKeeper(c.host.Store)
	}
	j := job{ctx: ctx, in: in, done: make(chan outcome, 1)}
	c.keeper.jobs <- j
	select {
	case o := <-j.done:
		return o.receipt, o.err
	case <-ctx.Done():
		c.keeper.end()
		c.keeper = nil
		return instruments.Receipt{}, ctx.Err()
	}
}

// panicError is a panic of the host, as an error.
type panicError struct{ value any }

// Error tells that there was a panic. Its value is left out: it may hold a message's bytes.
func (e panicError) Error() string { return fmt.Sprintf("session: the host panicked (%T)", e.value) }
