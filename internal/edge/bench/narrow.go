package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// narrowed are the tests that a worklist is confined to. A worklist of a panel names tests, not the panel that they were
// ordered in: haemoglobin ordered alone stands in the grid of the blood count as well.
type narrowed struct {
	on    bool
	tests []queries.ID // in the order of the panel
}

func (n narrowed) flag() int64 {
	if n.on {
		return 1
	}
	return 0
}

func (n narrowed) has(test queries.ID) bool { return !n.on || slices.Contains(n.tests, test) }

// narrow finds the tests that the filter leaves: those of the picked panel or test, and of these the ones whose codes the
// chosen analyzer has been taught.
func narrow(ctx context.Context, q *queries.Queries, f Filter) (narrowed, error) {
	out := narrowed{}
	if f.Pick != "" {
		tests, err := picked(ctx, q, f.Pick)
		if err != nil {
			return out, err
		}
		out = narrowed{on: true, tests: tests}
	}
	if f.Instrument.IsZero() {
		return out, nil
	}
	codes, err := q.InstrumentCodes(ctx, queries.ID(f.Instrument))
	if err != nil {
		return out, fmt.Errorf("read the code map of instrument %s: %w", f.Instrument, err)
	}
	taught := make([]queries.ID, 0, len(codes))
	for _, c := range codes {
		taught = append(taught, c.TestID)
	}
	if !out.on {
		return narrowed{on: true, tests: taught}, nil
	}
	out.tests = slices.DeleteFunc(out.tests, func(id queries.ID) bool { return !slices.Contains(taught, id) })
	return out, nil
}

// picked gives the tests behind a code: of the panel that bears it, else the test itself.
func picked(ctx context.Context, q *queries.Queries, code string) ([]queries.ID, error) {
	panels, err := q.Panels(ctx)
	if err != nil {
		return nil, fmt.Errorf("read panels: %w", err)
	}
	at := slices.IndexFunc(panels, func(p queries.PanelsRow) bool { return p.Code == code })
	if at < 0 {
		tests, err := q.TestByCode(ctx, code)
		if err != nil {
			return nil, fmt.Errorf("look for a test: %w", err)
		}
		if len(tests) == 0 {
			return nil, lab.NotFound("test_not_found", "There is no test or panel of this code.")
		}
		return tests, nil
	}
	items, err := q.PanelItems(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tests of panels: %w", err)
	}
	var out []queries.ID
	for _, it := range items {
		if it.PanelID == panels[at].ID {
			out = append(out, it.TestID)
		}
	}
	return out, nil
}

// shows tells whether a row of this state stands on the list. Over a picked panel a sample keeps all its rows, so that a
// released value is not mistaken for a test that was never asked for; so does the list of open samples.
func (f Filter) shows(state string) bool {
	return f.Pick != "" || f.State == "" || f.State == "open" || slices.Contains(statesOf(f.State), state)
}

// since is how far back rows of a state are looked for.
func since(tx *sqlite.ReadTx, state string) time.Time {
	if state == "released" {
		return tx.Now().Add(-keepReleased)
	}
	return tx.Now().Add(-openSince)
}

// columns describes the picked tests; nothing where nothing is picked.
func (r *Reader) columns(ctx context.Context, pick string, only narrowed) ([]Column, error) {
	out := []Column{}
	if pick == "" {
		return out, nil
	}
	for _, id := range only.tests {
		m, err := r.measure(ctx, id)
		if err != nil {
			return out, err
		}
		out = append(out, Column{
			TestID: m.Test.ID, Code: m.Test.Code, Name: m.Test.Name, NameLocal: m.Test.NameHi, Unit: unitText(m.Test), Calculated: m.Test.Type == catalogue.Calculated,
		})
	}
	return out, nil
}

// Choices gives the panels and tests of the list with what waits, so that a person picks what to enter across samples.
func (b *Bench) Choices(ctx context.Context, f Filter) (Choices, error) {
	out := Choices{Panels: []Choice{}, Tests: []Choice{}}
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		only, err := narrow(ctx, q, f)
		if err != nil {
			return err
		}
		rows, err := q.WaitingByTest(ctx, queries.WaitingByTestParams{
			Department: f.Department, SinceMs: since(tx, f.State).UnixMilli(), States: statesOf(f.State), Narrowed: only.flag(), Tests: only.tests,
		})
		if err != nil {
			return fmt.Errorf("count what waits by test: %w", err)
		}
		waiting := make(map[queries.ID]queries.WaitingByTestRow, len(rows))
		for _, r := range rows {
			waiting[r.TestID] = r
		}
		if out.Panels, err = panelChoices(ctx, q, waiting); err != nil {
			return err
		}
		out.Tests, err = testChoices(ctx, q, waiting)
		return err
	})
	return out, err
}

func panelChoices(ctx context.Context, q *queries.Queries, waiting map[queries.ID]queries.WaitingByTestRow) ([]Choice, error) {
	panels, err := q.Panels(ctx)
	if err != nil {
		return nil, fmt.Errorf("read panels: %w", err)
	}
	items, err := q.PanelItems(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tests of panels: %w", err)
	}
	out := []Choice{}
	for _, p := range panels {
		c := Choice{Code: p.Code, Name: p.Name, NameLocal: p.NameLocal}
		for _, it := range items {
			if it.PanelID == p.ID {
				c.Rows += int(waiting[it.TestID].N)
				c.ToEnter += int(waiting[it.TestID].ToEnter)
			}
		}
		if c.Rows > 0 {
			out = append(out, c)
		}
	}
	return out, nil
}

func testChoices(ctx context.Context, q *queries.Queries, waiting map[queries.ID]queries.WaitingByTestRow) ([]Choice, error) {
	tests, err := q.Tests(ctx)
	if err != nil {
		return nil, fmt.Errorf("read tests: %w", err)
	}
	out := []Choice{}
	for _, t := range tests {
		if w := waiting[t.ID]; w.N > 0 {
			out = append(out, Choice{Code: t.Code, Name: t.Name, NameLocal: t.NameLocal, Rows: int(w.N), ToEnter: int(w.ToEnter)})
		}
	}
	return out, nil
}
