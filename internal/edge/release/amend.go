package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/filing"
	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/formula"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Amend replaces a released value by a new version and releases an amended report, in one transaction. The old value and
// the old report stay. Released tests that are calculated from it are amended with it.
func (d *Desk) Amend(ctx context.Context, who Who, key string, id lab.ID, in Amend) (Report, error) {
	if err := who.may(access.ReportAmend, d.db.Now()); err != nil {
		return Report{}, err
	}
	token, err := bench.ParseToken(in.Versions)
	if err != nil {
		return Report{}, err
	}
	request := struct {
		Amend

		Item lab.ID
	}{in, id}
	made, err := once.Do(ctx, d.db, who.Actor, key, "report.amend", request, func(tx *sqlite.Tx) (lab.ID, error) {
		return d.amend(ctx, tx, id, token, in)
	})
	if err != nil {
		return Report{}, err
	}
	return d.Report(ctx, made)
}

func (d *Desk) amend(ctx context.Context, tx *sqlite.Tx, id lab.ID, token bench.Token, in Amend) (lab.ID, error) {
	item, err := filing.Item(ctx, queries.New(tx), id)
	if err != nil {
		return lab.ID{}, err
	}
	visit := lab.ID(item.VisitID)
	c, err := readChart(ctx, tx, visit)
	if err != nil {
		return lab.ID{}, err
	}
	s := c.standing[id]
	if err := d.same(tx, c, c.test(id), token, in.Value); err != nil {
		return lab.ID{}, err
	}
	if s.State != string(result.Released) {
		return lab.ID{}, stateError(c.test(id), s.State)
	}
	f := filing.New(tx, d.zone)
	if _, err := f.File(ctx, item, filing.Entry{Text: in.Value, Source: result.Manual, Amend: true, Reason: in.Reason}); err != nil {
		return lab.ID{}, err
	}
	changed := []lab.ID{id}
	follow, err := d.follow(ctx, tx, f, visit, in.Reason)
	if err != nil {
		return lab.ID{}, err
	}
	changed = append(changed, follow...)
	if err := f.Settle(ctx, visit); err != nil {
		return lab.ID{}, err
	}
	return d.reissue(ctx, tx, visit, changed, in)
}

// reissue vouches for the amended values and issues the report that shows them. The reason of the amendment answers the
// holds of the new values; a critical one opens a call of its own.
func (d *Desk) reissue(ctx context.Context, tx *sqlite.Tx, visit lab.ID, changed []lab.ID, in Amend) (lab.ID, error) {
	c, err := readChart(ctx, tx, visit)
	if err != nil {
		return lab.ID{}, err
	}
	o := issue{sketch: &sketch{id: tx.NewID(), at: tx.Now(), inside: true}, partial: true, reason: in.Reason, told: in.Told}
	last, _ := c.newest()
	o.comment = last.Comment
	for _, id := range changed {
		t, s := c.test(id), c.standing[id]
		if len(s.Open) > 0 {
			codes, err := holdCodes(s)
			if err != nil {
				return lab.ID{}, err
			}
			row := sqlite.Row{"result_id": lab.ID(s.Result.ID), "order_test_id": id, "decision": accept, "codes": codes, "note": in.Reason, "user_id": tx.Actor().ID, "at_ms": o.sketch.at.UnixMilli(), "patient_id": lab.ID(c.visit.PatientID)}
			if err := tx.Insert("hold_decision", tx.NewID(), row); err != nil {
				return lab.ID{}, err
			}
		}
		if err := vouch(tx, c, t, o); err != nil {
			return lab.ID{}, err
		}
		o.chosen = append(o.chosen, t)
	}
	return d.issue(ctx, tx, visit, o)
}

// vouch puts all levels of verification on an amended value, by the one person who amends it after a fresh proof of who
// they are. That one person did so stands in the journal's reason.
func vouch(tx *sqlite.Tx, c *chart, t queries.OrderTestsRow, o issue) error {
	r, filed, err := c.value(t)
	if err != nil {
		return err
	}
	if !filed {
		return stateError(t, string(result.Pending))
	}
	hash := r.ContentHash()
	for level := 1; level <= r.Levels; level++ {
		meaning := meaningVerified
		if level == r.Levels {
			meaning = meaningAuthorised
		}
		row := sqlite.Row{
			"result_id": r.ID, "order_test_id": lab.ID(t.ID), "visit_id": c.id, "level": level, "meaning": meaning,
			"user_id": tx.Actor().ID, "at_ms": o.sketch.at.UnixMilli(), "content_hash": hash[:],
		}
		if err := tx.Insert("verification", tx.NewID(), row, sqlite.Reason("verify.amended")); err != nil {
			return err
		}
	}
	return nil
}

// follow amends released tests that are calculated from amended ones, and those from them, and gives which.
func (d *Desk) follow(ctx context.Context, tx *sqlite.Tx, f *filing.Filer, visit lab.ID, reason string) ([]lab.ID, error) {
	var out []lab.ID
	for range 4 {
		changed, err := d.followOnce(ctx, tx, f, visit, reason, out)
		if err != nil || len(changed) == 0 {
			return out, err
		}
		out = append(out, changed...)
	}
	return out, nil
}

