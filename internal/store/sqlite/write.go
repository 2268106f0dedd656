package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

func (ts *tables) named(entity string) (*table, error) {
	t, ok := ts.byName[entity]
	if !ok {
		return nil, fmt.Errorf("entity %q is not in the registry", entity)
	}
	return t, nil
}

func (t *table) loadError(id lab.ID, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return &lab.Error{
			Kind: lab.KindNotFound, Code: CodeNoRecord, Message: "There is no such record.",
			Detail: map[string]any{"entity": t.entity.Name, "id": id.String()},
		}
	}
	return fmt.Errorf("load %s %s: %w", t.entity.Name, id, err)
}

// values sorts a row into normal values by column, and apart from them those of the noun's own "_" columns.
func (t *table) values(row Row) (fields map[string]any, extras map[string]any, err error) {
	fields = make(map[string]any, len(row))
	for column, v := range row {
		if f, ok := t.columns[column]; ok {
			if fields[column], err = normal(f, v); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", t.entity.Name, err)
			}
			continue
		}
		if !t.extras[column] {
			return nil, nil, fmt.Errorf("%s has no column %q that may be written", t.entity.Name, column)
		}
		if extras == nil {
			extras = map[string]any{}
		}
		extras[column] = v
	}
	return fields, extras, nil
}

// Insert writes a new record. A column that the row does not name is NULL.
func (tx *Tx) Insert(entity string, id lab.ID, row Row, opts ...Option) error {
	t, err := tx.db.tables.named(entity)
	if err != nil {
		return err
	}
	if id.IsZero() {
		return fmt.Errorf("insert %s: no id", entity)
	}
	values, extras, err := t.values(row)
	if err != nil {
		return err
	}
	e := tx.newEntry(t, id, journal.OpInsert, gather(opts))
	args := make([]any, 0, len(t.entity.Fields)+1+len(bookkeeping))
	args = append(args, id[:])
	for _, f := range t.entity.Fields {
		v := values[f.Column]
		if args = append(args, v); v != nil {
			e.set(f, v)
		}
	}
	gv := make([]journal.GroupVersion, 0, len(t.entity.Groups))
	for _, g := range t.entity.Groups {
		gv = append(gv, journal.GroupVersion{Group: g.ID, HLC: e.HLC, Seq: e.Seq, At: e.Seq})
	}
	if err := e.settle(tx, t, values); err != nil {
		return err
	}
	args = append(args, int64(0), journal.PackGroups(gv), int64(0))
	if _, err := tx.exec(t.insert, args...); err != nil {
		return fmt.Errorf("insert %s: %w", entity, err)
	}
	if err := tx.setExtras(t, id, extras); err != nil {
		return tx.fail(err)
	}
	return tx.fail(tx.append(e, t))
}

// setExtras writes the noun's own bookkeeping columns, which are not journalled because they follow from other records.
func (tx *Tx) setExtras(t *table, id lab.ID, extras map[string]any) error {
	if len(extras) == 0 {
		return nil
	}
	columns := make([]string, 0, len(extras))
	for c := range extras {
		columns = append(columns, c)
	}
	slices.Sort(columns)
	args := make([]any, 0, len(columns)+1)
	for _, c := range columns {
		args = append(args, extras[c])
	}
	if _, err := tx.exec(t.updateText(columns), append(args, id[:])...); err != nil {
		return fmt.Errorf("write %s: %w", t.entity.Name, err)
	}
	return nil
}

// current is a row as it stands in the database.
type current struct {
	values  map[string]any
	rv      int64
	groups  []journal.GroupVersion
	deleted bool
}

func (tx *Tx) load(t *table, id lab.ID) (current, error) {
	raw := make([]any, len(t.entity.Fields)+len(bookkeeping))
	into := make([]any, len(raw))
	for i := range raw {
		into[i] = &raw[i]
	}
	if err := tx.scan(t.load, []any{id[:]}, into...); err != nil {
		return current{}, t.loadError(id, err)
	}
	c := current{values: make(map[string]any, len(t.entity.Fields))}
	for i, f := range t.entity.Fields {
		c.values[f.Column] = stored(raw[i])
	}
	n := len(t.entity.Fields)
	c.rv, _ = raw[n].(int64)
	gv, _ := raw[n+1].([]byte)
	deleted, _ := raw[n+2].(int64)
	c.deleted = deleted != 0
	var err error
	if c.groups, err = journal.UnpackGroups(gv); err != nil {
		return current{}, fmt.Errorf("load %s %s: %w", t.entity.Name, id, err)
	}
	return c, nil
}

// stored gives a value as the driver read it in normal form: an empty blob is read as no bytes at all.
func stored(v any) any {
	if b, ok := v.([]byte); ok && b == nil {
		return []byte{}
	}
	return v
}

