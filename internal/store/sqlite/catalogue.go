package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/patient"
	"jaanch/internal/store/sqlite/queries"
)

// Catalogue is the stored catalogue, with what the domain's does not carry: which id a code has, and how long a report
// takes.
type Catalogue struct {
	catalogue.Catalogue
	TestByID  map[lab.ID]catalogue.Test
	PanelByID map[lab.ID]catalogue.Panel
	ReportIn  map[lab.ID]int    // minutes, of tests and panels
	Alias     map[lab.ID]string // other names that people search by
	Normal    map[lab.ID]string
}

// ReadCatalogue reads all of it; 128 tests take about two milliseconds.
func ReadCatalogue(ctx context.Context, tx queries.DBTX) (*Catalogue, error) {
	q := queries.New(tx)
	out := &Catalogue{
		TestByID: map[lab.ID]catalogue.Test{}, PanelByID: map[lab.ID]catalogue.Panel{},
		ReportIn: map[lab.ID]int{}, Alias: map[lab.ID]string{}, Normal: map[lab.ID]string{},
	}
	tests, err := q.Tests(ctx)
	if err != nil {
		return nil, fmt.Errorf("read tests: %w", err)
	}
	codes := map[queries.ID]string{}
	for _, row := range tests {
		t, err := testOf(queries.TestRow(row))
		if err != nil {
			return nil, err
		}
		codes[row.ID] = row.Code
		out.Tests = append(out.Tests, t)
		out.TestByID[t.ID] = t
		out.ReportIn[t.ID], out.Alias[t.ID] = int(row.ReportMin), row.Alias
	}
	if err := out.readPanels(ctx, q); err != nil {
		return nil, err
	}
	return out, out.readLimits(ctx, q, codes)
}

func (c *Catalogue) readPanels(ctx context.Context, q *queries.Queries) error {
	items, err := q.PanelItems(ctx)
	if err != nil {
		return fmt.Errorf("read panel items: %w", err)
	}
	inside := map[queries.ID][]string{}
	for _, it := range items {
		inside[it.PanelID] = append(inside[it.PanelID], it.Code)
	}
	panels, err := q.Panels(ctx)
	if err != nil {
		return fmt.Errorf("read panels: %w", err)
	}
	for _, row := range panels {
		if row.Active == 0 {
			continue
		}
		p := catalogue.Panel{ID: lab.ID(row.ID), Code: row.Code, Name: row.Name, NameHi: row.NameLocal, Tests: inside[row.ID], Price: lab.Paise(row.Price)}
		c.Panels = append(c.Panels, p)
		c.PanelByID[p.ID] = p
		c.ReportIn[p.ID], c.Alias[p.ID] = int(row.ReportMin), row.Alias
	}
	return nil
}

func (c *Catalogue) readLimits(ctx context.Context, q *queries.Queries, codes map[queries.ID]string) error {
	intervals, err := q.Intervals(ctx)
	if err != nil {
		return fmt.Errorf("read intervals: %w", err)
	}
	for _, row := range intervals {
		c.Intervals = append(c.Intervals, intervalOf(queries.IntervalsOfTestRow(row), codes[row.TestID]))
	}
	criticals, err := q.CriticalLimits(ctx)
	if err != nil {
		return fmt.Errorf("read critical limits: %w", err)
	}
	for _, row := range criticals {
		c.Criticals = append(c.Criticals, criticalOf(queries.CriticalLimitsOfTestRow(row), codes[row.TestID]))
	}
	deltas, err := q.DeltaLimits(ctx)
	if err != nil {
		return fmt.Errorf("read delta limits: %w", err)
	}
	for _, row := range deltas {
		c.Deltas = append(c.Deltas, deltaOf(queries.DeltaLimitsOfTestRow(row), codes[row.TestID]))
	}
	return nil
}

// Measure is one test with everything that judges its values.
type Measure struct {
	Test      catalogue.Test
	ReportIn  int
	Intervals []catalogue.Interval
	Criticals []catalogue.Critical
	Deltas    []catalogue.DeltaLimit
}

// What Keep holds of the catalogue goes by these.
type (
	testKey    lab.ID
	measureKey lab.ID
)

// ReadTest reads one test without its limits. What it gives is shared: it must not be changed.
func ReadTest(ctx context.Context, tx queries.DBTX, id lab.ID) (catalogue.Test, error) {
	return Keep(tx, testKey(id), func() (catalogue.Test, error) {
		row, err := queries.New(tx).Test(ctx, queries.ID(id))
		if err != nil {
			return catalogue.Test{}, fmt.Errorf("read test %s: %w", id, err)
		}
		return testOf(row)
	}, "test")
}

