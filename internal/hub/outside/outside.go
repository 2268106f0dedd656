// Package outside puts the outside world together: what leaves by the outbox, what is announced at /hooks, and what each
// announcement does.
package outside

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/errand"
	"jaanch/internal/hub/files"
	"jaanch/internal/hub/gstn"
	"jaanch/internal/hub/inbox"
	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/outreach"
	"jaanch/internal/hub/payment"
	"jaanch/internal/hub/seal"
	"jaanch/internal/hub/share"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/ingest"
)

// Outside is all of it for one replica.
type Outside struct {
	Outbox      *outbox.Outbox
	Inbox       *inbox.Inbox
	Credentials *credential.Keeper
	Ledger      *payment.Ledger
	Errands     *errand.Desk
	Files       *files.Shelf
	Share       *share.Desk
	Outreach    *outreach.Desk

	o      Options
	logins gstn.Sessions // at the invoice portal
}

// Options are what it needs.
type Options struct {
	DB     *postgres.DB
	Box    *seal.Box
	Clock  func() time.Time
	NewID  func() lab.ID
	Logger *slog.Logger
	Env    func(string) string // credentials of a single organisation; nil for none
	Hosts  []string            // that may be called
	Near   bool                // stand-ins on this machine may be called
	// Patience is how long an unanswered WhatsApp message waits for its status before it goes out again: 3 minutes.
	Patience time.Duration
	Lease    time.Duration // of one call: a minute
	// Ingest writes what became of things as records for the labs; its schema names them.
	Ingest    *ingest.Ingest
	Schema    *engine.Schema
	Store     files.Store // of documents
	PublicURL string      // where patients and services reach the hub
}

// New puts it together.
func New(o Options) *Outside {
	if o.Patience == 0 {
		o.Patience = 3 * time.Minute
	}
	if o.Lease == 0 {
		o.Lease = time.Minute
	}
	w := &Outside{
		Credentials: &credential.Keeper{DB: o.DB, Box: o.Box, Clock: o.Clock, Env: o.Env},
		Ledger:      &payment.Ledger{DB: o.DB, Clock: o.Clock}, o: o,
	}
	client := outbound.New(outbound.Options{Hosts: o.Hosts, Near: o.Near})
	w.Outbox = &outbox.Outbox{
		DB: o.DB, Box: o.Box, Clock: o.Clock, NewID: o.NewID, Logger: o.Logger, Random: rand.Float64, Lease: o.Lease, GiveUp: 24 * time.Hour,
		Services: w.services(client), Ended: w.ended,
	}
	w.assemble()
	w.Inbox = &inbox.Inbox{
		DB: o.DB, Box: o.Box, Clock: o.Clock, NewID: o.NewID, Logger: o.Logger,
		Handlers: map[string]func(context.Context, pgx.Tx, inbox.Announcement) error{
			"whatsapp": w.whatsApp, "razorpay": w.razorpay, "twilio": w.twilio, "sendgrid": w.sendgrid, "stripe": w.stripe,
		},
	}
	return w
}

// AddWorkers tells River who does the jobs.
func (w *Outside) AddWorkers(workers *river.Workers) {
	river.AddWorker(workers, &outbox.Worker{Outbox: w.Outbox})
	river.AddWorker(workers, &inbox.Worker{Inbox: w.Inbox})
	river.AddWorker(workers, &errand.Worker{Desk: w.Errands})
}

// Queues are the queues of the jobs with how many run at once.
func Queues() map[string]river.QueueConfig {
	soon := 20 * time.Millisecond
	return map[string]river.QueueConfig{
		outbox.Queue: {MaxWorkers: 100, FetchCooldown: soon}, inbox.Queue: {MaxWorkers: 20, FetchCooldown: soon}, errand.Queue: {MaxWorkers: 10, FetchCooldown: soon},
	}
}

// Use tells both queues where their jobs go.
func (w *Outside) Use(client *river.Client[pgx.Tx]) {
	w.Outbox.Use(client)
	w.Inbox.Use(client)
	w.Errands.Use(client)
}

// Sweep takes up what a hub left behind when it died; every is how often, and how late a row must be.
func (w *Outside) Sweep(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		for name, sweep := range map[string]func(context.Context, time.Duration) error{"outbox": w.Outbox.Sweep, "inbox": w.Inbox.Sweep, "errands": w.Errands.Sweep} {
			if err := sweep(ctx, every); err != nil && ctx.Err() == nil {
				w.o.Logger.Warn("what is overdue could not be taken up", "queue", name, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
