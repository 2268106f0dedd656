// Package agent is the node's end of sync. It sends the journal to the hub, brings back what others changed, and tells
// the lab in words how the connection is. Nothing here is ever in the lab's way: being offline is a state, not an error,
// and every fault ends in a later try or in a reason that a person can act on.
package agent

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// Options are what an agent needs. DB, Key and Logger are required; the rest has the stated default.
type Options struct {
	DB      *sqlite.DB
	Key     ed25519.PrivateKey // the node's: OpenKey makes and keeps it
	Version string             // of the program, shown at the hub
	Logger  *slog.Logger
	HTTP    *http.Client        // with a limit of 60 seconds
	Clock   func() time.Time    // time.Now
	Jitter  func(n int64) int64 // a random number below n; math/rand
	Period  time.Duration       // between two rounds without a reason: 5 minutes ± 20 %
	Delay   time.Duration       // after a local commit, so that a burst goes in one batch: 2 seconds
	Applied func(tx *sqlite.Tx, entity string, record lab.ID) error
	// Applied is called in the transaction that installed a record, for what the node derives from it (the name index,
	// states); nil for nothing.
	Settled func(tx *sqlite.Tx) error // after the last record of a page, in the same transaction; nil for nothing

	// LookAhead is called before the transaction that forgets a person who was erased elsewhere, for what takes long; nil for
	// nothing.
	LookAhead func(ctx context.Context, subject lab.ID) error

	Erase    func(tx *sqlite.Tx, subject lab.ID) error  // forgets a person who was erased elsewhere; nil: Tx.Erase alone
	Renumber func(tx *sqlite.Tx, nodeCode string) error // takes a new code into use; nil for nothing
}

// Agent syncs one node. Make it with New, enrol it once, and let Run go.
type Agent struct {
	o      Options
	codec  *wire.Codec
	schema *engine.Schema
	wake   chan struct{} // try now, whatever the back-off says
	local  chan struct{} // something was committed here
	hint   chan struct{} // the hub has news

	rounds sync.Mutex // one round at a time

	mu     sync.Mutex
	link   link
	paused bool
}

// New makes an agent. It reads nothing yet and speaks to nobody.
func New(o Options) (*Agent, error) {
	if o.DB == nil || len(o.Key) != ed25519.PrivateKeySize || o.Logger == nil {
		return nil, errors.New("sync agent: database, key and logger are needed")
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: time.Minute}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Jitter == nil {
		o.Jitter = rand.Int64N
	}
	if o.Period == 0 {
		o.Period = 5 * time.Minute
	}
	if o.Delay == 0 {
		o.Delay = 2 * time.Second
	}
	codec, err := wire.NewCodec()
	if err != nil {
		return nil, err
	}
	return &Agent{
		o: o, codec: codec, schema: schemaOf(o.DB), wake: make(chan struct{}, 1), local: make(chan struct{}, 1), hint: make(chan struct{}, 1),
		link: link{state: StateOffline, size: engine.FirstBatch},
	}, nil
}

// Run syncs until the context ends. A node that has not joined a hub waits for Enrol.
func (a *Agent) Run(ctx context.Context) {
	defer a.codec.Close()
	var others sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer others.Wait()
	defer cancel()
	if err := a.recall(ctx); err != nil {
		a.o.Logger.ErrorContext(ctx, "sync state cannot be read", "err", err)
	}
	others.Go(func() { a.watch(ctx) })
	others.Go(func() { a.listen(ctx) })
	wait := time.Duration(0)
	for p := (pace{}); a.await(ctx, wait, p.attempt > 0); {
		err := a.Sync(ctx)
		wait = a.after(&p, err)
		a.planned(wait)
	}
}

// await sleeps until there is something to do: the time is over, somebody asks, or (unless a fault is being waited out)
// something was committed here or at the hub. False when the context ended.
func (a *Agent) await(ctx context.Context, wait time.Duration, backingOff bool) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	local, hint := a.local, a.hint
	if backingOff {
		local, hint = nil, nil
	}
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-a.wake:
	case <-hint:
	case <-local:
		burst := time.NewTimer(a.o.Delay)
		defer burst.Stop()
		select {
		case <-ctx.Done():
			return false
		case <-burst.C:
		case <-a.wake:
		}
	}
	return ctx.Err() == nil
}

// watch turns commits of the node into a reason to sync.
func (a *Agent) watch(ctx context.Context) {
	events := a.o.DB.Subscribe()
	defer events.Cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-events.Events():
			if !ok {
				return
			}
			signal(a.local)
		}
	}
}

// SyncNow tries at once, also in the middle of a back-off.
func (a *Agent) SyncNow() { signal(a.wake) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Pause stops sync until Resume, also over a restart.
func (a *Agent) Pause(ctx context.Context, actor lab.Actor) error {
	return a.setPaused(ctx, actor, true)
}

// Resume goes on and tries at once.
func (a *Agent) Resume(ctx context.Context, actor lab.Actor) error {
	if err := a.setPaused(ctx, actor, false); err != nil {
		return err
	}
	a.SyncNow()
	return nil
}

func (a *Agent) setPaused(ctx context.Context, actor lab.Actor, paused bool) error {
	var value any
	if paused {
		value = int64(1)
	}
	err := a.o.DB.Update(ctx, actor, "sync_pause", func(tx *sqlite.Tx) error { return tx.SetState(keyPaused, value) })
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.paused = paused
	return nil
}

// recall reads what has to outlive a restart.
func (a *Agent) recall(ctx context.Context) error {
	return a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		var paused int64
		_, err := tx.State(ctx, keyPaused, &paused)
		a.mu.Lock()
		defer a.mu.Unlock()
		a.paused = paused != 0
		return err
	})
}
