package release

import (
	"context"
	"slices"
	"time"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// The levels of verification, and what each means on the record.
const (
	technical = "technical"
	medical   = "medical"

	meaningVerified   = "verified"
	meaningAuthorised = "authorised"
)

// Verify puts the next verification on values of a visit: a technical one where the lab works with two levels, or the
// medical one without releasing. Each vouches for the exact content that the person saw.
func (d *Desk) Verify(ctx context.Context, who Who, key string, visit lab.ID, in Verify) (Case, error) {
	if err := who.may(access.ResultEnter, d.db.Now()); err != nil {
		return Case{}, err
	}
	if in.Level == medical && !access.Visible(who.Actor.Roles, access.ReportSign) {
		return Case{}, lab.Forbidden("forbidden", "Only a pathologist verifies medically.")
	}
	saw, err := parseSeen(in.Versions)
	if err != nil {
		return Case{}, err
	}
	request := struct {
		Verify

		Visit lab.ID
	}{in, visit}
	_, err = once.Do(ctx, d.db, who.Actor, key, "result.verify", request, func(tx *sqlite.Tx) (lab.ID, error) {
		c, err := readChart(ctx, tx, visit)
		if err != nil {
			return lab.ID{}, err
		}
		if err := c.fresh(saw, in.Items); err != nil {
			return lab.ID{}, err
		}
		chosen, err := c.choose(in.Items, in.Level)
		if err != nil {
			return lab.ID{}, err
		}
		if len(chosen) == 0 {
			return lab.ID{}, lab.Conflict("nothing_to_verify", "Nothing of this visit waits for this verification.")
		}
		for _, t := range chosen {
			if err := verify(tx, c, t, tx.Now()); err != nil {
				return lab.ID{}, err
			}
		}
		return visit, sqlite.RefreshStates(ctx, tx, visit)
	})
	if err != nil {
		return Case{}, err
	}
	return d.Case(ctx, who, visit)
}

// choose gives the tests whose next verification is of that level. Tests that were named must be ready; without names
// those that are not are left out.
func (c *chart) choose(items []lab.ID, level string) ([]queries.OrderTestsRow, error) {
	var out []queries.OrderTestsRow
	for _, id := range items {
		if lab.ID(c.test(id).ID).IsZero() {
			return nil, lab.NotFound("item_not_found", "This test is not of this visit.")
		}
	}
	for _, t := range c.tests {
		s := c.standing[lab.ID(t.ID)]
		named := slices.Contains(items, lab.ID(t.ID))
		if len(items) > 0 && !named {
			continue
		}
		ready := s.State == string(result.Entered)
		last := int(t.Levels)-s.Level <= 1
		switch {
		case named && s.State == string(result.Held):
			return nil, undecided([]queries.OrderTestsRow{t})
		case named && !ready && s.State != string(result.Verified):
			return nil, stateError(t, s.State)
		case !ready:
		case level == medical && last, level == technical && !last:
			out = append(out, t)
		case named:
			return nil, levelError(t, s.Level, level)
		}
	}
	return out, nil
}

func undecided(tests []queries.OrderTestsRow) error {
	e := lab.Conflict("holds_undecided", "Some results are held. Decide about each of them first.")
	e.Detail = map[string]any{"codes": codesOf(tests)}
	return e
}

func stateError(t queries.OrderTestsRow, state string) error {
	e := lab.Conflict("result_state", "This result is "+state+" and cannot be verified.")
	e.Detail = map[string]any{"code": t.Code, "state": state}
	return e
}

func levelError(t queries.OrderTestsRow, have int, wanted string) error {
	e := lab.Conflict("verify_level", "This result waits for another level of verification.")
	e.Detail = map[string]any{"code": t.Code, "levels": t.Levels, "verified": have, "wanted": wanted}
	return e
}

func codesOf(tests []queries.OrderTestsRow) []string {
	out := []string{}
	for _, t := range tests {
		out = append(out, t.Code)
	}
	return out
}

// verify adds the next verification of one value. Who entered a value by hand does not verify it, and nobody signs two
// levels, unless the lab allows it; that it was allowed stands in the journal's reason.
func verify(tx *sqlite.Tx, c *chart, t queries.OrderTestsRow, at time.Time) error {
	r, filed, err := c.value(t)
	if err != nil {
		return err
	}
	if !filed {
		return stateError(t, string(result.Pending))
	}
	by := tx.Actor().ID
	own := by == r.EnteredBy && r.Source == result.Manual
	twice := slices.ContainsFunc(r.Verifications, func(v result.Verification) bool { return v.By == by })
	signed, err := r.Verify(by, at, false)
	if err != nil {
		return err
	}
	last := signed.Verifications[len(signed.Verifications)-1]
	meaning := meaningVerified
	if last.Level == signed.Levels {
		meaning = meaningAuthorised
	}
	var opts []sqlite.Option
	if own || twice {
		opts = append(opts, sqlite.Reason("verify.own"))
	}
	return tx.Insert("verification", tx.NewID(), sqlite.Row{
		"result_id": r.ID, "order_test_id": lab.ID(t.ID), "visit_id": c.id, "level": last.Level, "meaning": meaning,
		"user_id": by, "at_ms": at.UnixMilli(), "content_hash": last.Hash[:],
	}, opts...)
}
