package reception

import (
	"context"
	"slices"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/billing"
	"jaanch/internal/lab/order"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// plan is an order worked out: what is charged, what is done, and which tubes it needs.
type plan struct {
	cat   *sqlite.Catalogue
	items []planned
	tests []order.Line
	tubes []sample.Tube
	notes []Note
	bill  billing.Bill
	due   time.Time
}

// planned is one thing that is charged.
type planned struct {
	kind  string
	id    lab.ID
	code  string
	name  string
	price lab.Paise
	in    int // minutes until the report
	tests []string
}

func makePlan(ctx context.Context, tx queries.DBTX, items []OrderItem, d Discount, p order.Priority, now time.Time) (*plan, error) {
	cat, err := sqlite.ReadCatalogue(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := &plan{cat: cat, notes: []Note{}}
	codes, err := out.choose(items)
	if err != nil {
		return nil, err
	}
	covered := order.Covered(cat.Catalogue, codes)
	out.items = slices.DeleteFunc(out.items, func(it planned) bool {
		inside := it.kind == "test" && slices.Contains(covered, it.code)
		if inside {
			out.notes = append(out.notes, Note{Code: "inside_panel", Params: map[string]string{"test": it.code}, Text: it.name + " is already done by an ordered panel and is not charged."})
		}
		return inside
	})
	if out.tests, err = order.Expand(cat.Catalogue, codes); err != nil {
		return nil, err
	}
	var needs []sample.Need
	for _, line := range out.tests {
		needs = append(needs, sample.Need{Test: line.Test.Code, Specimen: line.Test.Specimen, Draw: line.Test.Draw})
	}
	out.tubes = sample.Group(needs)
	out.due = now.Add(time.Duration(out.minutes(p)) * time.Minute)
	return out, out.charge(d)
}

// choose finds what was picked and gives the codes in order.
func (p *plan) choose(items []OrderItem) ([]string, error) {
	var codes []string
	for _, it := range items {
		next := planned{kind: it.Kind, id: it.ID}
		if panel, ok := p.cat.PanelByID[it.ID]; ok && it.Kind == "panel" {
			next.code, next.name, next.price, next.in, next.tests = panel.Code, panel.Name, panel.Price, p.cat.ReportIn[panel.ID], panel.Tests
		} else if test, ok := p.cat.TestByID[it.ID]; ok && it.Kind == "test" && !test.Retired {
			next.code, next.name, next.price, next.in, next.tests = test.Code, test.Name, test.Price, p.cat.ReportIn[test.ID], []string{test.Code}
		} else {
			return nil, lab.Invalid("test_unknown", "One of the tests is not in the catalogue any more.", lab.FieldError{Field: "items", Code: "unknown", Message: "Choose it again."})
		}
		if slices.Contains(codes, next.code) {
			continue
		}
		codes = append(codes, next.code)
		p.items = append(p.items, next)
	}
	return codes, nil
}

// minutes is the longest way to the report; urgent work gets half of it, STAT a quarter, at least half an hour.
func (p *plan) minutes(priority order.Priority) int {
	longest := 30
	for _, it := range p.items {
		longest = max(longest, it.in)
	}
	switch priority {
	case order.Routine:
		return longest
	case order.Stat:
		return max(30, longest/4)
	case order.Urgent:
		return max(30, longest/2)
	default:
		return longest
	}
}

func (p *plan) charge(d Discount) error {
	lines := make([]billing.Line, 0, len(p.items))
	var gross lab.Paise
	for _, it := range p.items {
		lines = append(lines, billing.Line{Code: it.code, Name: it.name, Price: it.price})
		gross += it.price
	}
	amount, err := d.of(gross)
	if err != nil {
		return err
	}
	p.bill, err = billing.New(lines, amount)
	return err
}

// of gives the discount of an amount in paise.
func (d Discount) of(gross lab.Paise) (lab.Paise, error) {
	if d.Percent == "" {
		return d.Amount, nil
	}
	wrong := lab.Invalid("discount_percent", "The discount is not a percentage.", lab.FieldError{Field: "bill.discount.percent", Code: "malformed", Message: "Write a number from 0 to 100."})
	if d.Amount != 0 {
		return 0, lab.Invalid("discount_twice", "Give the discount as an amount or as a percentage, not both.")
	}
	v, err := lab.ParseDecimal(d.Percent)
	if err != nil || v.Sign() < 0 || v.Cmp(lab.DecimalFromInt(100)) > 0 {
		return 0, wrong
	}
	points := v.Mul(lab.DecimalFromInt(100)).Round(0)
	return billing.Percent(gross, int(points.Float())), nil
}

// tubeOf gives the index of the tube that serves a test.
func (p *plan) tubeOf(code string) int {
	return slices.IndexFunc(p.tubes, func(t sample.Tube) bool { return slices.Contains(t.Tests, code) })
}

// panelOf gives the ordered panel that asks for a test; empty when it was ordered alone.
func (p *plan) panelOf(code string) string {
	for _, it := range p.items {
		if it.kind == "panel" && slices.Contains(it.tests, code) {
			return it.code
		}
	}
	return ""
}

// Quote gives what an order would cost and need.
func (d *Desk) Quote(ctx context.Context, in QuoteInput) (Quote, error) {
	out := Quote{Lines: []BillLine{}, Tubes: []Tube{}, Notes: []Note{}}
	err := d.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		if len(in.Items) == 0 {
			return nil
		}
		p, err := makePlan(ctx, tx, in.Items, in.Discount, order.Priority(in.Priority), tx.Now())
		if err != nil {
			return err
		}
		out.Notes, out.Due = p.notes, &p.due
		out.Lines = p.billLines()
		for _, t := range p.tubes {
			out.Tubes = append(out.Tubes, Tube{Container: t.Container.Code, Text: t.Container.Name, Colour: t.Container.Colour, Specimen: t.Specimen, Tests: shortTests(p, t)})
		}
		out.Total = BillTotal{Gross: p.bill.Gross, Discount: p.bill.Discount, RoundOff: p.bill.RoundOff, Net: p.bill.Total, Due: p.bill.Total}
		if !in.PatientID.IsZero() {
			out.Total.Earlier, err = patientDue(ctx, q, in.PatientID)
		}
		return err
	})
	return out, err
}

func (p *plan) billLines() []BillLine {
	out := make([]BillLine, 0, len(p.items))
	for i, it := range p.items {
		l := p.bill.Lines[i]
		line := BillLine{Code: it.code, Name: it.name, Kind: it.kind, ID: it.id, Price: l.Price, Discount: l.Discount, Amount: l.Net(), ReportIn: it.in}
		if len(it.tests) > 0 {
			if t := p.tubeOf(it.tests[0]); t >= 0 {
				line.Colour = p.tubes[t].Container.Colour
			}
		}
		out = append(out, line)
	}
	return out
}

// shortTests names what a tube is for as its label does: the panels whose tests all come from it, then single tests.
func shortTests(p *plan, t sample.Tube) []string {
	var out []string
	for _, code := range t.Tests {
		name := code
		if panel := p.panelOf(code); panel != "" {
			name = panel
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
