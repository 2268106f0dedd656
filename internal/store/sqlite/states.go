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

// Standing is how far one test of a visit is, as its parts say. It is never typed in.
type Standing struct {
	State    string
	Result   queries.ResultsOfVisitRow // the newest value; zero ID while there is none
	Level    int                       // verifications of the newest value
	Open     []string                  // codes of holds that nobody has accepted
	Released bool                      // some version of it went out
	Part     order.Part
}

// Standings derives how far each test of a visit is, by order test.
func Standings(ctx context.Context, tx queries.DBTX, visit lab.ID) (map[lab.ID]Standing, []queries.OrderTestsRow, error) {
	q, id := queries.New(tx), queries.ID(visit)
	tests, err := q.OrderTests(ctx, id)
	if err != nil {
		return nil, nil, fmt.Errorf("read the tests of visit %s: %w", visit, err)
	}
	results, err := q.ResultsOfVisit(ctx, id)
	if err != nil {
		return nil, nil, fmt.Errorf("read the results of visit %s: %w", visit, err)
	}
	verified, released, decided, err := decisions(ctx, q, visit, results)
	if err != nil {
		return nil, nil, err
	}
	samples, err := q.Samples(ctx, id)
	if err != nil {
		return nil, nil, fmt.Errorf("read the samples of visit %s: %w", visit, err)
	}
	p := parts{newest: map[queries.ID]queries.ResultsOfVisitRow{}, level: map[queries.ID]int{}, out: map[queries.ID]bool{}, ever: map[queries.ID]bool{}, accepted: map[queries.ID][]string{}, samples: map[queries.ID]queries.SamplesRow{}}
	for _, r := range results {
		if old, ok := p.newest[r.OrderTestID]; !ok || r.Version > old.Version {
			p.newest[r.OrderTestID] = r
		}
	}
	for _, v := range verified {
		p.level[v.ResultID] = max(p.level[v.ResultID], int(v.Level))
	}
	for _, r := range released {
		p.out[r.ResultID], p.ever[r.OrderTestID] = true, true
	}
	for _, d := range decided {
		if d.Decision == "accept" {
			var codes []string
			if err := json.Unmarshal([]byte(d.Codes), &codes); err != nil {
				return nil, nil, fmt.Errorf("codes of a decision of visit %s: %w", visit, err)
			}
			p.accepted[d.ResultID] = append(p.accepted[d.ResultID], codes...)
		}
	}
	for _, s := range samples {
		p.samples[s.ID] = s
	}
	out := make(map[lab.ID]Standing, len(tests))
	for _, t := range tests {
		s, err := p.standing(t)
		if err != nil {
			return nil, nil, err
		}
		out[lab.ID(t.ID)] = s
	}
	return out, tests, nil
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
	if !slices.ContainsFunc(results, func(r queries.ResultsOfVisitRow) bool { return r.Holds != noHolds }) {
		return verified, released, nil, nil
	}
	if decided, err = q.HoldDecisionsOfVisit(ctx, id); err != nil {
		return nil, nil, nil, fmt.Errorf("read the decisions of visit %s: %w", visit, err)
	}
	return verified, released, decided, nil
}

// noHolds is the column of holds without one.
const noHolds = "[]"

type parts struct {
	newest   map[queries.ID]queries.ResultsOfVisitRow
	level    map[queries.ID]int
	out      map[queries.ID]bool
	ever     map[queries.ID]bool
	accepted map[queries.ID][]string
	samples  map[queries.ID]queries.SamplesRow
}

