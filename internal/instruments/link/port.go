// Package link moves bytes and nothing else: TCP in both directions, serial ports, and an in-memory pipe, all behind one
// Port. It owns reconnecting. What the bytes mean is the business of the layers above.
package link

import (
	"context"
	"errors"
	"io"
	"time"
)

// Port is one connection to an instrument.
//
// Read waits for at least one byte; it never gives (0, nil), and an error, io.EOF included, means that this connection
// is over. Silence of any length is no error: the protocols have timers of their own. Write gives up on a peer that
// takes nothing for WriteTimeout. Close unblocks both and may be called more than once.
type Port interface {
	io.ReadWriteCloser
	// Address names the other end for people: host:port, or the serial device.
	Address() string
}

// WriteTimeout is how long a peer may refuse to take bytes before the connection counts as dead.
const WriteTimeout = 10 * time.Second

// Opener makes a connection, or makes it again.
type Opener interface {
	Open(ctx context.Context) (Port, error)
}

// Backoff says how long to wait between attempts to open a link: doubling from Min to Max.
type Backoff struct {
	Min time.Duration // 1 s when zero
	Max time.Duration // 30 s when zero
}

func (b Backoff) filled() Backoff {
	if b.Min <= 0 {
		b.Min = time.Second
	}
	if b.Max < b.Min {
		b.Max = max(30*time.Second, b.Min)
	}
	return b
}

// Keep holds a link open until ctx ends: it opens, serves until serve returns, and opens again. A connection that lived
// longer than the greatest wait starts the waits anew. Failed is told of every attempt that did not succeed; it may be nil.
func Keep(ctx context.Context, o Opener, b Backoff, failed func(error), serve func(context.Context, Port)) {
	b = b.filled()
	wait := b.Min
	for ctx.Err() == nil {
		port, err := o.Open(ctx)
		if err == nil {
			start := time.Now()
			serve(ctx, port)
			_ = port.Close()
			if time.Since(start) > b.Max {
				wait = b.Min
			}
		} else if failed != nil && ctx.Err() == nil {
			failed(err)
		}
		if !pause(ctx, wait) {
			return
		}
		wait = min(2*wait, b.Max)
	}
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// ErrGone says that a serial device was pulled, or was replaced by another one under its name.
var ErrGone = errors.New("link: the device is gone")
