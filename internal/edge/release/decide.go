package release

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/filing"
	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/lab/result"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// accept is the decision that lets a value go on.
const accept = "accept"

// choose is the choice of one of several values that were filed apart from each other.
const choose = "choose"

// Decide settles the holds of one row: the value may go on, is measured again, or a new sample is asked for. A decision
// may be changed until the value is verified; each one is kept.
func (d *Desk) Decide(ctx context.Context, who Who, id lab.ID, in Decide) (bench.Row, error) {
	if err := who.may(access.ResultEnter, d.db.Now()); err != nil {
		return bench.Row{}, err
	}
	token, err := bench.ParseToken(in.Versions)
	if err != nil {
		return bench.Row{}, err
	}
	err = d.db.Update(ctx, who.Actor, "hold."+in.Decision, func(tx *sqlite.Tx) error { return d.decide(ctx, tx, who, id, token, in) })
	if err != nil {
		return bench.Row{}, err
	}
	return d.row(ctx, who.Actor, id)
}

func (d *Desk) decide(ctx context.Context, tx *sqlite.Tx, who Who, id lab.ID, token bench.Token, in Decide) error {
	item, err := filing.Item(ctx, queries.New(tx), id)
	if err != nil {
		return err
	}
	c, err := readChart(ctx, tx, lab.ID(item.VisitID))
	if err != nil {
		return err
	}
	t, s := c.test(id), c.standing[id]
	if err := d.same(tx, c, t, token, in.Decision); err != nil {
		return err
	}
	if in.Decision == choose {
		return choice(ctx, tx, c, s, in)
	}
	if in.Decision == accept && len(s.Rivals) > 0 {
		return lab.Conflict("choose_first", "Two values were filed apart from each other. Choose one of them.")
	}
	codes, err := decidable(s)
	if err != nil {
		return err
	}
	if in.Decision == accept {
		if err := who.overControl(codes, in.Note, tx); err != nil {
			return err
		}
	}
	row := sqlite.Row{
		"result_id": lab.ID(s.Result.ID), "order_test_id": id, "decision": in.Decision, "codes": codes, "note": orNil(in.Note), "patient_id": lab.ID(c.visit.PatientID),
		"user_id": tx.Actor().ID, "at_ms": tx.Now().UnixMilli(),
	}
	if err := tx.Insert("hold_decision", tx.NewID(), row); err != nil {
		return err
	}
	switch in.Decision {
	case accept:
		err = d.takeBack(tx, c, t, s)
	case "rerun":
		err = bench.AskRerun(ctx, tx, id, rerunReason(codes), in.Note)
	case "new_sample":
		if err = bench.AskRerun(ctx, tx, id, rerunReason(codes), in.Note); err == nil {
			err = d.tubes(ctx, tx, lab.ID(t.SampleID), []lab.ID{id})
		}
	default:
		err = lab.Invalid("decision_unknown", "Choose to accept, to run again or to ask for a new sample.")
	}
	if err != nil {
		return err
	}
	return sqlite.RefreshStates(ctx, tx, c.id)
}

// choice settles which of the values counts that were filed apart from each other. The decision names the others, so that a
// value which nobody weighed is never taken for one that was.
func choice(ctx context.Context, tx *sqlite.Tx, c *chart, s sqlite.Standing, in Decide) error {
	if len(s.Rivals) == 0 {
		return lab.Conflict("nothing_to_choose", "There is one value. Somebody may have chosen already.")
	}
	all := append([]queries.ResultsOfVisitRow{s.Result}, s.Others...)
	if !slices.ContainsFunc(all, func(r queries.ResultsOfVisitRow) bool { return lab.ID(r.ID) == in.ResultID }) {
		return lab.Invalid("choice_unknown", "Choose one of the values that are shown.", lab.FieldError{Field: "result_id", Code: "choice_unknown"})
	}
	others := slices.DeleteFunc(all, func(r queries.ResultsOfVisitRow) bool { return lab.ID(r.ID) == in.ResultID })
	raw, err := json.Marshal(sqlite.ChosenOver(others))
	if err != nil {
		return fmt.Errorf("write the codes of a decision: %w", err)
	}
	row := sqlite.Row{
		"result_id": in.ResultID, "order_test_id": lab.ID(s.Result.OrderTestID), "decision": accept, "codes": string(raw), "note": orNil(in.Note), "patient_id": lab.ID(c.visit.PatientID),
		"user_id": tx.Actor().ID, "at_ms": tx.Now().UnixMilli(),
	}
	if err := tx.Insert("hold_decision", tx.NewID(), row); err != nil {
		return err
	}
	return sqlite.RefreshStates(ctx, tx, c.id)
}

