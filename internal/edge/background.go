package edge

import (
	"context"
	"fmt"
	"time"

	"jaanch/internal/edge/once"
	"jaanch/internal/edge/setup"
	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// publish tells the screens what commits changed.
func (n *Node) publish(ctx context.Context) {
	sub := n.DB.Subscribe()
	defer sub.Cancel()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-sub.Events():
			if !ok {
				return
			}
			out := httpkit.Event{Seq: e.To}
			for _, t := range e.Touched {
				out.Touched = append(out.Touched, httpkit.Touch{Entity: t.Entity, ID: t.Record})
				n.changed(ctx, t.Entity)
			}
			n.live.Publish(out)
		}
	}
}

// changed lets the lines follow the set-up, whoever changed it.
func (n *Node) changed(ctx context.Context, entity string) {
	switch entity {
	case "instrument":
		n.keeper.Kick()
	case "instrument_profile":
		if err := n.dialects.Learn(ctx); err != nil {
			n.log.Error("reading the lab's own profiles failed", "err", err)
		}
	}
}

// touchLine tells the screens that something passed on a line. It is no change of the journal and has no position.
func (n *Node) touchLine(id lab.ID) {
	n.live.Publish(httpkit.Event{Touched: []httpkit.Touch{{Entity: "line", ID: id}}})
}

// kickPrinter says that a label waits. It never blocks.
func (n *Node) kickPrinter() {
	select {
	case n.toPrint <- struct{}{}:
	default:
	}
}

// printLabels sends label jobs to their printers until the context ends. A job stays until a printer took it.
func (n *Node) printLabels(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		if err := n.printDue(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("printing labels failed", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-n.toPrint:
		case <-tick.C:
		}
	}
}

func (n *Node) printDue(ctx context.Context) error {
	var jobs []queries.DuePrintJobsRow
	err := n.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		var err error
		jobs, err = queries.New(tx).DuePrintJobs(ctx, n.DB.Now().UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("read label jobs: %w", err)
	}
	down := map[string]bool{}
	for _, job := range jobs {
		var failed error
		if down[job.Address] {
			continue // this printer did not answer a moment ago
		}
		if failed = setup.SendToPrinter(ctx, job.Address, job.Data); failed != nil {
			down[job.Address] = true
		}
		if err := n.printed(ctx, job, failed); err != nil {
			return err
		}
	}
	return nil
}

// printed notes what became of a job; after a failure it waits longer each time, at most a minute.
func (n *Node) printed(ctx context.Context, job queries.DuePrintJobsRow, failed error) error {
	return n.DB.Update(context.WithoutCancel(ctx), lab.System(), "label.sent", func(tx *sqlite.Tx) error {
		q, now := queries.New(tx), tx.Now()
		if failed == nil {
			return q.PrintJobSent(ctx, queries.PrintJobSentParams{SentMs: now.UnixMilli(), ID: job.ID})
		}
		wait := min(time.Minute, 5*time.Second<<min(job.Tries, 4))
		return q.PrintJobFailed(ctx, queries.PrintJobFailedParams{NextMs: now.Add(wait).UnixMilli(), Problem: "The printer does not answer.", ID: job.ID})
	})
}

// housekeep forgets what is kept for a time only, once an hour.
func (n *Node) housekeep(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		err := n.DB.Update(ctx, lab.System(), "housekeeping", func(tx *sqlite.Tx) error {
			return queries.New(tx).ForgetAnswers(ctx, tx.Now().Add(-once.Keep).UnixMilli())
		})
		if err == nil {
			err = n.DB.CloseAccessDays(ctx)
		}
		if err != nil && ctx.Err() == nil {
			n.log.Error("housekeeping failed", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
