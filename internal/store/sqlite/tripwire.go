package sqlite

import (
	"bytes"
	"errors"
	"fmt"

	"jaanch/internal/lab"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// tripwire hears every changed row from the engine itself, so that a write of a synced table that bypassed the journal
// fails its Update. It is on in tests and debug builds. A nil tripwire is off.
type tripwire struct {
	tables *tables
	heards []rowChange
	fault  error
}

// rowChange is one change of one row of a synced table.
type rowChange struct {
	table  *table
	record lab.ID
	op     int32
	before []any // nil for an insert
	after  []any // nil for a delete
}

// heard is the engine's hook.
func (t *tripwire) heard(d driver.SQLitePreUpdateData) {
	tab, ok := t.tables.byTable[d.TableName]
	if !ok {
		return
	}
	c := rowChange{table: tab, op: d.Op}
	n := d.Count()
	if d.Op != sqlite3.SQLITE_INSERT {
		c.before = make([]any, n)
		if err := d.Old(c.before...); err != nil {
			t.fault = err
		}
	}
	if d.Op != sqlite3.SQLITE_DELETE {
		c.after = make([]any, n)
		if err := d.New(c.after...); err != nil {
			t.fault = err
		}
	}
	c.record = c.id()
	t.heards = append(t.heards, c)
}

func (c *rowChange) id() lab.ID {
	values := c.after
	if values == nil {
		values = c.before
	}
	for i, column := range c.table.order {
		if b, ok := values[i].([]byte); ok && column == "id" && len(b) == len(lab.ID{}) {
			return lab.ID(b)
		}
	}
	return lab.ID{}
}

// mark gives a place to cut back to. The hook does not hear a ROLLBACK TO, nor a failed statement's own rollback.
func (t *tripwire) mark() int {
	if t == nil {
		return 0
	}
	return len(t.heards)
}

func (t *tripwire) cut(mark int) {
	if t == nil {
		return
	}
	t.heards = t.heards[:mark]
	if mark == 0 {
		t.fault = nil
	}
}

// check holds every change since the mark against the entries of the same update.
func (t *tripwire) check(mark int, entries []written) error {
	if t == nil {
		return nil
	}
	if t.fault != nil {
		return fmt.Errorf("tripwire: %w", t.fault)
	}
	for i := range t.heards[mark:] {
		if err := t.heards[mark+i].check(entries); err != nil {
			return err
		}
	}
	return nil
}

func (c *rowChange) check(entries []written) error {
	if c.op == sqlite3.SQLITE_DELETE {
		return c.tripped("a row was deleted")
	}
	if c.op == sqlite3.SQLITE_INSERT && !c.hasEntry(entries) {
		return c.tripped("a row was inserted")
	}
	for i, column := range c.table.order {
		f, ok := c.table.columns[column]
		if !ok || i >= len(c.after) {
			continue
		}
		var before any
		if c.before != nil {
			before = c.before[i]
		}
		if !sameHeard(before, c.after[i]) && !c.stands(f.ID, c.after[i], entries) {
			return c.tripped("column " + column + " was changed")
		}
	}
	return nil
}

func (c *rowChange) hasEntry(entries []written) bool {
	for _, e := range entries {
		if e.table == c.table && e.record == c.record {
			return true
		}
	}
	return false
}

func (c *rowChange) stands(field int, value any, entries []written) bool {
	for _, e := range entries {
		if e.table != c.table || e.record != c.record {
			continue
		}
		if v, ok := e.fields[field]; ok && sameHeard(v, value) {
			return true
		}
		if v, ok := e.phi[field]; ok && sameHeard(v, value) {
			return true
		}
	}
	return false
}

func (c *rowChange) tripped(what string) error {
	return &lab.Error{
		Kind: lab.KindInternal, Code: "unjournalled_write",
		Message: "A change did not go through the journal; nothing was stored.",
		Cause:   fmt.Errorf("tripwire: table %s: %s without its entry: %w", c.table.entity.Table, what, errUnjournalled),
	}
}

var errUnjournalled = errors.New("unjournalled write")

// sameHeard compares values where an empty blob may have been heard as none.
func sameHeard(a, b any) bool {
	x, xOK := a.([]byte)
	y, yOK := b.([]byte)
	if xOK && yOK {
		return bytes.Equal(x, y)
	}
	if xOK != yOK {
		return false
	}
	return a == b
}
