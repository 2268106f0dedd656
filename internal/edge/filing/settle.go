package filing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/formula"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Settle brings a visit up to date after values were filed: calculated tests, consistency of the values with each other,
// and the states of all parts.
func (f *Filer) Settle(ctx context.Context, visit lab.ID) error {
	w, err := f.calculate(ctx, visit)
	if err != nil {
		return err
	}
	changed, err := f.consistency(ctx, w)
	if err != nil {
		return err
	}
	if changed {
		if w.states, err = w.chart.Standings(); err != nil {
			return err
		}
	}
	delete(f.charts, visit) // it does not know the states that are written now
	return sqlite.WriteStates(ctx, f.tx, visit, w.states, w.tests)
}

// work is a visit's tests with their newest values.
type work struct {
	chart  *sqlite.Chart
	tests  []queries.OrderTestsRow
	states map[lab.ID]sqlite.Standing
	defs   map[queries.ID]catalogue.Test
	values map[string]result.Value
}

func (f *Filer) load(ctx context.Context, visit lab.ID) (*work, error) {
	c, err := f.Chart(ctx, visit)
	if err != nil {
		return nil, err
	}
	states, err := c.Standings()
	if err != nil {
		return nil, err
	}
	w := &work{chart: c, tests: c.Tests, states: states, defs: map[queries.ID]catalogue.Test{}, values: map[string]result.Value{}}
	for _, t := range c.Tests {
		def, err := sqlite.ReadTest(ctx, f.tx, lab.ID(t.TestID))
		if err != nil {
			return nil, err
		}
		w.defs[t.TestID] = def
		r := states[lab.ID(t.ID)].Result
		if r.ID == (queries.ID{}) || t.Cancelled != 0 {
			continue
		}
		if v, err := StoredValue(r); err == nil {
			w.values[t.Code] = v
		}
	}
	return w, nil
}

// StoredValue reads a stored value back as the domain knows it.
func StoredValue(r queries.ResultsOfVisitRow) (result.Value, error) {
	v := result.Value{Text: r.Raw, Comparator: result.Comparator(r.Comparator)}
	if r.Num != "" {
		d, err := lab.ParseDecimal(r.Num)
		if err != nil {
			return v, fmt.Errorf("number of result %s: %w", lab.ID(r.ID), err)
		}
		v.Num = &d
	}
	return v, nil
}

// calculate files what follows from other tests. A test that an analyzer or a person gave a value keeps it. Calculated
// tests may follow from each other, so it goes on until nothing changes, at most four times. It gives the work as it is
// then.
func (f *Filer) calculate(ctx context.Context, visit lab.ID) (*work, error) {
	for range 4 {
		w, err := f.load(ctx, visit)
		if err != nil {
			return nil, err
		}
		changed, err := f.calculateOnce(ctx, w)
		if err != nil || !changed {
			return w, err
		}
	}
	return f.load(ctx, visit)
}

func (f *Filer) calculateOnce(ctx context.Context, w *work) (bool, error) {
	changed := false
	for _, t := range w.tests {
		def, state := w.defs[t.TestID], w.states[lab.ID(t.ID)]
		old := state.Result
		if !calculable(t, def, state) {
			continue
		}
		item := queries.OrderTestRow(t)
		values, err := f.context(ctx, item)
		if err != nil {
			return false, err
		}
		v, err := result.Calculate(def, w.values, values)
		if reason, not := errors.AsType[*formula.NotCalculated](err); not {
			filed, err := f.fileReason(ctx, w, item, def, old, reason)
			if err != nil {
				return false, err
			}
			changed = changed || filed
			continue
		}
		if err != nil {
			return false, fmt.Errorf("calculate %s: %w", t.Code, err)
		}
		if old.Num == v.Num.String() {
			continue
		}
		if err := f.fileCalculated(ctx, item, v, ""); err != nil {
			return false, err
		}
		changed = true
	}
	return changed, nil
}

// calculable tells whether a test follows from others and nobody has measured, verified or released it yet.
func calculable(t queries.OrderTestsRow, def catalogue.Test, s sqlite.Standing) bool {
	measured := s.Result.ID != (queries.ID{}) && s.Result.Source != string(result.Calculated)
	return def.Formula.ID != "" && def.Type == catalogue.Calculated && t.Cancelled == 0 && !measured && s.Level == 0 && !s.Released
}

// fileReason says on the record why a test is not calculated, unless an input that was ordered is still to come: then the
// row says so by being empty.
func (f *Filer) fileReason(ctx context.Context, w *work, item queries.OrderTestRow, def catalogue.Test, old queries.ResultsOfVisitRow, reason *formula.NotCalculated) (bool, error) {
	ordered := slices.ContainsFunc(w.tests, func(t queries.OrderTestsRow) bool {
		return t.Cancelled == 0 && t.Code == def.Formula.Inputs[reason.Input]
	})
	if reason.Code == "missing_input" && ordered || old.Raw == sqlite.NotCalculated+reason.Code {
		return false, nil
	}
	return true, f.fileCalculated(ctx, item, result.Value{}, reason.Code)
}

