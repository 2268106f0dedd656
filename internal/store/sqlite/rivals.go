package sqlite

import (
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/store/sqlite/queries"
)

// Two nodes of a lab that are apart may each file a value of the same test. Neither knows of the other, so neither is newer:
// both are kept, and each node sees that they are rivals as soon as it has both rows. Which one counts is a person's choice,
// a decision on the chosen value that names those it was chosen over. It is a row like any other and finds its way to all
// nodes; a value that arrives later and stands in no decision makes a rival again.

// settle finds the value of each test that counts, the other ends of its history, and those that nobody has weighed yet.
func (p *parts) settle(c *Chart) {
	several := map[queries.ID][]queries.ResultsOfVisitRow{}
	for _, r := range c.Results {
		old, ok := p.newest[r.OrderTestID]
		if ok {
			several[r.OrderTestID] = nil
		}
		if !ok || r.Version > old.Version {
			p.newest[r.OrderTestID] = r
		}
	}
	if len(several) == 0 {
		return
	}
	for _, r := range c.Results {
		if values, ok := several[r.OrderTestID]; ok {
			several[r.OrderTestID] = append(values, r)
		}
	}
	for item, values := range several {
		p.settleTest(item, headsOf(values))
	}
}

// settleTest does so for one test, given the values that no other one follows.
func (p *parts) settleTest(item queries.ID, heads []queries.ResultsOfVisitRow) {
	if len(heads) < 2 {
		return
	}
	slices.SortFunc(heads, p.rank)
	counts := heads[0]
	over := p.accepted[counts.ID]
	p.newest[item], p.others[item] = counts, heads[1:]
	for _, r := range heads[1:] {
		weighed := slices.Contains(over, result.HoldTwoValues) && slices.Contains(over, lab.ID(r.ID).String())
		if !weighed && !sameValue(counts, r) {
			p.rivals[item] = append(p.rivals[item], r)
		}
	}
}

// headsOf gives the values that no other one follows.
func headsOf(values []queries.ResultsOfVisitRow) (heads []queries.ResultsOfVisitRow) {
	for _, r := range values {
		if !slices.ContainsFunc(values, func(o queries.ResultsOfVisitRow) bool { return o.Supersedes == r.ID }) {
			heads = append(heads, r)
		}
	}
	return heads
}

// rank puts first what was chosen last, then what went out, then what was verified, then what is newer: the same order at
// every node that has the same rows.
func (p *parts) rank(a, b queries.ResultsOfVisitRow) int {
	order := func(r queries.ResultsOfVisitRow) []int64 {
		out := int64(0)
		if p.out[r.ID] {
			out = 1
		}
		return []int64{p.chosen[r.ID], out, int64(p.level[r.ID]), r.Version, r.EnteredMs}
	}
	if by := slices.Compare(order(b), order(a)); by != 0 {
		return by
	}
	return slices.Compare(b.ID[:], a.ID[:])
}

// ChosenOver gives the codes of a decision by which a value counts, and not those others.
func ChosenOver(others []queries.ResultsOfVisitRow) []string {
	codes := []string{result.HoldTwoValues}
	for _, r := range others {
		codes = append(codes, lab.ID(r.ID).String())
	}
	return codes
}

func sameValue(a, b queries.ResultsOfVisitRow) bool {
	return a.Value == b.Value && a.Comparator == b.Comparator && a.Unit == b.Unit
}
