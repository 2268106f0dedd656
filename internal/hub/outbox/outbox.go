// Package outbox sends what leaves the hub, each thing once. A row is written in the transaction of its cause, under a
// business key that is unique for ever; its state is committed before the call; and a call whose outcome nobody knows is
// looked up before it is made again. So a hub may be killed at any moment: nothing is lost, and nothing is sent twice
// that the service can be asked about.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/sony/gobreaker/v2"

	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
)

// Class is what an answer means for the row.
type Class string

// The classes of outcome.
const (
	Done    Class = "done"    // the service has it
	Later   Class = "later"   // it has not; try again
	Refused Class = "refused" // it never will take this; a person looks, or another way is tried
	Halted  Class = "halted"  // nothing of this organisation goes through: token, account, permission
	Unknown Class = "unknown" // no answer: it may have it
	Absent  Class = "absent"  // of a look-up: it certainly has not
)

// Outcome is what came of a call or a look-up.
type Outcome struct {
	Class      Class
	ProviderID string
	Code       string        // of the service, for people
	Detail     string        // what the service said of it, in its words: for Ended, the outbox does not keep it
	After      time.Duration // not before; 0 for the outbox's own pace
	// Keep stores what the answer holds, in the transaction that ends the message; nil for nothing.
	Keep func(ctx context.Context, tx pgx.Tx) error
}

// Message is one row with its payload open.
type Message struct {
	Org, ID    lab.ID
	Service    string
	Kind       string
	Key        string
	Payload    []byte
	Attempts   int
	SendingAt  time.Time
	ProviderID string
}

// Service is how a service is called. Lookup asks whether an earlier call arrived; where a service cannot be asked it
// says Unknown, and after Patience the message goes out again.
type Service struct {
	Send     func(ctx context.Context, m Message) Outcome
	Lookup   func(ctx context.Context, m Message) Outcome
	Patience time.Duration
}

// Outbox is the queue. It holds no truth: any number of replicas work on one table.
type Outbox struct {
	DB       *postgres.DB
	Box      *seal.Box
	Services map[string]Service
	Clock    func() time.Time
	NewID    func() lab.ID
	Logger   *slog.Logger
	Random   func() float64 // jitter, from 0 to 1
	Lease    time.Duration  // how long a call may take before another replica looks; a minute
	GiveUp   time.Duration  // how long a message is tried; a day
	// Ended is called in the transaction that ends a message, well or badly, so that what follows of it is queued with it.
	Ended func(ctx context.Context, tx pgx.Tx, m Message, o Outcome) error

	mu       sync.Mutex
	breakers map[string]*gobreaker.CircuitBreaker[Outcome]
	insert   func(ctx context.Context, tx pgx.Tx, a Args) error
}

// Args is the job of one message. River runs it; the row says what is to be done.
type Args struct {
	Org lab.ID `json:"org"`
	ID  lab.ID `json:"id"`
}

// Kind implements river.JobArgs.
func (Args) Kind() string { return "outbox" }

// Queue is the queue of the jobs: apart from others, so that a slow service holds up nobody else.
const Queue = "outside"

// Use tells the outbox where its jobs go.
func (o *Outbox) Use(client *river.Client[pgx.Tx]) {
	o.insert = func(ctx context.Context, tx pgx.Tx, a Args) error {
		_, err := client.InsertTx(ctx, tx, a, &river.InsertOpts{Queue: Queue, MaxAttempts: 25})
		if err != nil {
			return fmt.Errorf("outbox: job: %w", err)
		}
		return nil
	}
}

// New is a message to be sent.
type New struct {
	Org       lab.ID
	Service   string
	Kind      string
	Key       string // what it is about, for ever: "result_ready:REPORT:VERSION"
	Recipient string // what must arrive in order has the same
	Payload   []byte
}

