package agent

import (
	"context"
	"database/sql"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/wire"
)

// querier is what reads, within an Update or outside of one.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// readCursor reads how far this node has pulled a scope; one that it never pulled stands at 0 of the hub's epoch.
func readCursor(ctx context.Context, tx querier, scope lab.ID, hubEpoch int64) (wire.Cursor, error) {
	c := wire.Cursor{Scope: scope.Bytes(), HubEpoch: hubEpoch}
	err := rowsOf(ctx, tx, func(into func(...any) error) error { return into(&c.HubEpoch, &c.Pos) },
		"SELECT hub_epoch, pos FROM sync_cursor WHERE scope = ?", scope.String())
	if err != nil {
		return c, fmt.Errorf("read the cursor: %w", err)
	}
	return c, nil
}

func saveCursor(ctx context.Context, tx *sqlite.Tx, scope lab.ID, p *wire.Page) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO sync_cursor (scope, hub_epoch, pos) VALUES (?, ?, ?)
ON CONFLICT (scope) DO UPDATE SET hub_epoch = excluded.hub_epoch, pos = excluded.pos`, scope.String(), p.HubEpoch, p.Pos)
	if err != nil {
		return fmt.Errorf("install: cursor: %w", err)
	}
	return nil
}

func sameCursor(a, b wire.Cursor) bool {
	return string(a.Scope) == string(b.Scope) && a.HubEpoch == b.HubEpoch && a.Pos == b.Pos
}
