package setup

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/catalogue"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Pick finds tests and panels for an order, with what matters beside those that are chosen already.
func (o *Office) Pick(ctx context.Context, in PickQuery) (Picks, error) {
	out := Picks{Picks: []Pick{}, Often: []Pick{}}
	if in.Limit == 0 {
		in.Limit = 12
	}
	err := o.view(ctx, func(tx *sqlite.ReadTx, _ *queries.Queries) error {
		c, err := sqlite.ReadCatalogue(ctx, tx)
		if err != nil {
			return err
		}
		chosen := newChosen(c, in.Chosen)
		type ranked struct {
			pick Pick
			rank int
		}
		var found []ranked
		for _, p := range c.Panels {
			if rank, ok := match(in.Query, p.Code, p.Name, p.NameHi, c.Alias[p.ID]); ok {
				found = append(found, ranked{chosen.panel(p), rank})
			}
		}
		for _, t := range c.Tests {
			if rank, ok := match(in.Query, t.Code, t.Name, t.NameHi, c.Alias[t.ID]); ok && !t.Retired {
				found = append(found, ranked{chosen.test(t), rank})
			}
		}
		slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
		for _, f := range found[:min(in.Limit, len(found))] {
			out.Picks = append(out.Picks, f.pick)
		}
		return nil
	})
	return out, err
}

// match ranks a text against a catalogue entry: its code first, then a code or a name that begins so, then a word of the
// name that does.
func match(query, code, name, local, alias string) (int, bool) {
	q := strings.ToLower(strings.TrimSpace(query))
	if q == "" {
		return 3, true
	}
	code, name = strings.ToLower(code), strings.ToLower(name)
	switch {
	case code == q:
		return 0, true
	case strings.HasPrefix(code, q):
		return 1, true
	case strings.HasPrefix(name, q):
		return 2, true
	}
	for word := range strings.FieldsSeq(name + " " + strings.ToLower(alias) + " " + local) {
		if strings.HasPrefix(strings.Trim(word, "(),"), q) {
			return 3, true
		}
	}
	return 0, false
}

// chosen is what stands on an order already.
type chosen struct {
	cat    *sqlite.Catalogue
	ids    []lab.ID
	tubes  map[string]bool
	inside map[string]string // test code → panel code
}

func newChosen(c *sqlite.Catalogue, ids []lab.ID) chosen {
	out := chosen{cat: c, ids: ids, tubes: map[string]bool{}, inside: map[string]string{}}
	for _, id := range ids {
		if p, ok := c.PanelByID[id]; ok {
			for _, code := range p.Tests {
				out.inside[code] = p.Code
				if t, ok := c.Test(code); ok {
					out.tubes[sample.ContainerFor(t.Specimen).Code+t.Draw] = true
				}
			}
		}
		if t, ok := c.TestByID[id]; ok {
			out.tubes[sample.ContainerFor(t.Specimen).Code+t.Draw] = true
		}
	}
	return out
}

func (c chosen) test(t catalogue.Test) Pick {
	tube := sample.ContainerFor(t.Specimen)
	p := Pick{Kind: "test", ID: t.ID, Code: t.Code, Name: t.Name, NameLocal: t.NameHi, Price: t.Price, Container: tube.Code, Colour: tube.Colour, ReportIn: c.cat.ReportIn[t.ID]}
	switch panel, in := c.inside[t.Code]; {
	case slices.Contains(c.ids, t.ID):
		p.Remark = "chosen"
	case in:
		p.Remark, p.Inside = "inside", panel
	case c.tubes[tube.Code+t.Draw]:
		p.Remark = "same_tube"
	}
	return p
}

func (c chosen) panel(p catalogue.Panel) Pick {
	out := Pick{Kind: "panel", ID: p.ID, Code: p.Code, Name: p.Name, NameLocal: p.NameHi, Price: p.Price, Tests: p.Tests, ReportIn: c.cat.ReportIn[p.ID]}
	same := len(p.Tests) > 0
	for i, code := range p.Tests {
		t, ok := c.cat.Test(code)
		if !ok {
			continue
		}
		tube := sample.ContainerFor(t.Specimen)
		if i == 0 {
			out.Container, out.Colour = tube.Code, tube.Colour
		}
		same = same && c.tubes[tube.Code+t.Draw]
	}
	switch {
	case slices.Contains(c.ids, p.ID):
		out.Remark = "chosen"
	case same:
		out.Remark = "same_tube"
	}
	return out
}