// Put writes a message in the transaction of its cause. The same key again changes nothing and says so.
func (o *Outbox) Put(ctx context.Context, tx pgx.Tx, n New) (id lab.ID, added bool, err error) {
	id = o.NewID()
	now := o.Clock()
	rows, err := o.DB.Queries().AddOutbox(ctx, tx, queries.AddOutboxParams{
		Org: n.Org, ID: id, Service: n.Service, Kind: n.Kind, BusinessKey: n.Key, Recipient: o.Box.Index(n.Org, n.Recipient),
		Payload: o.Box.Seal(place(n.Org, id), n.Payload), DueAt: now, Now: now,
	})
	if err != nil || rows == 0 {
		return lab.ID{}, false, wrap("put", err)
	}
	return id, true, o.insert(ctx, tx, Args{n.Org, id})
}

func place(org, id lab.ID) string { return seal.Place("outbox", org, id.String()) }

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("outbox: %s: %w", what, err)
}

// Worker runs the jobs.
type Worker struct {
	river.WorkerDefaults[Args]

	Outbox *Outbox
}

// Work implements river.Worker.
func (w *Worker) Work(ctx context.Context, job *river.Job[Args]) error {
	next, err := w.Outbox.Deliver(ctx, job.Args.Org, job.Args.ID)
	if err == nil && next > 0 {
		return river.JobSnooze(next)
	}
	return err
}

// Sweep makes jobs for rows that are overdue: their job died with its hub, or was lost. Grace is how late a row must be.
func (o *Outbox) Sweep(ctx context.Context, grace time.Duration) error {
	return o.DB.Update(ctx, func(tx pgx.Tx) error {
		now := o.Clock()
		rows, err := o.DB.Queries().DueOutbox(ctx, tx, queries.DueOutboxParams{Now: now, Before: now.Add(-grace), Most: 1000})
		if err != nil {
			return wrap("sweep", err)
		}
		for _, r := range rows {
			if err := o.insert(ctx, tx, Args{r.Org, r.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Resend takes a message that ended badly up again, after a person mended what was wrong.
func (o *Outbox) Resend(ctx context.Context, org, id lab.ID) error {
	return o.DB.Update(ctx, func(tx pgx.Tx) error {
		rows, err := o.DB.Queries().ResendOutbox(ctx, tx, queries.ResendOutboxParams{Org: org, ID: id, Now: o.Clock()})
		switch {
		case err != nil:
			return wrap("resend", err)
		case rows == 0:
			return lab.Conflict("outbox_not_ended", "This message has not failed, or there is none.")
		}
		return o.insert(ctx, tx, Args{org, id})
	})
}

// breaker gives the breaker of a service for one organisation: a service that is down for one tenant (its token, its
// number) is not down for the others.
func (o *Outbox) breaker(service string, org lab.ID) *gobreaker.CircuitBreaker[Outcome] {
	o.mu.Lock()
	defer o.mu.Unlock()
	name := service + "|" + org.String()
	if o.breakers == nil {
		o.breakers = map[string]*gobreaker.CircuitBreaker[Outcome]{}
	}
	b := o.breakers[name]
	if b == nil {
		b = gobreaker.NewCircuitBreaker[Outcome](gobreaker.Settings{
			Name: name, MaxRequests: 2, Timeout: openFor, Interval: time.Minute,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= 10 },
			OnStateChange: func(string, gobreaker.State, gobreaker.State) {
				o.Logger.Warn("a service's breaker changed its state", "service", service, "org", org.String())
			},
		})
		o.breakers[name] = b
	}
	return b
}

// openFor is how long an open breaker keeps calls back before it lets a few try.
const openFor = 20 * time.Second

// errTrouble tells the breaker of a call that failed for a reason of the service.
var errTrouble = errors.New("outbox: trouble at the service")

// call makes a call through the breaker. That a service cannot be asked about a message is no trouble of it.
func (o *Outbox) call(ctx context.Context, m Message, asking bool, do func(context.Context, Message) Outcome) Outcome {
	out, err := o.breaker(m.Service, m.Org).Execute(func() (Outcome, error) {
		out := do(ctx, m)
		if out.Class == Later && out.After == 0 || out.Class == Unknown && !asking || out.Class == Halted {
			return out, errTrouble
		}
		return out, nil
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return Outcome{Class: Later, Code: "breaker_open", After: openFor}
	}
	return out
}