func (f *Filer) fileCalculated(ctx context.Context, item queries.OrderTestRow, v result.Value, reason string) error {
	m, err := sqlite.ReadMeasure(ctx, f.tx, lab.ID(item.TestID))
	if err != nil {
		return err
	}
	g, err := f.prepare(ctx, item, m, v, Entry{Source: result.Calculated, NotReported: reason})
	if err != nil {
		return err
	}
	return f.Put(ctx, g, 0)
}

// context is what formulas need of the patient and the visit.
func (f *Filer) context(ctx context.Context, item queries.OrderTestRow) (formula.Values, error) {
	out := formula.Values{Numbers: map[string]lab.Decimal{}}
	p, err := f.person(ctx, item.PatientID)
	if err != nil {
		return out, err
	}
	out.Sex = p.Sex
	at, err := f.collected(ctx, item)
	if err != nil {
		return out, err
	}
	if age, ok := p.AgeOn(lab.DateOf(at.In(f.zone))); ok {
		out.Numbers[formula.Age] = lab.DecimalFromInt(int64(age.Years))
	}
	v, ok := f.visits[item.VisitID]
	if !ok {
		if v, err = f.q.Visit(ctx, item.VisitID); err != nil {
			return out, fmt.Errorf("read visit %s: %w", lab.ID(item.VisitID), err)
		}
		f.visits[item.VisitID] = v
	}
	for name, text := range map[string]string{formula.Height: v.HeightCm, formula.Weight: v.WeightKg} {
		if d, err := lab.ParseDecimal(text); text != "" && err == nil {
			out.Numbers[name] = d
		}
	}
	return out, nil
}

// consistency looks at the values of the visit beside each other, and holds those that do not fit. Two deltas beyond their
// limit in one sample may be another patient's blood. Values that are verified are left as they are.
// It tells whether it changed anything.
func (f *Filer) consistency(ctx context.Context, w *work) (bool, error) {
	if len(w.tests) == 0 {
		return false, nil
	}
	p, err := f.person(ctx, w.tests[0].PatientID)
	if err != nil {
		return false, err
	}
	panel := result.Panel{Values: map[string]lab.Decimal{}, Flags: map[string]result.Flag{}, Sex: p.Sex}
	if age, ok := p.AgeOn(lab.DateOf(f.tx.Now().In(f.zone))); ok {
		panel.Years, panel.AgeSet = age.Years, true
	}
	deltas := map[queries.ID]int{}
	for _, t := range w.tests {
		r := w.states[lab.ID(t.ID)].Result
		if v, ok := w.values[t.Code]; ok && v.Exact() {
			panel.Values[t.Code] = *v.Num
			panel.Flags[t.Code] = result.Flag(r.Flag)
		}
		holds, err := w.chart.Holds(r)
		if err != nil {
			return false, err
		}
		if hasCode(holds, result.HoldDelta) {
			deltas[t.SampleID]++
		}
	}
	return f.addHolds(ctx, w, result.Check(panel), deltas)
}

// addHolds writes the holds that the rules found, and takes away those of rules that no longer fire. It tells whether there
// were any.
func (f *Filer) addHolds(ctx context.Context, w *work, findings []result.Finding, deltas map[queries.ID]int) (bool, error) {
	changed := false
	var rules map[string]bool
	for _, t := range w.tests {
		state := w.states[lab.ID(t.ID)]
		if state.Result.ID == (queries.ID{}) || state.Level > 0 || state.Released {
			continue
		}
		old, err := w.chart.Holds(state.Result)
		if err != nil {
			return false, err
		}
		next := slices.Clone(old)
		if len(old) > 0 {
			rules = ruleCodes(rules)
			next = slices.DeleteFunc(next, func(h result.Hold) bool { return rules[h.Code] })
		}
		for _, finding := range findings {
			if slices.Contains(finding.Tests, t.Code) {
				next = append(next, finding.Hold)
			}
		}
		if hasCode(next, result.HoldDelta) && result.WrongTube(deltas[t.SampleID]) {
			next = append(next, result.NewHold(result.HoldWrongTube))
		}
		if slices.EqualFunc(old, next, sameHold) {
			continue
		}
		if err := f.setHolds(ctx, w.chart, state.Result.ID, next); err != nil {
			return false, err
		}
		changed = true
	}
	return changed, nil
}

func sameHold(a, b result.Hold) bool { return a.Code == b.Code && maps.Equal(a.Params, b.Params) }

func (f *Filer) setHolds(ctx context.Context, c *sqlite.Chart, id queries.ID, holds []result.Hold) error {
	text, err := sqlite.HoldsText(holds)
	if err != nil {
		return err
	}
	fresh := f.stamp == f.tx.Entries()
	if err := f.tx.Change("result", lab.ID(id), nil, sqlite.Row{"holds": text}); err != nil {
		return err
	}
	if fresh {
		f.stamp = f.tx.Entries()
	}
	return c.SetHolds(ctx, f.tx, id, text)
}

// ruleCodes gives the codes of all holds that addHolds is the master of; made is what an earlier call gave.
func ruleCodes(made map[string]bool) map[string]bool {
	if made != nil {
		return made
	}
	made = map[string]bool{result.HoldWrongTube: true}
	for _, r := range result.Rules() {
		made[r.Code] = true
	}
	return made
}
