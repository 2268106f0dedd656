package conflict

import (
	"context"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/policy"
)

// Settling is what happens by itself when two people change the same kind of thing apart.
type Settling struct {
	Entity   string `json:"entity"`
	Group    string `json:"group"`
	Strategy string `json:"strategy" enum:"LastWriteWins,ServerWins,ClientWins,ManualResolution,Merged"`
	Fixed    bool   `json:"fixed" doc:"Signed, issued or paid: never changed, so never settled by a rule"`
	Asked    bool   `json:"asked" doc:"The organisation wants a person to decide"`
}

// Settlings are the rules of all groups.
type Settlings struct {
	Rules []Settling `json:"rules"`
}

// Rules reads the rules as they hold for the organisation.
func (d *Desk) Rules(ctx context.Context, org lab.ID) (Settlings, error) {
	out := Settlings{Rules: []Settling{}}
	rows, err := d.statement().ManualGroups(ctx, d.DB.Pool(), org)
	if err != nil {
		return out, fmt.Errorf("read the rules: %w", err)
	}
	asked := map[engine.GroupKey]bool{}
	for _, r := range rows {
		asked[engine.GroupKey{Entity: int(r.Entity), Group: int(r.Grp)}] = true
	}
	fixed := map[string]bool{}
	for _, name := range policy.Fixed() {
		fixed[name] = true
	}
	for _, e := range d.Schema.Registry().Entities {
		for _, g := range e.Groups {
			out.Rules = append(out.Rules, Settling{
				Entity: e.Name, Group: g.Name, Strategy: g.Strategy, Fixed: fixed[e.Name], Asked: asked[engine.GroupKey{Entity: e.ID, Group: g.ID}],
			})
		}
	}
	return out, nil
}

// Ask gives a group to a person from now on, or back to its own rule. A rule can be made stricter by it, never looser:
// what a person decides anyway, and what is signed, stays so.
func (d *Desk) Ask(ctx context.Context, org lab.ID, by lab.Actor, entity, group string, asked bool) (Settlings, error) {
	e, ok := d.Schema.Registry().Entity(entity)
	if !ok {
		return Settlings{}, lab.NotFound("entity_unknown", "The hub has no such kind of record.")
	}
	for _, g := range e.Groups {
		if g.Name != group {
			continue
		}
		var err error
		if asked {
			err = d.statement().AddManualGroup(ctx, d.DB.Pool(), queries.AddManualGroupParams{Org: org, Entity: int32(e.ID), Grp: int32(g.ID), SetBy: by.String(), SetAt: d.Clock()})
		} else {
			err = d.statement().DropManualGroup(ctx, d.DB.Pool(), queries.DropManualGroupParams{Org: org, Entity: int32(e.ID), Grp: int32(g.ID)})
		}
		if err != nil {
			return Settlings{}, fmt.Errorf("set a rule: %w", err)
		}
		return d.Rules(ctx, org)
	}
	return Settlings{}, lab.NotFound("group_unknown", "There is no such part of this record.")
}
