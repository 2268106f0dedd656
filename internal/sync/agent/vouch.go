package agent

import (
	"bytes"
	"context"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/policy"
	"jaanch/internal/sync/wire"
)

// vouchesForOther tells that a verification from elsewhere names another content than the record has here: it must never
// stand beside a value that its author did not see.
func (a *Agent) vouchesForOther(ctx context.Context, tx *sqlite.Tx, entity journal.Entity, g wire.RowGroup) (bool, error) {
	for _, l := range policy.Locks() {
		if l.By != entity.Name {
			continue
		}
		target, known := a.o.DB.Registry().Entity(l.Entity)
		saw, hashed := entity.Column("content_hash")
		of, named := entity.Column(l.Column)
		if !known || !hashed || !named {
			continue
		}
		fields, err := journal.DecodeFields(g.Fields)
		if err != nil {
			return false, err
		}
		id, _ := fields[of.ID].([]byte)
		want, _ := fields[saw.ID].([]byte)
		if len(id) != len(lab.ID{}) || len(want) == 0 {
			continue
		}
		other, err := a.hasOtherContent(ctx, tx, target.Table, id, want)
		if err != nil || other {
			return other, err
		}
	}
	return false, nil
}

func (a *Agent) hasOtherContent(ctx context.Context, tx *sqlite.Tx, table string, id, want []byte) (other bool, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT content_hash FROM "`+table+`" WHERE id = ?`, id) // the name is the registry's
	if err != nil {
		return false, fmt.Errorf("install: read what is vouched for: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to its end below
	for rows.Next() {
		var has []byte
		if err := rows.Scan(&has); err != nil {
			return false, fmt.Errorf("install: read what is vouched for: %w", err)
		}
		other = len(has) > 0 && !bytes.Equal(has, want)
	}
	return other, rows.Err()
}
