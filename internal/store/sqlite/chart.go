package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/lab/order"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite/queries"
)

// Chart is what is stored of a visit's tests: enough to say where each of them stands. It is read once; whoever adds a
// value to it after filing one keeps it as the database is.
type Chart struct {
	Visit   lab.ID
	Tests   []queries.OrderTestsRow
	Results []queries.ResultsOfVisitRow // every version of every test
	Samples []queries.SamplesRow

	verified []queries.VerificationsOfVisitRow
	released []queries.ReleasesOfVisitRow
	decided  []queries.HoldDecisionsOfVisitRow

	lookedAt bool                     // decided was read, or there was nothing that anybody could have decided on
	holds    map[string][]result.Hold // by their text: most values of a visit share a few
}

// ReadChart reads the tests of a visit with everything that their standing follows from.
func ReadChart(ctx context.Context, tx queries.DBTX, visit lab.ID) (*Chart, error) {
	q, id, c := queries.New(tx), queries.ID(visit), &Chart{Visit: visit}
	var err error
	if c.Tests, err = q.OrderTests(ctx, id); err != nil {
		return nil, fmt.Errorf("read the tests of visit %s: %w", visit, err)
	}
	if c.Results, err = q.ResultsOfVisit(ctx, id); err != nil {
		return nil, fmt.Errorf("read the results of visit %s: %w", visit, err)
	}
	c.lookedAt = len(c.Results) == 0 || decidable(c.Results)
	if c.verified, c.released, c.decided, err = decisions(ctx, q, visit, c.Results); err != nil {
		return nil, err
	}
	if c.Samples, err = q.Samples(ctx, id); err != nil {
		return nil, fmt.Errorf("read the samples of visit %s: %w", visit, err)
	}
	return c, nil
}

// ResultsOf gives the values of one test, the newest version first.
func (c *Chart) ResultsOf(item queries.ID) []queries.ResultsOfVisitRow {
	var out []queries.ResultsOfVisitRow
	for _, r := range c.Results {
		if r.OrderTestID == item {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b queries.ResultsOfVisitRow) int { return int(b.Version - a.Version) })
	return out
}

// Holds reads the holds of a value. What it gives is shared: it must not be changed.
func (c *Chart) Holds(r queries.ResultsOfVisitRow) ([]result.Hold, error) {
	if r.ID == (queries.ID{}) || r.Holds == noHolds {
		return nil, nil
	}
	if known, ok := c.holds[r.Holds]; ok {
		return known, nil
	}
	holds, err := ParseHolds(r.Holds)
	if err != nil {
		return nil, err
	}
	if c.holds == nil {
		c.holds = map[string][]result.Hold{}
	}
	c.holds[r.Holds] = holds
	return holds, nil
}

// SetHolds notes that the holds of a value were changed to this text. A value that had none before may have been decided on
// when it had some, so that is looked up now.
func (c *Chart) SetHolds(ctx context.Context, tx queries.DBTX, id queries.ID, text string) (err error) {
	for i := range c.Results {
		if c.Results[i].ID == id {
			c.Results[i].Holds = text
		}
	}
	if c.lookedAt {
		return nil
	}
	c.lookedAt = true
	if c.decided, err = queries.New(tx).HoldDecisionsOfVisit(ctx, queries.ID(c.Visit)); err != nil {
		return fmt.Errorf("read the decisions of visit %s: %w", c.Visit, err)
	}
	return nil
}

// Standings derives how far each test of a visit is, by order test.
func Standings(ctx context.Context, tx queries.DBTX, visit lab.ID) (map[lab.ID]Standing, []queries.OrderTestsRow, error) {
	c, err := ReadChart(ctx, tx, visit)
	if err != nil {
		return nil, nil, err
	}
	out, err := c.Standings()
	return out, c.Tests, err
}

// Standings derives how far each test is, by order test.
func (c *Chart) Standings() (map[lab.ID]Standing, error) {
	p := parts{
		newest: make(map[queries.ID]queries.ResultsOfVisitRow, len(c.Results)), rivals: map[queries.ID][]queries.ResultsOfVisitRow{}, others: map[queries.ID][]queries.ResultsOfVisitRow{}, level: map[queries.ID]int{}, out: map[queries.ID]bool{}, ever: map[queries.ID]bool{},
		accepted: map[queries.ID][]string{}, chosen: map[queries.ID]int64{}, samples: make(map[queries.ID]queries.SamplesRow, len(c.Samples)),
	}
	for _, v := range c.verified {
		p.level[v.ResultID] = max(p.level[v.ResultID], int(v.Level))
	}
	for _, r := range c.released {
		p.out[r.ResultID], p.ever[r.OrderTestID] = true, true
	}
	for _, d := range c.decided {
		if d.Decision == "accept" {
			var codes []string
			if err := json.Unmarshal([]byte(d.Codes), &codes); err != nil {
				return nil, fmt.Errorf("codes of a decision of visit %s: %w", c.Visit, err)
			}
			p.accepted[d.ResultID] = append(p.accepted[d.ResultID], codes...)
			if slices.Contains(codes, result.HoldTwoValues) {
				p.chosen[d.ResultID] = max(p.chosen[d.ResultID], d.AtMs)
			}
		}
	}
	for _, s := range c.Samples {
		p.samples[s.ID] = s
	}
	p.settle(c)
	out := make(map[lab.ID]Standing, len(c.Tests))
	for _, t := range c.Tests {
		s, err := p.standing(c, t)
		if err != nil {
			return nil, err
		}
		out[lab.ID(t.ID)] = s
	}
	return out, nil
}

