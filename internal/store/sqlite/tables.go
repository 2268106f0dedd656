package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"jaanch/internal/store/journal"
)

// columnGroups holds the packed group versions.
const columnGroups = "_gv"

// bookkeeping are the columns that every synced table has beside its fields.
var bookkeeping = []string{"_rv", columnGroups, "_del"}

// table is one synced table with its statements, built from the registry once, never from input.
type table struct {
	entity  journal.Entity
	columns map[string]journal.Field
	extras  map[string]bool // columns that begin with "_" and are set by the noun, such as _state
	notNull map[string]bool
	order   []string // all columns of the table in the order of the schema, for the tripwire
	insert  string   // id, fields in registry order, _rv, _gv, _del
	load    string   // fields in registry order, _rv, _gv, _del

	versions string // _gv alone
}

// tables are all synced tables.
type tables struct {
	schema  int
	byName  map[string]*table
	byID    map[int]*table
	byTable map[string]*table
}

// compileTables holds the registry against the database and prepares the statement texts. A registry and a migration
// that do not fit are found here, before anything is served.
func compileTables(ctx context.Context, db querierRows, registry journal.Registry) (*tables, error) {
	out := &tables{
		schema: registry.Schema,
		byName: map[string]*table{}, byID: map[int]*table{}, byTable: map[string]*table{},
	}
	for _, entity := range registry.Entities {
		t, err := compileTable(ctx, db, entity)
		if err != nil {
			return nil, err
		}
		out.byName[entity.Name], out.byID[entity.ID], out.byTable[entity.Table] = t, t, t
	}
	return out, nil
}

type querierRows interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func compileTable(ctx context.Context, db querierRows, entity journal.Entity) (*table, error) {
	t := &table{
		entity:  entity,
		columns: make(map[string]journal.Field, len(entity.Fields)),
		extras:  map[string]bool{}, notNull: map[string]bool{},
	}
	if err := t.readColumns(ctx, db); err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, c := range t.order {
		have[c] = true
	}
	names := make([]string, 0, len(entity.Fields)+len(bookkeeping))
	for _, f := range entity.Fields {
		t.columns[f.Column] = f
		names = append(names, f.Column)
	}
	names = append(names, bookkeeping...)
	for _, c := range append([]string{"id"}, names...) {
		if !have[c] {
			return nil, fmt.Errorf("table %s of entity %s: no column %s", entity.Table, entity.Name, c)
		}
		delete(have, c)
	}
	for c := range have {
		if !strings.HasPrefix(c, "_") {
			return nil, fmt.Errorf("table %s of entity %s: column %s is not in the registry", entity.Table, entity.Name, c)
		}
		t.extras[c] = true
	}
	list := quoteAll(names)
	t.load = "SELECT " + list + " FROM " + quote(entity.Table) + " WHERE id = ?"
	t.versions = "SELECT _gv FROM " + quote(entity.Table) + " WHERE id = ?"
	t.insert = "INSERT INTO " + quote(entity.Table) + " (id, " + list + ") VALUES (?" + strings.Repeat(", ?", len(names)) + ")"
	return t, nil
}

func (t *table) readColumns(ctx context.Context, db querierRows) (err error) {
	rows, err := db.QueryContext(ctx, "SELECT name, \"notnull\" FROM pragma_table_info(?) ORDER BY cid", t.entity.Table) //nolint:rowserrcheck // closeRows looks at it
	if err != nil {
		return fmt.Errorf("read columns of %s: %w", t.entity.Table, err)
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		var name string
		var notNull bool
		if err := rows.Scan(&name, &notNull); err != nil {
			return fmt.Errorf("read columns of %s: %w", t.entity.Table, err)
		}
		t.order = append(t.order, name)
		t.notNull[name] = notNull
	}
	if len(t.order) == 0 {
		return fmt.Errorf("table %s of entity %s does not exist", t.entity.Table, t.entity.Name)
	}
	return nil
}

// updateText gives the statement that sets these columns of one row.
func (t *table) updateText(columns []string) string {
	var b strings.Builder
	b.WriteString("UPDATE ")
	b.WriteString(quote(t.entity.Table))
	b.WriteString(" SET ")
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quote(c))
		b.WriteString(" = ?")
	}
	b.WriteString(" WHERE id = ?")
	return b.String()
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}

// closeRows ends a query and keeps the first error.
func closeRows(rows *sql.Rows, err error) error {
	if closeErr := rows.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = rows.Err()
	}
	return err
}