func (d *Desk) followOnce(ctx context.Context, tx *sqlite.Tx, f *filing.Filer, visit lab.ID, reason string, done []lab.ID) ([]lab.ID, error) {
	c, err := readChart(ctx, tx, visit)
	if err != nil {
		return nil, err
	}
	values, err := c.values()
	if err != nil {
		return nil, err
	}
	var out []lab.ID
	for _, t := range c.tests {
		def, s := c.defs[t.TestID], c.standing[lab.ID(t.ID)]
		if def.Type != catalogue.Calculated || s.Result.Source != string(result.Calculated) || s.State != string(result.Released) || slices.Contains(done, lab.ID(t.ID)) {
			continue
		}
		entry, err := d.recalculate(c, t, values)
		if err != nil {
			return nil, err
		}
		if entry == nil {
			continue
		}
		entry.Amend, entry.Reason = true, reason
		item, err := filing.Item(ctx, queries.New(tx), lab.ID(t.ID))
		if err != nil {
			return nil, err
		}
		if _, err := f.File(ctx, item, *entry); err != nil {
			return nil, err
		}
		out = append(out, lab.ID(t.ID))
	}
	return out, nil
}

// recalculate gives what a calculated test is now, or nil where nothing changed. What can no longer be calculated says so.
func (d *Desk) recalculate(c *chart, t queries.OrderTestsRow, values map[string]result.Value) (*filing.Entry, error) {
	old := c.standing[lab.ID(t.ID)].Result
	v, err := result.Calculate(c.defs[t.TestID], values, d.context(c))
	if none, ok := errors.AsType[*formula.NotCalculated](err); ok {
		if old.Raw == sqlite.NotCalculated+none.Code {
			return nil, nil //nolint:nilnil // nothing to file, and nothing went wrong
		}
		return &filing.Entry{NotReported: none.Code, Source: result.Calculated}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("calculate %s: %w", t.Code, err)
	}
	if old.Num == v.Num.String() {
		return nil, nil //nolint:nilnil // nothing to file, and nothing went wrong
	}
	return &filing.Entry{Text: v.Num.String(), Source: result.Calculated}, nil
}

// values gives the newest values of the visit by test code.
func (c *chart) values() (map[string]result.Value, error) {
	out := map[string]result.Value{}
	for _, t := range c.tests {
		r := c.standing[lab.ID(t.ID)].Result
		if r.ID == (queries.ID{}) || t.Cancelled != 0 {
			continue
		}
		v, err := filing.StoredValue(r)
		if err != nil {
			return nil, err
		}
		out[t.Code] = v
	}
	return out, nil
}

// context is what formulas need of the patient and the visit.
func (d *Desk) context(c *chart) formula.Values {
	out := formula.Values{Numbers: map[string]lab.Decimal{}, Sex: c.person.Sex}
	if age, ok := c.person.AgeOn(d.day(c.collected())); ok {
		out.Numbers[formula.Age] = lab.DecimalFromInt(int64(age.Years))
	}
	for name, text := range map[string]string{formula.Height: c.visit.HeightCm, formula.Weight: c.visit.WeightKg} {
		if v, err := lab.ParseDecimal(text); err == nil {
			out.Numbers[name] = v
		}
	}
	return out
}

// Withdraw takes a report back. It stays for the audit and is shown to nobody else.
func (d *Desk) Withdraw(ctx context.Context, who Who, key string, id lab.ID, in Withdraw) (Report, error) {
	if err := who.may(access.ReportAmend, d.db.Now()); err != nil {
		return Report{}, err
	}
	request := struct {
		Withdraw

		Report lab.ID
	}{in, id}
	_, err := once.Do(ctx, d.db, who.Actor, key, "report.withdraw", request, func(tx *sqlite.Tx) (lab.ID, error) {
		c, line, err := d.version(ctx, tx, id)
		if err != nil {
			return lab.ID{}, err
		}
		if line.State == stateWithdrawn || line.State == stateSuperseded {
			e := lab.Conflict("report_state", "Only the report that counts now can be withdrawn.")
			e.Detail = map[string]any{"state": line.State, "newest": c.reports[0].Version}
			return lab.ID{}, e
		}
		row := sqlite.Row{"report_id": id, "visit_id": c.id, "reason": in.Reason, "user_id": tx.Actor().ID, "at_ms": tx.Now().UnixMilli(), "patient_id": lab.ID(c.visit.PatientID)}
		if err := tx.Insert("withdrawal", tx.NewID(), row); err != nil {
			return lab.ID{}, err
		}
		if err := queries.New(tx).SetReportState(ctx, queries.SetReportStateParams{State: stateWithdrawn, ID: queries.ID(id)}); err != nil {
			return lab.ID{}, fmt.Errorf("withdraw report %s: %w", id, err)
		}
		return id, nil
	})
	if err != nil {
		return Report{}, err
	}
	return d.Report(ctx, id)
}
