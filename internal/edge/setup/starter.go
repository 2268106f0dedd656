package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"jaanch/internal/edge/once"
	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// starterMinutes is how long a report takes by department: a starting value that a lab changes.
func starterMinutes(department string) int {
	minutes := map[string]int{"Haematology": 120, "Biochemistry": 240, "Immunoassay": 480, "Immunology": 480, "Clinical pathology": 120, "Microbiology": 2880}
	if m, ok := minutes[department]; ok {
		return m
	}
	return 240
}

// starterID gives the id of a record of the starter catalogue by what it is: every node makes the same one, so that the
// labs of one organisation share a test instead of each bringing its own.
func starterID(parts ...string) lab.ID {
	return lab.NameID(append([]string{"jaanch", "starter"}, parts...)...)
}

// starterFrom is when the limits of the starter catalogue begin, one instant for all nodes: 1 January 2026, UTC.
const starterFrom = 1767225600000

// LoadStarter loads the starter catalogue; codes that exist are left alone.
func (o *Office) LoadStarter(ctx context.Context, actor lab.Actor, key string) (Loaded, error) {
	out := Loaded{Warnings: []string{"Every interval and limit is a typical value: confirm each by your own method before use."}}
	starter, err := catalogue.Starter()
	if err != nil {
		return out, err
	}
	_, err = once.Do(ctx, o.db, actor, key, "catalogue.starter", struct{}{}, func(tx *sqlite.Tx) (lab.ID, error) {
		out.Tests, out.Panels, out.Intervals, out.Skipped = 0, 0, 0, 0
		return lab.ID{}, loadCatalogue(ctx, tx, starter, &out)
	})
	return out, err
}

func loadCatalogue(ctx context.Context, tx *sqlite.Tx, c catalogue.Catalogue, out *Loaded) error {
	stored, err := sqlite.ReadCatalogue(ctx, tx)
	if err != nil {
		return err
	}
	ids := map[string]lab.ID{}
	fresh := map[string]bool{}
	for i, t := range c.Tests {
		if old, ok := stored.Test(t.Code); ok {
			ids[t.Code] = old.ID
			out.Skipped++
			continue
		}
		ids[t.Code], fresh[t.Code] = starterID("test", t.Code), true
		row, err := testRow(t, i)
		if err != nil {
			return err
		}
		if err := tx.Insert("test", ids[t.Code], row); err != nil {
			return err
		}
		out.Tests++
	}
	if err := loadPanels(tx, stored, c, ids, out); err != nil {
		return err
	}
	return loadLimits(tx, c, ids, fresh, out)
}

func testRow(t catalogue.Test, position int) (sqlite.Row, error) {
	inputs, err := json.Marshal(t.Formula.Inputs)
	if err != nil {
		return nil, fmt.Errorf("encode the inputs of %s: %w", t.Code, err)
	}
	options := make([]sqlite.StoredOption, 0, len(t.Options))
	for _, op := range t.Options {
		options = append(options, sqlite.StoredOption(op))
	}
	choices, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("encode the options of %s: %w", t.Code, err)
	}
	return sqlite.Row{
		"code": t.Code, "name": t.Name, "name_local": orNil(t.NameHi), "loinc": orNil(t.LOINC), "specimen": t.Specimen, "draw": t.Draw, "unit": t.Unit,
		"unit_text": orNil(t.UnitText), "method": orNil(t.Method), "department": t.Department, "kind": string(t.Type), "decimals": t.Decimals,
		"formula": orNil(t.Formula.ID), "inputs": string(inputs), "options": string(choices), "normal": orNil(t.Normal), "sensitive": t.Sensitive,
		"position": position, "price": t.Price, "report_min": starterMinutes(t.Department), "active": !t.Retired,
	}, nil
}

