package engine

import (
	"bytes"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// stub tells that the record is known only by what verified it: the verification came before the record itself, as it
// does after the hub lost its last minutes and another node is the first to send them again.
func (r *Record) stub() bool { return len(r.Groups) == 0 && r.Entity != EntityErasure }

// lock closes the groups that a new record verifies.
func (f *fold) lock(c change) {
	for _, l := range c.entity.locks {
		id, ok := idIn(c.Fields, l.field)
		if !ok {
			continue
		}
		k := Key{l.entity, id}
		r := f.Batch.Records[k]
		if r == nil {
			r = &Record{Key: k, Home: f.Lab, CreatedBy: f.Device, RV: f.firstRV(), Groups: map[int]Group{}, Doc: map[int]any{}}
			if hash := f.hashOf(c); len(hash) > 0 {
				r.Doc[f.Schema.HashField(l.entity)] = hash
			}
			f.Batch.Records[k] = r
		}
		if !slices.Contains(r.Locked, l.group) {
			r.Locked = append(r.Locked, l.group)
			slices.Sort(r.Locked)
			r.dirty = true
		}
	}
}

// hashOf gives the content hash that a verification was given for.
func (f *fold) hashOf(c change) []byte {
	hash, _ := c.Fields[f.Schema.HashField(c.Entity)].([]byte)
	return hash
}

// adopt makes a record of what was known only by its verification. A value that is not the verified one does not take
// the lock: the two are put before a person.
func (f *fold) adopt(c change, r *Record) {
	field := f.Schema.HashField(c.Entity)
	want, _ := c.record.Doc[field].([]byte)
	have, _ := c.Fields[field].([]byte)
	if len(want) == 0 || bytes.Equal(want, have) {
		r.Locked = c.record.Locked
		return
	}
	for _, g := range c.record.Locked {
		con := f.record(c, g, KindVerify, "ManualResolution", map[int]any{field: want})
		con.State, con.Winner = StateOpen, "open"
		f.Open = append(f.Open, con)
	}
}

// EntityErasure is the number under which the feed tells that a person's fields are erased everywhere. It is no entity of
// the registry: the record holds nothing but the subject's id.
const EntityErasure = 1 << 20

// erasureOf names the record that tells of a person's erasure.
func erasureOf(subject lab.ID) Key { return Key{EntityErasure, subject} }

// erase empties the personal fields of everything that is about the person, and puts the word into the feed of the whole
// organisation: every node that has a copy erases it as well.
func (f *fold) erase(subject lab.ID) {
	f.forget(subject)
	for _, r := range f.Batch.Records {
		if r.Subject != subject || r.Entity == EntityErasure {
			continue
		}
		es := f.Schema.entities[r.Entity]
		for id := range r.Doc {
			if fd, known := es.fields[id]; known && fd.Personal {
				delete(r.Doc, id)
				r.dirty = true
			}
		}
	}
	k := erasureOf(subject)
	if f.Batch.Records[k] == nil {
		f.Batch.Records[k] = &Record{
			Key: k, Home: f.Org, CreatedBy: f.Device, RV: f.firstRV(), Groups: map[int]Group{}, Doc: map[int]any{}, dirty: true,
		}
	}
}

// erased tells that the person's fields are gone: what a node sends that had not heard of it yet is taken without them.
func (f *fold) erased(subject lab.ID) bool {
	return !subject.IsZero() && f.Batch.Records[erasureOf(subject)] != nil
}

// blank tells that a value says nothing: what an erasure writes into a row in place of a personal field.
func blank(t journal.FieldType, v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == "" || t == journal.TypeJSON && v == "null"
	case int64:
		return v == 0
	case float64:
		return v == 0
	case []byte:
		return len(bytes.Trim(v, "\x00")) == 0
	}
	return false
}