// same refuses a decision on a value that is not the one that the person saw, and gives both.
func (d *Desk) same(tx *sqlite.Tx, c *chart, t queries.OrderTestsRow, token bench.Token, wanted string) error {
	now := bench.Token{Result: lab.ID(c.standing[lab.ID(t.ID)].Result.ID)}
	var err error
	if now.Test, err = tx.Versions("order_test", lab.ID(t.ID)); err != nil {
		return err
	}
	if !now.Result.IsZero() {
		if now.Value, err = tx.Versions("result", now.Result); err != nil {
			return err
		}
	}
	if now.String() == token.String() {
		return nil
	}
	was := Shown{ItemID: lab.ID(t.ID), Code: t.Code, State: wanted}
	if old, ok := c.results[queries.ID(token.Result)]; ok {
		was.Value = old.Value
	}
	s := c.standing[lab.ID(t.ID)]
	return httpkit.Stale("item", lab.ID(t.ID), now.String(), Shown{ItemID: lab.ID(t.ID), Code: t.Code, Value: s.Result.Value, State: s.State}, was)
}

// decidable gives the codes of the holds as the column of a decision holds them.
func decidable(s sqlite.Standing) (string, error) {
	if s.Result.ID == (queries.ID{}) {
		return "", lab.Conflict("nothing_held", "There is no value to decide about.")
	}
	if s.Level > 0 || s.Released {
		return "", &lab.Error{Kind: lab.KindLocked, Code: "result_verified", Message: "This value is verified. It can only be amended."}
	}
	return holdCodes(s)
}

func holdCodes(s sqlite.Standing) (string, error) {
	holds, err := sqlite.ParseHolds(s.Result.Holds)
	if err != nil {
		return "", err
	}
	if len(holds) == 0 && len(s.Rivals) == 0 {
		return "", lab.Conflict("nothing_held", "No rule holds this value.")
	}
	codes := make([]string, 0, len(holds)+1)
	if len(s.Rivals) > 0 {
		codes = append(codes, result.HoldTwoValues)
	}
	for _, h := range holds {
		codes = append(codes, h.Code)
	}
	raw, err := json.Marshal(codes)
	if err != nil {
		return "", fmt.Errorf("write the codes of a decision: %w", err)
	}
	return string(raw), nil
}

// takeBack lets a value stand for which another run was asked, as long as none came and the tube is still there.
func (d *Desk) takeBack(tx *sqlite.Tx, c *chart, t queries.OrderTestsRow, s sqlite.Standing) error {
	if t.RerunMs <= s.Result.EnteredMs {
		return nil
	}
	if c.samples[t.SampleID].State == string(sample.Expected) {
		return lab.Conflict("new_sample_asked", "A new sample is asked for already.")
	}
	return tx.Change("order_test", lab.ID(t.ID), nil, sqlite.Row{"rerun_ms": nil, "rerun_reason": nil})
}

// rerunReason gives the reason code of a rerun that a hold asks for.
func rerunReason(codes string) string {
	var list []string
	if json.Unmarshal([]byte(codes), &list) != nil {
		return "tech"
	}
	for _, r := range []struct{ hold, reason string }{
		{result.HoldCritical, "critical"},
		{result.HoldDelta, "delta"},
		{result.HoldInstrumentFlag, "flag"},
		{result.HoldQC, "qc"},
		{result.HoldUncertain, "range"},
		{result.HoldCriticalUncertain, "range"},
	} {
		if slices.Contains(list, r.hold) {
			return r.reason
		}
	}
	return "tech"
}

func (c *chart) test(id lab.ID) queries.OrderTestsRow {
	for _, t := range c.tests {
		if lab.ID(t.ID) == id {
			return t
		}
	}
	return queries.OrderTestsRow{}
}

// row gives one row as the screens show it.
func (d *Desk) row(ctx context.Context, actor lab.Actor, id lab.ID) (bench.Row, error) {
	var out bench.Row
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		item, err := filing.Item(ctx, q, id)
		if err != nil {
			return err
		}
		all, err := bench.NewReader(tx, d.zone, actor.ID).Visit(ctx, lab.ID(item.VisitID))
		if err != nil {
			return err
		}
		for _, r := range all.Rows {
			if r.ItemID == id {
				out = r
			}
		}
		return nil
	})
	return out, err
}