// ReadMeasure reads one test with its limits. What it gives is shared: it must not be changed.
func ReadMeasure(ctx context.Context, tx queries.DBTX, id lab.ID) (Measure, error) {
	return Keep(tx, measureKey(id), func() (Measure, error) { return readMeasure(ctx, tx, id) }, "test", "interval", "critical_limit", "delta_limit")
}

func readMeasure(ctx context.Context, tx queries.DBTX, id lab.ID) (Measure, error) {
	q := queries.New(tx)
	row, err := q.Test(ctx, queries.ID(id))
	if err != nil {
		return Measure{}, fmt.Errorf("read test %s: %w", id, err)
	}
	t, err := testOf(row)
	if err != nil {
		return Measure{}, err
	}
	m := Measure{Test: t, ReportIn: int(row.ReportMin)}
	intervals, err := q.IntervalsOfTest(ctx, row.ID)
	if err != nil {
		return Measure{}, fmt.Errorf("read intervals of %s: %w", id, err)
	}
	for _, i := range intervals {
		m.Intervals = append(m.Intervals, intervalOf(i, t.Code))
	}
	criticals, err := q.CriticalLimitsOfTest(ctx, row.ID)
	if err != nil {
		return Measure{}, fmt.Errorf("read critical limits of %s: %w", id, err)
	}
	for _, c := range criticals {
		m.Criticals = append(m.Criticals, criticalOf(c, t.Code))
	}
	deltas, err := q.DeltaLimitsOfTest(ctx, row.ID)
	if err != nil {
		return Measure{}, fmt.Errorf("read delta limits of %s: %w", id, err)
	}
	for _, d := range deltas {
		m.Deltas = append(m.Deltas, deltaOf(d, t.Code))
	}
	return m, nil
}

func testOf(row queries.TestRow) (catalogue.Test, error) {
	t := catalogue.Test{
		ID: lab.ID(row.ID), Code: row.Code, Name: row.Name, NameHi: row.NameLocal, LOINC: row.Loinc, Specimen: row.Specimen, Draw: row.Draw,
		Unit: row.Unit, UnitText: row.UnitText, Method: row.Method, Department: row.Department, Type: catalogue.ResultType(row.Kind),
		Decimals: int(row.Decimals), Formula: catalogue.Formula{ID: row.Formula}, Normal: row.Normal, Sensitive: row.Sensitive != 0,
		Price: lab.Paise(row.Price), Retired: row.Active == 0,
	}
	if err := json.Unmarshal([]byte(row.Inputs), &t.Formula.Inputs); err != nil {
		return t, fmt.Errorf("inputs of test %s: %w", row.Code, err)
	}
	var options []StoredOption
	if err := json.Unmarshal([]byte(row.Options), &options); err != nil {
		return t, fmt.Errorf("options of test %s: %w", row.Code, err)
	}
	for _, o := range options {
		t.Options = append(t.Options, catalogue.Option(o))
	}
	return t, nil
}

// StoredOption is one option of a coded test as the column holds it.
type StoredOption struct {
	Text     string `json:"text"`
	TextHi   string `json:"text_hi,omitempty"`
	Abnormal bool   `json:"abnormal,omitempty"`
	Critical bool   `json:"critical,omitempty"`
}

func intervalOf(row queries.IntervalsOfTestRow, code string) catalogue.Interval {
	return catalogue.Interval{
		ID: lab.ID(row.ID), Test: code, Sex: patient.Sex(row.Sex), AgeFrom: int(row.AgeFrom), AgeTo: int(row.AgeTo), Pregnancy: catalogue.Pregnancy(row.Pregnancy),
		Method: row.Method, Low: decimalOrNil(row.Low), High: decimalOrNil(row.High), Text: row.Text, Source: row.Source,
	}
}

func criticalOf(row queries.CriticalLimitsOfTestRow, code string) catalogue.Critical {
	return catalogue.Critical{
		ID: lab.ID(row.ID), Test: code, Sex: patient.Sex(row.Sex), AgeFrom: int(row.AgeFrom), AgeTo: int(row.AgeTo),
		Low: decimalOrNil(row.Low), High: decimalOrNil(row.High), Source: row.Source,
	}
}

func deltaOf(row queries.DeltaLimitsOfTestRow, code string) catalogue.DeltaLimit {
	return catalogue.DeltaLimit{
		Test: code, Absolute: decimalOrNil(row.Absolute), Percent: decimalOrNil(row.Percent), Both: row.Both != 0, Days: int(row.Days), Change: row.AnyChange != 0,
	}
}

func decimalOrNil(s string) *lab.Decimal {
	if s == "" {
		return nil
	}
	d, err := lab.ParseDecimal(s)
	if err != nil {
		return nil
	}
	return &d
}
