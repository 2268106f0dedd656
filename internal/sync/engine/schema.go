package engine

import (
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/policy"
)

// Schema is the registry with what the policies say about it, looked up by number.
type Schema struct {
	registry journal.Registry
	entities map[int]*entitySchema
	byName   map[string]int
}

type entitySchema struct {
	journal.Entity

	fields map[int]journal.Field
	groups map[int]journal.Group
	locks  []lock // what a new record of this entity closes
	home   *reference
	fixed  bool // never changed after it was written
}

type lock struct {
	field  int // of the closing record
	entity int // that is closed
	group  int
}

type reference struct {
	field  int
	entity int
}

// NewSchema builds the lookup. What the policies name and the registry does not have is left out: an older registry has
// fewer entities.
func NewSchema(r journal.Registry) *Schema {
	s := &Schema{registry: r, entities: map[int]*entitySchema{}, byName: map[string]int{}}
	for _, e := range r.Entities {
		es := &entitySchema{Entity: e, fields: map[int]journal.Field{}, groups: map[int]journal.Group{}}
		for _, f := range e.Fields {
			es.fields[f.ID] = f
		}
		for _, g := range e.Groups {
			es.groups[g.ID] = g
		}
		s.entities[e.ID], s.byName[e.Name] = es, e.ID
	}
	for _, name := range policy.Fixed() {
		if es := s.named(name); es != nil {
			es.fixed = true
		}
	}
	for _, l := range policy.Locks() {
		s.addLock(l)
	}
	for _, h := range policy.Homes() {
		if es, of := s.named(h.Entity), s.byName[h.Of]; es != nil && of != 0 {
			if f, ok := es.Column(h.Column); ok {
				es.home = &reference{f.ID, of}
			}
		}
	}
	return s
}

func (s *Schema) addLock(l policy.Lock) {
	target, by := s.named(l.Entity), s.named(l.By)
	if target == nil || by == nil {
		return
	}
	f, ok := by.Column(l.Column)
	if !ok {
		return
	}
	for _, g := range target.Groups {
		if g.Name == l.Group {
			by.locks = append(by.locks, lock{f.ID, target.ID, g.ID})
		}
	}
}

// Registry gives the registry that the schema was made from.
func (s *Schema) Registry() journal.Registry { return s.registry }

// Entity gives an entity by its number.
func (s *Schema) Entity(id int) (journal.Entity, bool) { return s.entity(id) }

// EntityID gives an entity's number by its name, 0 where this registry does not have it.
func (s *Schema) EntityID(name string) int { return s.byName[name] }

// Field gives a field by the numbers of its entity and its own.
func (s *Schema) Field(entity, field int) (journal.Field, bool) {
	es, ok := s.entities[entity]
	if !ok {
		return journal.Field{}, false
	}
	f, ok := es.fields[field]
	return f, ok
}

// FieldID gives the number of a column, 0 where the entity does not have it.
func (s *Schema) FieldID(entity int, column string) int {
	if es, ok := s.entities[entity]; ok {
		if f, ok := es.Column(column); ok {
			return f.ID
		}
	}
	return 0
}

func (s *Schema) entity(id int) (journal.Entity, bool) {
	es, ok := s.entities[id]
	if !ok {
		return journal.Entity{}, false
	}
	return es.Entity, true
}

func (s *Schema) named(name string) *entitySchema { return s.entities[s.byName[name]] }

// references gives the records that an entry closes or whose home it needs.
func (s *Schema) references(e *journal.Entry) []Key {
	es, ok := s.entities[e.Entity]
	if !ok {
		return nil
	}
	var out []Key
	for _, l := range es.locks {
		if id, ok := idIn(e.Fields, l.field); ok {
			out = append(out, Key{l.entity, id})
		}
	}
	if es.home != nil {
		if id, ok := idIn(e.Fields, es.home.field); ok {
			out = append(out, Key{es.home.entity, id})
		}
	}
	return out
}

// HomeRefs gives the records that tell the homes of the loaded ones, where those are not loaded yet.
func (s *Schema) HomeRefs(records map[Key]*Record) []Key {
	var out []Key
	for _, r := range records {
		if ref, ok := s.homeOf(r); ok && records[ref] == nil {
			out = append(out, ref)
		}
	}
	slices.SortFunc(out, Key.compare)
	return slices.Compact(out)
}

func (s *Schema) homeOf(r *Record) (Key, bool) {
	es, ok := s.entities[r.Entity]
	if !ok || es.home == nil {
		return Key{}, false
	}
	id, ok := idIn(r.Doc, es.home.field)
	return Key{es.home.entity, id}, ok
}

func idIn(fields map[int]any, field int) (lab.ID, bool) {
	b, ok := fields[field].([]byte)
	if !ok {
		return lab.ID{}, false
	}
	id, err := lab.IDFromBytes(b)
	return id, err == nil && !id.IsZero()
}
