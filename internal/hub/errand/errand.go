// Package errand does what follows from the labs' records at the hub: a report that was released becomes a message, a
// status becomes a receipt at the lab. An errand is a row, written in the transaction of its cause; the job only says that
// somebody has to look at it. It is run in one transaction that ends it, so it is done once, however often it is tried.
package errand

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
)

// Handler runs an errand. It says when to come back, 0 for never, with a code for people. What it does stands in tx; it
// calls nothing outside.
type Handler func(ctx context.Context, tx pgx.Tx, org, id lab.ID) (again time.Duration, code string, err error)

// Desk keeps errands. It holds no truth: any number of replicas work on one table.
type Desk struct {
	DB       *postgres.DB
	Clock    func() time.Time
	Logger   *slog.Logger
	Handlers map[string]Handler
	// Kinds that a batch of a node brings must not wait for a scope in their handler: the batch holds it while it waits
	// for the errand's row.

	insert func(ctx context.Context, tx pgx.Tx, a Args, at time.Time) error
}

// GiveUp is how often an errand that fails is tried.
const GiveUp = 20

// Args is the job of one errand.
type Args struct {
	Org  lab.ID `json:"org"`
	What string `json:"what"`
	ID   lab.ID `json:"id"`
}

// Kind implements river.JobArgs.
func (Args) Kind() string { return "errand" }

// Queue is the queue of the jobs.
const Queue = "errand"

// Use tells the desk where its jobs go.
func (d *Desk) Use(client *river.Client[pgx.Tx]) {
	d.insert = func(ctx context.Context, tx pgx.Tx, a Args, at time.Time) error {
		_, err := client.InsertTx(ctx, tx, a, &river.InsertOpts{Queue: Queue, MaxAttempts: 25, ScheduledAt: at})
		return wrap("job", err)
	}
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("errand: %s: %w", what, err)
}

// Put writes an errand, or opens it again, to be run after a while. Where no jobs run yet, the sweep takes it up.
func (d *Desk) Put(ctx context.Context, tx pgx.Tx, org lab.ID, kind string, id lab.ID, after time.Duration) error {
	now := d.Clock()
	at := now.Add(after)
	if err := d.DB.Queries().PutErrand(ctx, tx, queries.PutErrandParams{Org: org, Kind: kind, ID: id, DueAt: at, Now: now}); err != nil {
		return wrap("put", err)
	}
	if d.insert == nil {
		return nil
	}
	return d.insert(ctx, tx, Args{org, kind, id}, at)
}

// Worker runs the jobs.
type Worker struct {
	river.WorkerDefaults[Args]

	Desk *Desk
}

// Work implements river.Worker.
func (w *Worker) Work(ctx context.Context, job *river.Job[Args]) error {
	again, err := w.Desk.Run(ctx, job.Args.Org, job.Args.What, job.Args.ID)
	if err == nil && again > 0 {
		return river.JobSnooze(again)
	}
	return err
}

// Run runs one errand when it is due and says when to come back; 0 is never.
func (d *Desk) Run(ctx context.Context, org lab.ID, kind string, id lab.ID) (time.Duration, error) {
	var again time.Duration
	err := d.DB.Update(ctx, func(tx pgx.Tx) error {
		again = 0
		row, err := d.DB.Queries().LockErrand(ctx, tx, queries.LockErrandParams{Org: org, Kind: kind, ID: id})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // done, or another replica is at it
		}
		if err != nil {
			return wrap("lock", err)
		}
		now := d.Clock()
		if row.DueAt.After(now) {
			again = row.DueAt.Sub(now)
			return nil
		}
		p := queries.SettleErrandParams{State: "done", DueAt: now, Now: now, Org: org, Kind: kind, ID: id}
		again, p.Code, err = d.handle(ctx, tx, row)
		switch {
		case err != nil && lab.KindOf(err) == lab.KindInvalid || row.Attempts >= GiveUp && err != nil:
			p.State, p.Code, again = "dead", lab.CodeOf(err), 0
			d.Logger.WarnContext(ctx, "an errand was given up", "kind", kind, "code", p.Code)
		case err != nil:
			again, p.Code = pause(int(row.Attempts)), lab.CodeOf(err)
			d.Logger.WarnContext(ctx, "an errand is tried again", "kind", kind, "code", p.Code, "err", err)
		}
		if again > 0 {
			p.State, p.DueAt = "open", now.Add(again)
		}
		return wrap("settle", d.DB.Queries().SettleErrand(ctx, tx, p))
	})
	return again, err
}

// handle runs the handler in a savepoint, so that one that fails leaves nothing behind but its code.
func (d *Desk) handle(ctx context.Context, tx pgx.Tx, row queries.Errand) (again time.Duration, code string, err error) {
	do := d.Handlers[row.Kind]
	if do == nil {
		return 0, "", lab.Invalid("errand_unknown", "The hub knows no such errand.")
	}
	err = pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
		var err error
		again, code, err = do(ctx, inner, row.Org, row.ID)
		return err
	})
	return again, code, err
}

// pause doubles from a second to ten minutes.
func pause(attempts int) time.Duration {
	return min(time.Second<<min(attempts, 10), 10*time.Minute)
}

// Sweep makes jobs for errands that are overdue: their job died with its hub, or was never made.
func (d *Desk) Sweep(ctx context.Context, grace time.Duration) error {
	return d.DB.Update(ctx, func(tx pgx.Tx) error {
		now := d.Clock()
		rows, err := d.DB.Queries().DueErrands(ctx, tx, queries.DueErrandsParams{Now: now, Before: now.Add(-grace), Most: 1000})
		if err != nil {
			return wrap("sweep", err)
		}
		for _, r := range rows {
			if err := d.insert(ctx, tx, Args{r.Org, r.Kind, r.ID}, now); err != nil {
				return err
			}
		}
		return nil
	})
}