// decisions reads what people decided on the results of a visit. Nobody can have decided on what is not there.
func decisions(ctx context.Context, q *queries.Queries, visit lab.ID, results []queries.ResultsOfVisitRow) (
	verified []queries.VerificationsOfVisitRow, released []queries.ReleasesOfVisitRow, decided []queries.HoldDecisionsOfVisitRow, err error,
) {
	if len(results) == 0 {
		return nil, nil, nil, nil
	}
	id := queries.ID(visit)
	if verified, err = q.VerificationsOfVisit(ctx, id); err != nil {
		return nil, nil, nil, fmt.Errorf("read the verifications of visit %s: %w", visit, err)
	}
	if released, err = q.ReleasesOfVisit(ctx, id); err != nil {
		return nil, nil, nil, fmt.Errorf("read the releases of visit %s: %w", visit, err)
	}
	if !decidable(results) {
		return verified, released, nil, nil
	}
	if decided, err = q.HoldDecisionsOfVisit(ctx, id); err != nil {
		return nil, nil, nil, fmt.Errorf("read the decisions of visit %s: %w", visit, err)
	}
	return verified, released, decided, nil
}

// decidable tells whether somebody may have decided on a value: it is held, or there is more than one of its test.
func decidable(results []queries.ResultsOfVisitRow) bool {
	for i, r := range results { // those of one test follow each other
		if r.Holds != noHolds || i > 0 && r.OrderTestID == results[i-1].OrderTestID {
			return true
		}
	}
	return false
}

type parts struct {
	newest   map[queries.ID]queries.ResultsOfVisitRow
	rivals   map[queries.ID][]queries.ResultsOfVisitRow
	others   map[queries.ID][]queries.ResultsOfVisitRow
	level    map[queries.ID]int
	out      map[queries.ID]bool
	ever     map[queries.ID]bool
	accepted map[queries.ID][]string
	chosen   map[queries.ID]int64 // when a person chose this value over a rival, 0 for never
	samples  map[queries.ID]queries.SamplesRow
}

func (p *parts) standing(c *Chart, t queries.OrderTestsRow) (Standing, error) {
	r, filed := p.newest[t.ID]
	s := Standing{Result: r, Level: p.level[r.ID], Released: p.ever[t.ID], State: string(result.Pending)}
	if filed {
		holds, err := c.Holds(r)
		if err != nil {
			return s, err
		}
		for _, h := range holds {
			if !slices.Contains(p.accepted[r.ID], h.Code) {
				s.Open = append(s.Open, h.Code)
			}
		}
	}
	s.Others = p.others[t.ID]
	if s.Rivals = p.rivals[t.ID]; len(s.Rivals) > 0 {
		s.Open = append(s.Open, result.HoldTwoValues)
	}
	if filed && t.Cancelled == 0 {
		s.State, s.Part = p.filed(t, r, s)
		return s, nil
	}
	sample, tube := p.samples[t.SampleID]
	switch {
	case t.Cancelled != 0:
		s.State, s.Part = string(result.Cancelled), order.PartCancelled
	case tube && sample.State == "rejected":
		s.State, s.Part = "rejected", order.PartStarted
	default:
		s.State = waitingState(t)
		if tube && sample.State == "received" {
			s.Part = order.PartStarted
		}
	}
	return s, nil
}

// filed is where a test stands that has a value.
func (p *parts) filed(t queries.OrderTestsRow, r queries.ResultsOfVisitRow, s Standing) (string, order.Part) {
	switch {
	case len(s.Rivals) > 0 && t.RerunMs <= r.EnteredMs:
		return string(result.Held), order.PartStarted // also what went out: another value came that nobody there knew of
	case p.out[r.ID]:
		return string(result.Released), order.PartReleased
	case t.RerunMs > r.EnteredMs:
		return waitingState(t), order.PartStarted
	case len(s.Open) > 0:
		return string(result.Held), order.PartStarted
	case s.Level >= int(t.Levels):
		return string(result.Verified), order.PartStarted
	}
	return string(result.Entered), order.PartStarted
}

func waitingState(t queries.OrderTestsRow) string {
	if t.SentMs > 0 && t.SentMs >= t.RerunMs {
		return string(result.Sent)
	}
	return string(result.Pending)
}