// Change writes the columns of changed that differ from what is stored, and the entry for them. Old is what the caller's
// decision stood on: where it names a changed column, the stored value must still be that one, else the change is stale.
// Nothing that differs means no entry.
func (tx *Tx) Change(entity string, id lab.ID, old, changed Row, opts ...Option) error {
	t, err := tx.db.tables.named(entity)
	if err != nil {
		return err
	}
	was, _, err := t.values(old)
	if err != nil {
		return err
	}
	values, extras, err := t.values(changed)
	if err != nil {
		return err
	}
	o := gather(opts)
	row, err := tx.load(t, id)
	if err != nil {
		return err
	}
	differing := t.changed(row.values, values)
	if err := staleness(t, id, row, was, values, differing, o); err != nil {
		return err
	}
	if len(differing) == 0 {
		return tx.setExtras(t, id, extras)
	}
	if row.deleted {
		return lab.Conflict("record_deleted", "This record was removed; it cannot be changed any more.")
	}
	op := journal.OpUpdate
	if o.amend {
		op = journal.OpAmend
	}
	e := tx.newEntry(t, id, op, o)
	for _, f := range differing {
		e.set(f, values[f.Column])
		e.was(tx, f, row.values[f.Column])
	}
	return tx.store(t, id, e, row, differing, values, extras)
}

// store writes the changed columns with their bookkeeping, and the entry.
func (tx *Tx) store(t *table, id lab.ID, e *draft, row current, changed []journal.Field, values, extras map[string]any) error {
	groups := touch(row.groups, t.groupsOf(changed), e)
	subject := make(map[string]any, 1)
	if c := t.entity.Subject; c != "" && c != "id" {
		subject[c] = row.values[c]
		if v, ok := values[c]; ok {
			subject[c] = v
		}
	}
	if err := e.settle(tx, t, subject); err != nil {
		return err
	}
	columns := make([]string, 0, len(changed)+1+len(extras))
	args := make([]any, 0, cap(columns)+1)
	for _, f := range changed {
		columns, args = append(columns, f.Column), append(args, values[f.Column])
	}
	columns, args = append(columns, columnGroups), append(args, journal.PackGroups(groups))
	if _, err := tx.exec(t.updateText(columns), append(args, id[:])...); err != nil {
		return fmt.Errorf("change %s: %w", t.entity.Name, err)
	}
	if err := tx.setExtras(t, id, extras); err != nil {
		return tx.fail(err)
	}
	return tx.fail(tx.append(e, t))
}

// Tombstone removes a record from what people see; the row stays. Reason is a code.
func (tx *Tx) Tombstone(entity string, id lab.ID, reason string) error {
	t, err := tx.db.tables.named(entity)
	if err != nil {
		return err
	}
	row, err := tx.load(t, id)
	if err != nil || row.deleted {
		return err
	}
	e := tx.newEntry(t, id, journal.OpTombstone, changeOptions{reason: reason})
	all := make([]int, 0, len(t.entity.Groups))
	for _, g := range t.entity.Groups {
		all = append(all, g.ID)
	}
	groups := touch(row.groups, all, e)
	if _, err := tx.exec(t.updateText([]string{columnGroups, "_del"}), journal.PackGroups(groups), int64(1), id[:]); err != nil {
		return fmt.Errorf("remove %s: %w", entity, err)
	}
	return tx.fail(tx.append(e, t))
}

// changed gives the fields whose new value differs, in registry order.
func (t *table) changed(before, after map[string]any) []journal.Field {
	var out []journal.Field
	for _, f := range t.entity.Fields {
		if v, ok := after[f.Column]; ok && !equalValues(before[f.Column], v) {
			out = append(out, f)
		}
	}
	return out
}

func (t *table) groupsOf(fields []journal.Field) []int {
	var out []int
	for _, f := range fields {
		if !slices.Contains(out, f.Group) {
			out = append(out, f.Group)
		}
	}
	return out
}

// touch notes on the groups that this entry changed them, and on the entry which version of the hub each stood on.
func touch(groups []journal.GroupVersion, touched []int, e *draft) []journal.GroupVersion {
	out := slices.Clone(groups)
	for _, id := range touched {
		i := slices.IndexFunc(out, func(g journal.GroupVersion) bool { return g.Group == id })
		if i < 0 {
			i = len(out)
			out = append(out, journal.GroupVersion{Group: id})
		}
		out[i].HLC, out[i].Seq, out[i].At = e.HLC, e.Seq, e.Seq
		if base := out[i].Base; base != 0 {
			if e.Base == nil {
				e.Base = map[int]int64{}
			}
			e.Base[id] = base
		}
	}
	return out
}

// staleness compares what the caller saw with what stands there.
func staleness(t *table, id lab.ID, row current, was, values map[string]any, changed []journal.Field, o changeOptions) error {
	at := journal.Versions{}
	for _, g := range row.groups {
		at[g.Group] = g.At
	}
	stale := false
	for _, f := range changed {
		if v, ok := was[f.Column]; ok && !equalValues(v, row.values[f.Column]) {
			stale = true
		}
		if o.check && o.expected[f.Group] != at[f.Group] {
			stale = true
		}
	}
	if !stale {
		return nil
	}
	fields := map[string]any{}
	for _, f := range changed {
		fields[f.Column] = map[string]any{"stored": shown(f, row.values[f.Column]), "yours": shown(f, values[f.Column])}
	}
	return &lab.Error{
		Kind: lab.KindConflict, Code: CodeStale,
		Message: "Somebody else changed this record meanwhile. Compare both values and decide.",
		Detail: map[string]any{
			"entity": t.entity.Name, "id": id.String(), "versions": at.String(), "fields": fields,
		},
	}
}
