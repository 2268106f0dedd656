package overview

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// accessTrail is the action under which reading a history stands in the access log: a history shows all that a record ever
// said of a person.
const accessTrail = "history.open"

// Trail gives what happened to one record and to what belongs to it, newest first, as the journal tells it: of a patient
// the consents and the records merged into it, of a visit its tests, tubes, bill and reports, of an ordered test its
// values, verifications and releases. It is recorded who read it.
func (o *Overview) Trail(ctx context.Context, actor lab.Actor, entity string, id lab.ID) (Trail, error) {
	out := Trail{Entity: entity, Changes: []Change{}}
	if _, ok := o.kind(entity); !ok {
		return out, lab.NotFound("entity_unknown", "There are no records of this kind.")
	}
	err := o.db.View(ctx, func(tx *sqlite.ReadTx) error {
		t := teller{tx: tx, q: queries.New(tx), names: map[lab.ID]string{}}
		records, err := t.related(ctx, entity, id)
		if err != nil {
			return err
		}
		if out.Of, err = t.name(ctx, id); err != nil {
			return err
		}
		for _, r := range records {
			kind, ok := o.kind(r.entity)
			if !ok {
				return fmt.Errorf("history of %s %s: no such records", r.entity, r.id)
			}
			changes, err := t.changes(ctx, kind, r.id)
			if err != nil {
				return err
			}
			out.Changes = append(out.Changes, changes...)
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	slices.SortFunc(out.Changes, func(a, b Change) int { return cmp.Compare(b.Seq, a.Seq) })
	return out, o.db.LogAccess(ctx, sqlite.Access{Actor: actor, Action: accessTrail, Entity: entity, Record: id})
}

func (o *Overview) kind(entity string) (journal.Entity, bool) {
	all := o.db.Registry().Entities
	i := slices.IndexFunc(all, func(e journal.Entity) bool { return e.Name == entity })
	if i < 0 {
		return journal.Entity{}, false
	}
	return all[i], true
}

type record struct {
	entity string
	id     lab.ID
}

// teller reads histories within one snapshot and remembers the names of what they speak of.
type teller struct {
	tx    *sqlite.ReadTx
	q     *queries.Queries
	names map[lab.ID]string
}

// related gives the record and what belongs to it.
func (t *teller) related(ctx context.Context, entity string, id lab.ID) ([]record, error) {
	var (
		key = queries.ID(id)
		all []record
		err error
	)
	switch entity {
	case "patient":
		all, err = records(t.q.RecordsOfPatient(ctx, key))
	case "visit":
		all, err = records(t.q.RecordsOfVisit(ctx, key))
	case "sample":
		all, err = records(t.q.RecordsOfSample(ctx, key))
	case "order_test":
		all, err = records(t.q.RecordsOfTest(ctx, key))
	case "report":
		all, err = records(t.q.RecordsOfReport(ctx, key))
	}
	if err != nil {
		return nil, fmt.Errorf("read what belongs to %s %s: %w", entity, id, err)
	}
	return append([]record{{entity, id}}, all...), nil
}

// records gives what a query named, whose row type sqlc makes anew for each query.
func records[R ~struct {
	Entity string
	ID     queries.ID
}](rows []R, err error) ([]record, error) {
	out := make([]record, 0, len(rows))
	for _, row := range rows {
		r := struct {
			Entity string
			ID     queries.ID
		}(row)
		out = append(out, record{r.Entity, lab.ID(r.ID)})
	}
	return out, err
}

func (t *teller) changes(ctx context.Context, kind journal.Entity, id lab.ID) ([]Change, error) {
	entries, err := t.tx.History(ctx, kind.Name, id)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s %s: %w", kind.Name, id, err)
	}
	of, err := t.called(ctx, kind, entries, id)
	if err != nil {
		return nil, err
	}
	out := make([]Change, 0, len(entries))
	for _, e := range entries {
		c := Change{
			Seq: e.Seq, At: time.UnixMilli(e.WallMS).UTC(), Op: string(e.Op), Entity: kind.Name, Record: id, Of: of, Reason: e.Reason,
			Erased: len(e.PHIDigest) > 0 && len(e.PHI) == 0,
		}
		if said, ok := e.PHI[journal.FieldSaid].(string); ok {
			c.Said = said
		}
		if c.By, err = t.actor(ctx, e.Actor); err != nil {
			return nil, err
		}
		if c.Fields, err = t.fields(ctx, kind, e); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// called gives what people call a record: its own name or number, else that of the test, tube or visit that it names.
func (t *teller) called(ctx context.Context, kind journal.Entity, entries []journal.Entry, id lab.ID) (string, error) {
	name, err := t.name(ctx, id)
	if name != "" || err != nil {
		return name, err
	}
	for _, column := range []string{"test_id", "order_test_id", "sample_id", "visit_id"} {
		i := slices.IndexFunc(kind.Fields, func(f journal.Field) bool { return f.Column == column })
		if i < 0 {
			continue
		}
		for _, e := range entries {
			if of, ok := asID(e.Fields[kind.Fields[i].ID]); ok {
				return t.name(ctx, of)
			}
		}
	}
	return "", nil
}

func (t *teller) fields(ctx context.Context, kind journal.Entity, e journal.Entry) ([]FieldChange, error) {
	out := []FieldChange{}
	all := maps.Clone(e.Fields)
	if all == nil {
		all = map[int]any{}
	}
	maps.Copy(all, e.PHI)
	for _, number := range slices.Sorted(maps.Keys(all)) {
		f, ok := kind.Field(number)
		if !ok || f.Type == journal.TypeReal {
			continue // what is kept for plots alone says the same again
		}
		change := FieldChange{Field: f.Column, Kind: kindOf(f)}
		var err error
		if change.Old, err = t.shown(ctx, change.Kind, e.Prev[number]); err != nil {
			return nil, err
		}
		if change.New, err = t.shown(ctx, change.Kind, all[number]); err != nil {
			return nil, err
		}
		if change.Old != "" || change.New != "" {
			out = append(out, change)
		}
	}
	return out, nil
}

// kindOf says how the values of a field are written, by its type and its name: times end in _ms, money has its own words.
func kindOf(f journal.Field) string {
	switch f.Type {
	case journal.TypeID:
		return "record"
	case journal.TypeBlob:
		return "hash"
	case journal.TypeJSON:
		return "document"
	case journal.TypeInt:
		switch {
		case strings.HasSuffix(f.Column, "_ms"):
			return "time"
		case slices.Contains([]string{"price", "gross", "net", "amount", "discount", "round_off"}, f.Column):
			return "money"
		case slices.Contains([]string{"cancelled", "critical", "read_back", "recollect", "vip", "unidentified", "active"}, f.Column):
			return "yes"
		}
		return "number"
	case journal.TypeText, journal.TypeReal:
		return "text"
	}
	return "text"
}

// shown writes one value. A record is called by its name or number; one without either says nothing to a reader.
func (t *teller) shown(ctx context.Context, kind string, v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case []byte:
		if kind == "hash" {
			return hex.EncodeToString(v[:min(len(v), 6)]), nil
		}
		id, ok := asID(v)
		if !ok {
			return "", nil
		}
		return t.name(ctx, id)
	case int64:
		if kind == "time" {
			if v == 0 {
				return "", nil
			}
			return time.UnixMilli(v).UTC().Format(time.RFC3339), nil
		}
	case uint64:
		if kind == "time" && v > 0 {
			return time.UnixMilli(int64(v)).UTC().Format(time.RFC3339), nil
		}
	}
	return fmt.Sprint(v), nil
}

func asID(v any) (lab.ID, bool) {
	b, ok := v.([]byte)
	if !ok {
		return lab.ID{}, false
	}
	id, err := lab.IDFromBytes(b)
	return id, err == nil && !id.IsZero()
}

func (t *teller) name(ctx context.Context, id lab.ID) (string, error) {
	if name, ok := t.names[id]; ok {
		return name, nil
	}
	names, err := t.q.NamesOfRecord(ctx, queries.ID(id))
	if err != nil {
		return "", fmt.Errorf("read the name of record %s: %w", id, err)
	}
	t.names[id] = ""
	if len(names) > 0 {
		t.names[id] = names[0]
	}
	return t.names[id], nil
}

// actor gives the name of the person behind an entry, else the actor as it stands there.
func (t *teller) actor(ctx context.Context, actor string) (string, error) {
	text, ok := strings.CutPrefix(actor, "user:")
	if !ok {
		return actor, nil
	}
	id, err := lab.ParseID(text)
	if err != nil {
		return actor, nil //nolint:nilerr // an actor of another form stands as it is
	}
	name, err := t.name(ctx, id)
	if name == "" {
		return actor, err
	}
	return name, err
}
