package release

import (
	"context"
	"errors"
	"fmt"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Sign verifies what is ready and releases a report of it, in one transaction. Held values stop it until each is decided.
// With tests missing it needs Partial and gives a preliminary report.
func (d *Desk) Sign(ctx context.Context, who Who, key string, visit lab.ID, in Sign) (Report, error) {
	id, err := d.sign(ctx, who, key, visit, in)
	if err != nil {
		return Report{}, err
	}
	return d.Report(ctx, id)
}

func (d *Desk) sign(ctx context.Context, who Who, key string, visit lab.ID, in Sign) (lab.ID, error) {
	if err := who.may(access.ReportSign, d.db.Now()); err != nil {
		return lab.ID{}, err
	}
	saw, err := parseSeen(in.Versions)
	if err != nil {
		return lab.ID{}, err
	}
	request := struct {
		Sign

		Visit lab.ID
	}{in, visit}
	return d.drawing(func(s *sketch) (lab.ID, error) {
		return once.Do(ctx, d.db, who.Actor, key, "report.sign", request, func(tx *sqlite.Tx) (lab.ID, error) {
			return d.signIn(ctx, tx, visit, in, saw, s)
		})
	})
}

// signIn is the transaction of a signature.
func (d *Desk) signIn(ctx context.Context, tx *sqlite.Tx, visit lab.ID, in Sign, saw seen, s *sketch) (lab.ID, error) {
	c, err := readChart(ctx, tx, visit)
	if err != nil {
		return lab.ID{}, err
	}
	if err := c.fresh(saw, in.Items); err != nil {
		return lab.ID{}, err
	}
	chosen, err := c.toSign(in)
	if err != nil {
		return lab.ID{}, err
	}
	for _, t := range chosen {
		if c.standing[lab.ID(t.ID)].Level < int(t.Levels) {
			if err := verify(tx, c, t, s.at); err != nil {
				return lab.ID{}, err
			}
		}
	}
	comment := in.Comment
	if comment == "" {
		if comment, err = commentOf(ctx, queries.New(tx), c); err != nil {
			return lab.ID{}, err
		}
	}
	return d.issue(ctx, tx, visit, issue{chosen: chosen, sketch: s, partial: in.Partial, comment: comment})
}

// toSign gives the tests that this signature releases.
func (c *chart) toSign(in Sign) ([]queries.OrderTestsRow, error) {
	if held := c.in(result.Held); len(held) > 0 && !in.Partial {
		return nil, undecided(held)
	}
	chosen, err := c.choose(in.Items, medical)
	if err != nil {
		return nil, err
	}
	for _, t := range c.in(result.Verified) {
		if among(lab.ID(t.ID), in.Items) {
			chosen = append(chosen, t)
		}
	}
	last, found := c.newest()
	withdrawn := found && last.State == stateWithdrawn
	if len(chosen) == 0 && !withdrawn {
		if waiting := c.in(result.Entered); len(waiting) > 0 {
			return nil, levelError(waiting[0], c.standing[lab.ID(waiting[0].ID)].Level, medical)
		}
		return nil, lab.Conflict("nothing_to_sign", "Nothing of this visit waits for a signature.")
	}
	return chosen, nil
}

// SignBatch signs several visits that have no hold. Each stands alone: one that changed is told and the others are signed.
func (d *Desk) SignBatch(ctx context.Context, who Who, key string, in SignBatch) (SignedBatch, error) {
	out := SignedBatch{Reports: []ReportLine{}, Problems: []SignProblem{}}
	if err := who.may(access.ReportSign, d.db.Now()); err != nil {
		return out, err
	}
	for _, v := range in.Visits {
		report, err := d.signClean(ctx, who, key+"/"+v.VisitID.String(), v)
		var known *lab.Error
		switch {
		case err == nil:
			out.Reports = append(out.Reports, report.Report)
		case errors.As(err, &known) && known.Kind != lab.KindInternal && known.Kind != lab.KindUnknown && known.Kind != lab.KindUnavailable:
			out.Problems = append(out.Problems, SignProblem{VisitID: v.VisitID, Code: known.Code, Message: known.Message, Detail: known.Detail})
		default:
			return out, err
		}
	}
	return out, nil
}

// signClean refuses a visit that a rule ever held, also when somebody has accepted it: such a visit is looked at alone. What
// is checked here is covered by the versions, which change with every hold.
func (d *Desk) signClean(ctx context.Context, who Who, key string, v SignVisit) (Report, error) {
	err := d.view(ctx, func(tx *sqlite.ReadTx, _ *queries.Queries) error {
		c, err := readChart(ctx, tx, v.VisitID)
		if err != nil {
			return err
		}
		for _, t := range c.in(result.Held, result.Entered, result.Verified) {
			holds, err := sqlite.ParseHolds(c.standing[lab.ID(t.ID)].Result.Holds)
			if err != nil {
				return fmt.Errorf("visit %s: %w", v.VisitID, err)
			}
			if len(holds) > 0 {
				return lab.Conflict("visit_marked", "A rule stopped a value of this visit. Look at it alone.")
			}
		}
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	return d.Sign(ctx, who, key, v.VisitID, Sign{Versions: v.Versions})
}
