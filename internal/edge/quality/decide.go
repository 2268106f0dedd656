package quality

import (
	"context"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// chartRuns is how many runs an answer to a decision shows.
const chartRuns = 60

// CloseRun closes a rejected run with its cause and what was done. Rules look no further back than it from then on; the test
// stays locked until another run is accepted.
func (c *Quality) CloseRun(ctx context.Context, actor lab.Actor, id lab.ID, in CloseRejected) (ControlChart, error) {
	var run queries.ControlRunRow
	err := c.db.Update(ctx, actor, "control.close", func(tx *sqlite.Tx) error {
		var err error
		if run, err = queries.New(tx).ControlRun(ctx, queries.ID(id)); err != nil {
			return lab.NotFound("run_not_found", "There is no such run.")
		}
		if run.Status != statusReject || run.Closed > 0 {
			return lab.Conflict("run_not_rejected", "Only a rejected run that is still open can be closed.")
		}
		return tx.Change("control_run", id, nil, sqlite.Row{
			"cause": in.Cause, "action": in.Action, "closed_ms": tx.Now().UnixMilli(), "closed_by": actor.ID,
		})
	})
	if err != nil {
		return ControlChart{}, err
	}
	return c.Chart(ctx, lab.ID(run.InstrumentID), lab.ID(run.TestID), chartRuns)
}

// ExcludeResult leaves one control value out of the rules and the figures. It takes two people: the first asks, and nothing
// changes; when another one asks the same, the value is left out and its run is judged again.
func (c *Quality) ExcludeResult(ctx context.Context, actor lab.Actor, id lab.ID, in ExcludeValue) (ControlChart, error) {
	var run queries.ControlRunRow
	err := c.db.Update(ctx, actor, "control.exclude", func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		r, err := q.ControlResult(ctx, queries.ID(id))
		if err != nil {
			return lab.NotFound("control_result_not_found", "There is no such control value.")
		}
		if run, err = q.ControlRun(ctx, r.RunID); err != nil {
			return fmt.Errorf("read a control run: %w", err)
		}
		switch {
		case r.ExcludedWith != (queries.ID{}):
			return lab.Conflict("already_excluded", "This value is left out already.")
		case r.Excluded != in.Reason || r.ExcludedBy == (queries.ID{}):
			return tx.Change("control_result", id, nil, sqlite.Row{"excluded": in.Reason, "excluded_by": actor.ID})
		case lab.ID(r.ExcludedBy) == actor.ID:
			return lab.Conflict("second_person", "Another person has to agree.")
		}
		if err := tx.Change("control_result", id, nil, sqlite.Row{"excluded_with": actor.ID}); err != nil {
			return err
		}
		return judge(ctx, tx, lab.ID(run.ID), lab.ID(run.InstrumentID), lab.ID(run.TestID))
	})
	if err != nil {
		return ControlChart{}, err
	}
	return c.Chart(ctx, lab.ID(run.InstrumentID), lab.ID(run.TestID), chartRuns)
}
