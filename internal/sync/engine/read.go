package engine

import (
	"slices"
	"strings"
	"unicode/utf8"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/wire"
)

// change is an entry that was found fit to be used, its fields sorted by group.
type change struct {
	*journal.Entry

	entity   *entitySchema
	record   *Record // nil where the hub has none yet
	groups   []int   // touched, in rising order
	fields   map[int]map[int]any
	resolves lab.ID
}

// read checks an entry against the schema and the writer's rights. A code that is not empty sends it to quarantine.
func (f *fold) read(it *wire.Item) (change, string) {
	e := &it.Entry
	es, ok := f.Schema.entities[e.Entity]
	switch {
	case !ok:
		return change{}, "unknown_entity"
	case e.Record.IsZero():
		return change{}, "no_record"
	}
	c := change{Entry: e, entity: es, record: f.Batch.Records[Key{e.Entity, e.Record}], fields: map[int]map[int]any{}}
	switch {
	case (c.record == nil || c.record.stub()) && e.Op != journal.OpInsert:
		return change{}, "record_missing"
	case c.record != nil && c.record.Home != f.Lab && c.record.Home != f.Org:
		return change{}, "foreign_scope"
	}
	if code := c.sort(e.Fields, false); code != "" {
		return change{}, code
	}
	if f.erased(e.Subject) {
		it.Erased = true
	} else if code := c.sort(e.PHI, true); code != "" {
		return change{}, code
	}
	for g := range c.fields {
		c.groups = append(c.groups, g)
	}
	slices.Sort(c.groups)
	return c, ""
}

// sort puts the fields to their groups. A field that this hub does not know yet is kept under its number, in the group
// of the highest number, so that nothing of a newer node is lost.
func (c *change) sort(fields map[int]any, personal bool) string {
	for id, v := range fields {
		if id <= 0 {
			if id == journal.FieldResolves {
				c.resolves, _ = idIn(fields, id)
			}
			continue
		}
		f, ok := c.entity.fields[id]
		group := unknownGroup
		if ok {
			if f.Personal && !personal && blank(f.Type, v) {
				continue // what an erasure leaves in the row
			}
			if f.Personal != personal {
				return "personal_misplaced"
			}
			if !fits(f.Type, v) {
				return "field_type"
			}
			group = f.Group
		}
		if c.fields[group] == nil {
			c.fields[group] = map[int]any{}
		}
		c.fields[group][id] = v
	}
	return ""
}

// unknownGroup holds fields that are newer than this hub.
const unknownGroup = 1 << 20

// fits tells whether the value is one that the column can hold.
func fits(t journal.FieldType, v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case int64:
		return t == journal.TypeInt
	case string:
		return (t == journal.TypeText || t == journal.TypeJSON) && utf8.ValidString(v) && strings.IndexByte(v, 0) < 0
	case []byte:
		return t == journal.TypeBlob || t == journal.TypeID && len(v) == len(lab.ID{})
	case float64:
		return t == journal.TypeReal
	}
	return false
}