func (p parts) standing(t queries.OrderTestsRow) (Standing, error) {
	r, filed := p.newest[t.ID]
	s := Standing{Result: r, Level: p.level[r.ID], Released: p.ever[t.ID], State: string(result.Pending)}
	if filed {
		holds, err := ParseHolds(r.Holds)
		if err != nil {
			return s, err
		}
		for _, h := range holds {
			if !slices.Contains(p.accepted[r.ID], h.Code) {
				s.Open = append(s.Open, h.Code)
			}
		}
	}
	sample, tube := p.samples[t.SampleID]
	switch {
	case t.Cancelled != 0:
		s.State, s.Part = string(result.Cancelled), order.PartCancelled
	case filed && p.out[r.ID]:
		s.State, s.Part = string(result.Released), order.PartReleased
	case filed && t.RerunMs > r.EnteredMs:
		s.State, s.Part = waitingState(t), order.PartStarted
	case filed && len(s.Open) > 0:
		s.State, s.Part = string(result.Held), order.PartStarted
	case filed && s.Level >= int(t.Levels):
		s.State, s.Part = string(result.Verified), order.PartStarted
	case filed:
		s.State, s.Part = string(result.Entered), order.PartStarted
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

func waitingState(t queries.OrderTestsRow) string {
	if t.SentMs > 0 && t.SentMs >= t.RerunMs {
		return string(result.Sent)
	}
	return string(result.Pending)
}

// RefreshStates writes what Standings derives into the bookkeeping columns of a visit and its tests, where it differs.
// Every use case that changes a part of a visit calls it in the same transaction.
func RefreshStates(ctx context.Context, tx queries.DBTX, visit lab.ID) error {
	standings, tests, err := Standings(ctx, tx, visit)
	if err != nil {
		return err
	}
	return WriteStates(ctx, tx, visit, standings, tests)
}

// WriteStates does what RefreshStates does, for a caller that has read the standings after its last write.
func WriteStates(ctx context.Context, tx queries.DBTX, visit lab.ID, standings map[lab.ID]Standing, tests []queries.OrderTestsRow) error {
	q := queries.New(tx)
	var all []order.Part
	for _, t := range tests {
		s := standings[lab.ID(t.ID)]
		all = append(all, s.Part)
		critical := int64(0)
		if s.State != string(result.Cancelled) && s.Result.Critical != 0 {
			critical = 1
		}
		if t.State == s.State && t.Level == int64(s.Level) && t.Critical == critical && t.ResultID == s.Result.ID {
			continue
		}
		if err := q.SetOrderTestState(ctx, queries.SetOrderTestStateParams{State: s.State, ResultID: s.Result.ID, Level: int64(s.Level), Critical: critical, ID: t.ID}); err != nil {
			return fmt.Errorf("set the state of test %s: %w", lab.ID(t.ID), err)
		}
	}
	v, err := q.Visit(ctx, queries.ID(visit))
	if err != nil {
		return fmt.Errorf("read visit %s: %w", visit, err)
	}
	state := order.Derive(all)
	if v.Cancelled != 0 {
		state = order.StateCancelled
	}
	if v.State == string(state) {
		return nil
	}
	if err := q.SetVisitState(ctx, queries.SetVisitStateParams{State: string(state), ID: v.ID}); err != nil {
		return fmt.Errorf("set the state of visit %s: %w", visit, err)
	}
	return nil
}

// storedHold is one hold as the column holds it.
type storedHold struct {
	Code   string            `json:"code"`
	Params map[string]string `json:"params,omitempty"`
}

// ParseHolds reads the column of holds.
func ParseHolds(text string) ([]result.Hold, error) {
	if text == noHolds {
		return []result.Hold{}, nil
	}
	var stored []storedHold
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	out := make([]result.Hold, 0, len(stored))
	for _, h := range stored {
		out = append(out, result.Hold(h))
	}
	return out, nil
}

// HoldsText writes the column of holds.
func HoldsText(holds []result.Hold) (string, error) {
	if len(holds) == 0 {
		return noHolds, nil
	}
	stored := make([]storedHold, 0, len(holds))
	for _, h := range holds {
		stored = append(stored, storedHold(h))
	}
	raw, err := json.Marshal(stored)
	if err != nil {
		return "", fmt.Errorf("write holds: %w", err)
	}
	return string(raw), nil
}
