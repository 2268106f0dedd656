package setup

import (
	"context"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/patient"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
)

func testView(ctx context.Context, tx *sqlite.ReadTx, c *sqlite.Catalogue, t catalogue.Test) (Test, error) {
	out := Test{
		ID: t.ID, Code: t.Code, Name: t.Name, NameLocal: t.NameHi, LOINC: t.LOINC, Department: t.Department, Specimen: t.Specimen,
		Container: sample.ContainerFor(t.Specimen).Code, Unit: t.Unit, UnitText: t.UnitText, Method: t.Method, Kind: string(t.Type), Decimals: t.Decimals,
		Formula: t.Formula.ID, Options: []string{}, Price: t.Price, ReportIn: c.ReportIn[t.ID], Active: !t.Retired, Intervals: []TestInterval{}, Critical: []TestInterval{},
	}
	for _, o := range t.Options {
		out.Options = append(out.Options, o.Text)
	}
	for _, i := range c.IntervalsOf(t.Code) {
		out.Intervals = append(out.Intervals, TestInterval{ID: i.ID, Sex: sexOut(i.Sex), AgeFrom: i.AgeFrom, AgeTo: i.AgeTo, Low: show(i.Low), High: show(i.High), Text: i.Text, Source: i.Source})
	}
	for _, k := range c.CriticalsOf(t.Code) {
		out.Critical = append(out.Critical, TestInterval{ID: k.ID, Sex: sexOut(k.Sex), AgeFrom: k.AgeFrom, AgeTo: k.AgeTo, Low: show(k.Low), High: show(k.High), Source: k.Source})
	}
	for _, d := range c.Deltas {
		if d.Test == t.Code {
			out.Delta = &TestDelta{Absolute: show(d.Absolute), Percent: show(d.Percent), Days: d.Days}
		}
	}
	versions, err := tx.Versions(ctx, "test", t.ID)
	out.Versions = versions.String()
	return out, err
}

func show(d *lab.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}

func sexOut(s patient.Sex) string {
	if s == catalogue.AnySex {
		return "any"
	}
	return string(s)
}

func sexIn(s string) patient.Sex {
	if s == "any" {
		return catalogue.AnySex
	}
	return patient.Sex(s)
}

// ChangeTest changes what a lab may change of a test. Limits are never overwritten: the old rows end and new ones begin, so
// that a result's copy can still be traced.
func (o *Office) ChangeTest(ctx context.Context, actor lab.Actor, id lab.ID, in TestChange) (Test, error) {
	seen, err := parseVersions(in.Versions)
	if err != nil {
		return Test{}, err
	}
	err = o.db.Update(ctx, actor, "catalogue.test", func(tx *sqlite.Tx) error {
		m, err := sqlite.ReadMeasure(ctx, tx, id)
		if err != nil {
			return lab.NotFound("test_not_found", "There is no such test.")
		}
		opts := []sqlite.Option{sqlite.Expect(seen)}
		if in.Reason != "" {
			opts = append(opts, sqlite.Reason("catalogue.test"))
		}
		err = tx.Change("test", id, nil, sqlite.Row{
			"name": in.Name, "name_local": orNil(in.NameLocal), "method": orNil(in.Method), "unit_text": orNil(in.UnitText), "decimals": in.Decimals,
			"price": in.Price, "report_min": in.ReportIn, "active": in.Active,
		}, opts...)
		if err != nil {
			return err
		}
		return replaceLimits(tx, m, in)
	})
	if err != nil {
		return Test{}, err
	}
	var out Test
	err = o.db.View(ctx, func(tx *sqlite.ReadTx) error {
		c, err := sqlite.ReadCatalogue(ctx, tx)
		if err != nil {
			return err
		}
		out, err = testView(ctx, tx, c, c.TestByID[id])
		return err
	})
	return out, err
}

