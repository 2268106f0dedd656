package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"jaanch/internal/hub/fleet"
	"jaanch/internal/hub/once"
	"jaanch/internal/hub/outside"
	"jaanch/internal/hub/throttle"
	"jaanch/internal/store/postgres"
	"jaanch/internal/telemetry"

	"github.com/jackc/pgx/v5"
)

// tidyArgs is the daily job that makes the next partitions and removes what has expired. River runs it once, however
// many replicas there are.
type tidyArgs struct{}

// Kind implements river.JobArgs.
func (tidyArgs) Kind() string { return "tidy" }

type tidyWorker struct {
	river.WorkerDefaults[tidyArgs]

	db    *postgres.DB
	fleet *fleet.Fleet
	clock func() time.Time
}

// Work implements river.Worker.
func (w *tidyWorker) Work(ctx context.Context, _ *river.Job[tidyArgs]) error {
	if err := w.db.EnsurePartitions(ctx, w.clock()); err != nil {
		return err
	}
	if _, err := w.db.Pool().Exec(ctx, "DELETE FROM sessions WHERE expiry < now()"); err != nil {
		return fmt.Errorf("tidy sessions: %w", err)
	}
	return errors.Join(w.fleet.Prune(ctx), once.Prune(ctx, w.db, w.clock()), throttle.New(w.db, nil).Prune(ctx))
}

func (h *Hub) startJobs(ctx context.Context) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &tidyWorker{db: h.db, fleet: h.Fleet, clock: h.clock})
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 10}}
	if h.Outside != nil {
		h.Outside.AddWorkers(workers)
		maps.Copy(queues, outside.Queues())
	}
	client, err := river.NewClient(riverpgxv5.New(h.db.Pool()), &river.Config{
		Queues:  queues,
		Workers: workers,
		Logger:  slog.New(quiet{telemetry.Discard().Handler(), h.logger.Handler()}),
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour),
			func() (river.JobArgs, *river.InsertOpts) { return tidyArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})},
	})
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	if h.Outside != nil {
		h.Outside.Use(client)
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return client, nil
}

// quiet passes warnings and errors of River's log alone: its info lines tell every few seconds that nothing happened.
type quiet struct {
	slog.Handler

	loud slog.Handler
}

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.loud.Enabled(ctx, l)
}

// Handle implements slog.Handler.
func (q quiet) Handle(ctx context.Context, r slog.Record) error { return q.loud.Handle(ctx, r) }

// WithAttrs implements slog.Handler.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quiet{q.Handler, q.loud.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler, q.loud.WithGroup(name)} }