func loadPanels(tx *sqlite.Tx, stored *sqlite.Catalogue, c catalogue.Catalogue, ids map[string]lab.ID, out *Loaded) error {
	department := map[string]string{}
	for _, t := range c.Tests {
		department[t.Code] = t.Department
	}
	for i, p := range c.Panels {
		if _, ok := stored.Panel(p.Code); ok {
			out.Skipped++
			continue
		}
		minutes := 0
		for _, code := range p.Tests {
			minutes = max(minutes, starterMinutes(department[code]))
		}
		id := starterID("panel", p.Code)
		err := tx.Insert("panel", id, sqlite.Row{
			"code": p.Code, "name": p.Name, "name_local": orNil(p.NameHi), "position": i, "price": p.Price, "report_min": minutes, "active": 1,
		})
		if err != nil {
			return err
		}
		for n, code := range p.Tests {
			if err := tx.Insert("panel_item", starterID("panel_item", p.Code, code), sqlite.Row{"panel_id": id, "test_id": ids[code], "position": n}); err != nil {
				return err
			}
		}
		out.Panels++
	}
	return nil
}

func loadLimits(tx *sqlite.Tx, c catalogue.Catalogue, ids map[string]lab.ID, fresh map[string]bool, out *Loaded) error {
	for _, i := range c.Intervals {
		if !fresh[i.Test] {
			continue
		}
		row := intervalRow(i)
		row["test_id"], row["valid_from_ms"] = ids[i.Test], starterFrom
		if err := tx.Insert("interval", starterID("interval", i.Test, fmt.Sprint(i.Sex, i.AgeFrom, i.AgeTo, i.Pregnancy, i.Method, decimalText(i.Low), decimalText(i.High), i.Text)), row); err != nil {
			return err
		}
		out.Intervals++
	}
	for _, k := range c.Criticals {
		if !fresh[k.Test] {
			continue
		}
		row := criticalRow(k)
		row["test_id"], row["valid_from_ms"] = ids[k.Test], starterFrom
		if err := tx.Insert("critical_limit", starterID("critical_limit", k.Test, fmt.Sprint(k.Sex, k.AgeFrom, k.AgeTo, decimalText(k.Low), decimalText(k.High))), row); err != nil {
			return err
		}
	}
	for _, d := range c.Deltas {
		if !fresh[d.Test] {
			continue
		}
		err := tx.Insert("delta_limit", starterID("delta_limit", d.Test, fmt.Sprint(decimalText(d.Absolute), decimalText(d.Percent), d.Days)), sqlite.Row{
			"test_id": ids[d.Test], "absolute": decimalText(d.Absolute), "percent": decimalText(d.Percent), "both": d.Both, "days": d.Days, "any_change": d.Change,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func intervalRow(i catalogue.Interval) sqlite.Row {
	return sqlite.Row{
		"sex": string(i.Sex), "age_from": i.AgeFrom, "age_to": i.AgeTo, "pregnancy": string(i.Pregnancy), "method": orNil(i.Method),
		"low": decimalText(i.Low), "high": decimalText(i.High), "text": orNil(i.Text), "source": orNil(i.Source),
	}
}

func criticalRow(k catalogue.Critical) sqlite.Row {
	return sqlite.Row{"sex": string(k.Sex), "age_from": k.AgeFrom, "age_to": k.AgeTo, "low": decimalText(k.Low), "high": decimalText(k.High), "source": orNil(k.Source)}
}

func decimalText(d *lab.Decimal) any {
	if d == nil {
		return nil
	}
	return d.String()
}

// Catalogue gives all tests and panels.
func (o *Office) Catalogue(ctx context.Context) (Catalogue, error) {
	out := Catalogue{Tests: []Test{}, Panels: []Panel{}, Departments: []string{}}
	err := o.view(ctx, func(tx *sqlite.ReadTx, _ *queries.Queries) error {
		c, err := sqlite.ReadCatalogue(ctx, tx)
		if err != nil {
			return err
		}
		departments := map[string]bool{}
		for _, t := range c.Tests {
			departments[t.Department] = true
			shown, err := testView(ctx, tx, c, t)
			if err != nil {
				return err
			}
			out.Tests = append(out.Tests, shown)
		}
		for _, p := range c.Panels {
			versions, err := tx.Versions(ctx, "panel", p.ID)
			if err != nil {
				return err
			}
			out.Panels = append(out.Panels, Panel{ID: p.ID, Code: p.Code, Name: p.Name, NameLocal: p.NameHi, Price: p.Price, Tests: append([]string{}, p.Tests...), Active: true, Versions: versions.String()})
		}
		out.Departments = append(out.Departments, slices.Sorted(maps.Keys(departments))...)
		return nil
	})
	return out, err
}