func replaceLimits(tx *sqlite.Tx, m sqlite.Measure, in TestChange) error {
	intervals, criticals, err := limitsOf(m.Test.Code, in)
	if err != nil {
		return err
	}
	now := tx.Now().UnixMilli()
	if !sameLimits(m, intervals, criticals) {
		for _, i := range m.Intervals {
			if err := tx.Change("interval", i.ID, nil, sqlite.Row{"ended_ms": now}); err != nil {
				return err
			}
		}
		for _, i := range intervals {
			row := intervalRow(i)
			row["test_id"], row["valid_from_ms"] = m.Test.ID, now
			if err := tx.Insert("interval", tx.NewID(), row); err != nil {
				return err
			}
		}
		for _, k := range m.Criticals {
			if err := tx.Change("critical_limit", k.ID, nil, sqlite.Row{"ended_ms": now}); err != nil {
				return err
			}
		}
		for _, k := range criticals {
			row := criticalRow(k)
			row["test_id"], row["valid_from_ms"] = m.Test.ID, now
			if err := tx.Insert("critical_limit", tx.NewID(), row); err != nil {
				return err
			}
		}
	}
	return nil
}

func limitsOf(code string, in TestChange) ([]catalogue.Interval, []catalogue.Critical, error) {
	var intervals []catalogue.Interval
	var criticals []catalogue.Critical
	var wrong error
	number := func(text string) *lab.Decimal {
		if text == "" {
			return nil
		}
		d, err := lab.ParseDecimal(text)
		if err != nil {
			wrong = err
		}
		return &d
	}
	for _, i := range in.Intervals {
		intervals = append(intervals, catalogue.Interval{Test: code, Sex: sexIn(i.Sex), AgeFrom: i.AgeFrom, AgeTo: i.AgeTo, Pregnancy: catalogue.NotPregnant, Low: number(i.Low), High: number(i.High), Text: i.Text, Source: i.Source})
	}
	for _, k := range in.Critical {
		criticals = append(criticals, catalogue.Critical{Test: code, Sex: sexIn(k.Sex), AgeFrom: k.AgeFrom, AgeTo: k.AgeTo, Low: number(k.Low), High: number(k.High), Source: k.Source})
	}
	if wrong != nil {
		return nil, nil, wrong
	}
	return intervals, criticals, catalogue.CheckIntervals(intervals)
}

func sameLimits(m sqlite.Measure, intervals []catalogue.Interval, criticals []catalogue.Critical) bool {
	if len(m.Intervals) != len(intervals) || len(m.Criticals) != len(criticals) {
		return false
	}
	for n, i := range m.Intervals {
		j := intervals[n]
		if i.Sex != j.Sex || i.AgeFrom != j.AgeFrom || i.AgeTo != j.AgeTo || show(i.Low) != show(j.Low) || show(i.High) != show(j.High) || i.Text != j.Text {
			return false
		}
	}
	for n, k := range m.Criticals {
		j := criticals[n]
		if k.Sex != j.Sex || k.AgeFrom != j.AgeFrom || k.AgeTo != j.AgeTo || show(k.Low) != show(j.Low) || show(k.High) != show(j.High) {
			return false
		}
	}
	return true
}

// ChangePanel changes name, price and use of a panel.
func (o *Office) ChangePanel(ctx context.Context, actor lab.Actor, id lab.ID, in PanelChange) (Panel, error) {
	seen, err := parseVersions(in.Versions)
	if err != nil {
		return Panel{}, err
	}
	err = o.db.Update(ctx, actor, "catalogue.panel", func(tx *sqlite.Tx) error {
		return tx.Change("panel", id, nil, sqlite.Row{"name": in.Name, "name_local": orNil(in.NameLocal), "price": in.Price, "active": in.Active}, sqlite.Expect(seen))
	})
	if err != nil {
		return Panel{}, err
	}
	c, err := o.Catalogue(ctx)
	for _, p := range c.Panels {
		if p.ID == id {
			return p, err
		}
	}
	return Panel{ID: id, Name: in.Name, Price: in.Price, Tests: []string{}}, err
}
