package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/lab/order"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite/queries"
)

// Standing is how far one test of a visit is, as its parts say. It is never typed in.
type Standing struct {
	State    string
	Result   queries.ResultsOfVisitRow   // the newest value; zero ID while there is none
	Level    int                         // verifications of the newest value
	Open     []string                    // codes of holds that nobody has accepted
	Others   []queries.ResultsOfVisitRow // values that were filed without knowing of Result, chosen over or not
	Rivals   []queries.ResultsOfVisitRow // those of them that differ, while nobody has chosen
	Released bool                        // some version of it went out
	Part     order.Part
}

// noHolds is the column of holds without one.
const noHolds = "[]"

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
	v, err := q.VisitState(ctx, queries.ID(visit))
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
	if err := q.SetVisitState(ctx, queries.SetVisitStateParams{State: string(state), ID: queries.ID(visit)}); err != nil {
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
