package agent

import (
	"context"
	"fmt"

	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// keepAside stores groups of a record that were not installed, as a page of that record alone, for a person or a later
// page to look at. Only the newest of a record is kept: it is what the hub holds.
func (in *installer) keepAside(ctx context.Context, tx *sqlite.Tx, p *wire.Page, place int, groups []wire.RowGroup) error {
	row := p.Rows[place]
	row.Groups = append([]wire.RowGroup(nil), groups...)
	one := wire.Page{Scope: p.Scope, HubEpoch: p.HubEpoch, Pos: p.Pos, Epoch: p.Epoch, LastSeq: p.LastSeq}
	for i := range row.Groups {
		g := &row.Groups[i]
		if g.Actor >= 0 && g.Actor < len(p.Texts) {
			one.Texts = append(one.Texts, p.Texts[g.Actor])
			g.Actor = len(one.Texts) - 1
		}
	}
	if key, ok := p.Keys[place]; ok {
		one.Keys = map[int][]byte{0: key}
	}
	one.Rows = []wire.Row{row}
	payload, err := in.codec.Marshal(one)
	if err != nil {
		return err
	}
	if err := in.unstage(ctx, tx, row); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO sync_stage (scope, pos, ent, id, payload, epoch, your_last_seq, subject) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		in.scope.String(), p.Pos, row.Entity, row.ID, payload, p.Epoch, p.LastSeq, row.Subject)
	if err != nil {
		return fmt.Errorf("keep a record aside: %w", err)
	}
	return nil
}

func (in *installer) unstage(ctx context.Context, tx *sqlite.Tx, row wire.Row) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM sync_stage WHERE ent = ? AND id = ?", row.Entity, row.ID); err != nil {
		return fmt.Errorf("keep a record aside: %w", err)
	}
	return nil
}

// stagedPage is a record that is kept aside.
type stagedPage struct{ page wire.Page }

func (in *installer) staged(ctx context.Context, tx *sqlite.Tx) ([]stagedPage, error) {
	var out []stagedPage
	err := rowsOf(ctx, tx, func(into func(...any) error) error {
		var payload []byte
		if err := into(&payload); err != nil {
			return err
		}
		var s stagedPage
		if err := in.codec.Unmarshal(payload, &s.page); err != nil || len(s.page.Rows) != 1 {
			return nil // a payload of an earlier program: a person looks at it
		}
		out = append(out, s)
		return nil
	}, "SELECT payload FROM sync_stage ORDER BY scope, pos, ent, id")
	if err != nil {
		return nil, fmt.Errorf("read what is kept aside: %w", err)
	}
	return out, nil
}

// retry looks again at verifications that wait for their value: it may have come with this page.
func (in *installer) retry(ctx context.Context, tx *sqlite.Tx) error {
	staged, err := in.staged(ctx, tx)
	if err != nil {
		return err
	}
	for i := range staged {
		p := &staged[i].page
		if _, waits := in.schema.Closing(&p.Rows[0]); !waits || p.Epoch != tx.Head().Epoch {
			continue
		}
		if err := in.unstage(ctx, tx, p.Rows[0]); err != nil {
			return err
		}
		if err := in.keys(ctx, tx, p); err != nil {
			return err
		}
		if err := in.row(ctx, tx, p, 0); err != nil {
			return err
		}
	}
	return nil
}

// schemaOf is the lookup that engine.PlanRow needs.
func schemaOf(db *sqlite.DB) *engine.Schema { return engine.NewSchema(db.Registry()) }
