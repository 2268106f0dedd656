package release

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// chart is everything of one visit that decides about its report, read in one snapshot.
type chart struct {
	id       lab.ID
	visit    queries.VisitRow
	person   sqlite.Person
	doctor   queries.DoctorRow
	setting  queries.LabSettingRow
	tests    []queries.OrderTestsRow
	standing map[lab.ID]sqlite.Standing
	defs     map[queries.ID]catalogue.Test
	panels   map[string]queries.PanelsRow
	samples  map[queries.ID]queries.SamplesRow
	results  map[queries.ID]queries.ResultsOfVisitRow // all versions
	verified []queries.VerificationsOfVisitRow
	released []queries.ReleasesOfVisitRow
	decided  []queries.HoldDecisionsOfVisitRow
	calls    []queries.CallsOfVisitRow
	reports  []queries.ReportRowsRow // newest first
	earlier  map[queries.ID][]queries.EarlierValuesRow
}

// readHead reads of a visit what a line of a list shows: who, when, what was ordered, and its tubes.
func readHead(ctx context.Context, tx queries.DBTX, visit lab.ID) (*chart, error) {
	q, id := queries.New(tx), queries.ID(visit)
	c := &chart{id: visit, samples: map[queries.ID]queries.SamplesRow{}}
	var err error
	if c.visit, err = q.Visit(ctx, id); errors.Is(err, sql.ErrNoRows) {
		return nil, lab.NotFound("visit_not_found", "There is no such visit.")
	} else if err != nil {
		return nil, fmt.Errorf("read visit %s: %w", visit, err)
	}
	if c.person, err = sqlite.ReadPerson(ctx, tx, lab.ID(c.visit.PatientID)); err != nil {
		return nil, err
	}
	if c.tests, err = q.OrderTests(ctx, id); err != nil {
		return nil, fmt.Errorf("read the tests of visit %s: %w", visit, err)
	}
	samples, err := q.Samples(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the samples of visit %s: %w", visit, err)
	}
	for _, s := range samples {
		c.samples[s.ID] = s
	}
	return c, nil
}

// readChart reads all of a visit, outside or inside an update.
func readChart(ctx context.Context, tx queries.DBTX, visit lab.ID) (*chart, error) {
	q := queries.New(tx)
	c, err := readHead(ctx, tx, visit)
	if err != nil {
		return nil, err
	}
	if c.setting, err = sqlite.ReadSetting(ctx, tx); err != nil {
		return nil, err
	}
	if c.standing, c.tests, err = sqlite.Standings(ctx, tx, visit); err != nil {
		return nil, err
	}
	if c.visit.DoctorID != (queries.ID{}) {
		if c.doctor, err = q.Doctor(ctx, c.visit.DoctorID); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("read the doctor of visit %s: %w", visit, err)
		}
	}
	c.defs = map[queries.ID]catalogue.Test{}
	for _, t := range c.tests {
		if c.defs[t.TestID], err = sqlite.ReadTest(ctx, tx, lab.ID(t.TestID)); err != nil {
			return nil, err
		}
	}
	if err := c.readRows(ctx, q, queries.ID(visit)); err != nil {
		return nil, fmt.Errorf("read visit %s: %w", visit, err)
	}
	return c, nil
}

// readRows reads what hangs on the visit.
func (c *chart) readRows(ctx context.Context, q *queries.Queries, id queries.ID) error {
	c.panels, c.results, c.earlier = map[string]queries.PanelsRow{}, map[queries.ID]queries.ResultsOfVisitRow{}, map[queries.ID][]queries.EarlierValuesRow{}
	panels, err := q.Panels(ctx)
	if err != nil {
		return fmt.Errorf("panels: %w", err)
	}
	for _, p := range panels {
		c.panels[p.Code] = p
	}
	results, err := q.ResultsOfVisit(ctx, id)
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	for _, r := range results {
		c.results[r.ID] = r
	}
	earlier, err := q.EarlierValues(ctx, queries.EarlierValuesParams{PatientID: c.visit.PatientID, VisitID: id})
	if err != nil {
		return fmt.Errorf("earlier values: %w", err)
	}
	for _, e := range earlier {
		c.earlier[e.TestID] = append(c.earlier[e.TestID], e)
	}
	if c.verified, err = q.VerificationsOfVisit(ctx, id); err != nil {
		return fmt.Errorf("verifications: %w", err)
	}
	if c.released, err = q.ReleasesOfVisit(ctx, id); err != nil {
		return fmt.Errorf("releases: %w", err)
	}
	if c.decided, err = q.HoldDecisionsOfVisit(ctx, id); err != nil {
		return fmt.Errorf("decisions: %w", err)
	}
	if c.calls, err = q.CallsOfVisit(ctx, id); err != nil {
		return fmt.Errorf("calls: %w", err)
	}
	c.reports, err = q.ReportRows(ctx, id)
	return err
}

// value gives the newest value of a test as the domain knows it, with its verifications and answered holds; false where
// there is none.
func (c *chart) value(t queries.OrderTestsRow) (result.Result, bool, error) {
	row := c.standing[lab.ID(t.ID)].Result
	if row.ID == (queries.ID{}) {
		return result.Result{}, false, nil
	}
	r, err := sqlite.ResultOf(row, t)
	if err != nil {
		return r, false, err
	}
	r.SameAllowed = c.setting.OwnVerify != 0 || slices.Contains(sqlite.OwnVerifyIn(c.setting), c.defs[t.TestID].Department)
	for _, v := range c.verified {
		if v.ResultID == row.ID {
			signed := result.Verification{Level: int(v.Level), By: lab.ID(v.UserID), At: time.UnixMilli(v.AtMs).UTC()}
			copy(signed.Hash[:], v.ContentHash)
			r.Verifications = append(r.Verifications, signed)
		}
	}
	for _, d := range c.decided {
		if d.ResultID != row.ID || d.Decision != accept {
			continue
		}
		var codes []string
		if err := json.Unmarshal([]byte(d.Codes), &codes); err != nil {
			return r, false, fmt.Errorf("codes of decision %s: %w", lab.ID(d.ID), err)
		}
		for _, code := range codes {
			r.Answered = append(r.Answered, result.Answer{Hold: code, Reason: d.Note, At: time.UnixMilli(d.AtMs).UTC()})
		}
	}
	return r, true, nil
}

// wasReleased tells whether this very value went out.
func (c *chart) wasReleased(id queries.ID) bool {
	return slices.ContainsFunc(c.released, func(r queries.ReleasesOfVisitRow) bool { return r.ResultID == id })
}

// newest gives the newest report of the visit.
func (c *chart) newest() (queries.ReportRowsRow, bool) {
	if len(c.reports) == 0 {
		return queries.ReportRowsRow{}, false
	}
	return c.reports[0], true
}

// in gives the tests in a state.
func (c *chart) in(states ...result.State) []queries.OrderTestsRow {
	var out []queries.OrderTestsRow
	for _, t := range c.tests {
		if slices.Contains(states, result.State(c.standing[lab.ID(t.ID)].State)) {
			out = append(out, t)
		}
	}
	return out
}

// undivided refuses while a test of the visit has two values that were filed apart from each other and nobody has chosen.
func (c *chart) undivided() error {
	for _, t := range c.tests {
		if s := c.standing[lab.ID(t.ID)]; len(s.Rivals) > 0 && t.Cancelled == 0 {
			e := lab.Conflict("conflict_open", "Two people changed this at the same time. Decide which is right before anything goes out.")
			e.Detail = map[string]any{"entity": "order_test", "item_id": lab.ID(t.ID).String(), "code": t.Code}
			return e
		}
	}
	return nil
}
