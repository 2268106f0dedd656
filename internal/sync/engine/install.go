package engine

import (
	"bytes"
	"maps"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/policy"
	"jaanch/internal/sync/wire"
)

// Here is what a node has of a record on which a row of a page lands.
type Here struct {
	Found  bool
	Groups map[int]journal.GroupVersion
	Locked bool   // a verification stands on the record here
	Anew   bool   // the node is being made again from the hub alone: nobody has a say here yet
	Closes []byte // content hash of the record that this row would verify, nil where it is not here
}

// Plan is what becomes of a row: which of its groups are installed, and which wait for somebody or something here.
type Plan struct {
	Install []wire.RowGroup
	Hold    []wire.RowGroup
	Retry   bool // what is held waits for another record; it is tried again after every page
}

// Closing tells which record a row verifies, if it verifies one: Here.Closes is that record's content hash.
func (s *Schema) Closing(row *wire.Row) (Key, bool) {
	es, ok := s.entities[row.Entity]
	if !ok || len(es.locks) == 0 {
		return Key{}, false
	}
	l := es.locks[0]
	fields, ok := s.rowFields(row)
	if !ok {
		return Key{}, false
	}
	id, ok := idIn(fields, l.field)
	return Key{l.entity, id}, ok
}

// HashField gives the field that holds an entity's content hash, 0 where it has none.
func (s *Schema) HashField(entity int) int {
	if es, ok := s.entities[entity]; ok {
		if f, ok := es.Column(policy.ContentHash); ok {
			return f.ID
		}
	}
	return 0
}

func (s *Schema) rowFields(row *wire.Row) (map[int]any, bool) {
	out := map[int]any{}
	for _, g := range row.Groups {
		fields, err := journal.DecodeFields(g.Fields)
		if err != nil {
			return nil, false
		}
		maps.Copy(out, fields)
	}
	return out, true
}

// PlanRow decides what of a row a node installs: never its own echo, never over a local change that the page has not
// seen, and never what must not change from outside without somebody here: a verified value, a wider role, a user who is
// let in again. A verification waits until the value that it was given for is the one that stands here.
func PlanRow(s *Schema, device lab.ID, p *wire.Page, row *wire.Row, here Here) Plan {
	var plan Plan
	es, known := s.entities[row.Entity]
	if !known {
		return plan // newer than this program: the hub sends it again after the upgrade
	}
	if unmatched(s, es, row, here) {
		return Plan{Hold: row.Groups, Retry: true}
	}
	for _, g := range row.Groups {
		switch {
		case echo(g, here.Groups[g.Group], device, p.Epoch), pending(here.Groups, g.Group, p.LastSeq):
		case s.mayInstall(es, row, g, here):
			plan.Install = append(plan.Install, g)
		default:
			plan.Hold = append(plan.Hold, g)
		}
	}
	return plan
}

// WithoutPHI gives a row of somebody who was erased here, without their personal fields: a page that was made before the
// erasure brings nobody back.
func WithoutPHI(row *wire.Row) *wire.Row {
	bare := *row
	bare.Groups = slices.Clone(row.Groups)
	for i := range bare.Groups {
		bare.Groups[i].PHI = nil
	}
	return &bare
}

// unmatched tells that the row verifies a value which is not the one that stands here.
func unmatched(s *Schema, es *entitySchema, row *wire.Row, here Here) bool {
	if here.Found || len(es.locks) == 0 || row.Deleted {
		return false
	}
	fields, ok := s.rowFields(row)
	if !ok {
		return false
	}
	want, _ := fields[s.HashField(es.ID)].([]byte)
	return len(want) > 0 && !bytes.Equal(want, here.Closes)
}

// echo tells that the value is the node's own and stands here. Where a pulled value stands over it, the hub has lost that
// one: then it is no echo but the truth.
func echo(g wire.RowGroup, here journal.GroupVersion, device lab.ID, epoch int64) bool {
	return g.Epoch == epoch && bytes.Equal(g.Device, device[:]) && here.At <= here.Seq
}

// pending tells that the group's newest local change is one that the page has not seen, acknowledged or not.
func pending(here map[int]journal.GroupVersion, group int, lastSeq int64) bool {
	if group != GroupDeleted {
		return here[group].Seq > lastSeq
	}
	for _, g := range here { // the whole row changed here after what the page has seen, as a tombstone does
		if g.Seq <= lastSeq {
			return false
		}
	}
	return len(here) > 0
}

func (s *Schema) mayInstall(es *entitySchema, row *wire.Row, g wire.RowGroup, here Here) bool {
	switch {
	case es.Name == "user_role":
		// What some node of the lab once confirmed comes back with a rebuild; no password does, so nobody can use it before an
		// administrator at the new machine says so.
		return row.Deleted || g.Group == GroupDeleted || here.Anew && len(g.Device) > 0
	case es.Name == "user" && here.Found && es.groups[g.Group].Name == "access":
		return disables(es, g)
	case slices.Contains(signed(), es.Name) && len(g.Device) == 0:
		return here.Found && g.Group != GroupDeleted // the hub signs nothing and takes nothing back: people at a lab do
	case here.Found && here.Locked && g.Group == GroupDeleted:
		return len(g.Device) > 0
	case here.Found && here.Locked:
		return !s.closes(es, g.Group)
	}
	return true
}

// signed are the entities by which somebody at a lab answers for a value.
func signed() []string {
	return []string{"verification", "report", "release", "withdrawal", "hold_decision"}
}

// closes tells whether a verification closes that group.
func (s *Schema) closes(es *entitySchema, group int) bool {
	for _, l := range policy.Locks() {
		if l.Entity == es.Name && l.Group == es.groups[group].Name {
			return true
		}
	}
	return false
}

// disables tells whether the group says that the user may no longer log in.
func disables(es *entitySchema, g wire.RowGroup) bool {
	fields, err := journal.DecodeFields(g.Fields)
	active, ok := es.Column("active")
	return err == nil && ok && fields[active.ID] == int64(0)
}
