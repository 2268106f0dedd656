package agent

import (
	"context"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/wire"
)

// pageRows is how many records are asked for at once: few enough that installing them holds up no screen.
const pageRows = 500

// pullAll brings back what moved, page by page, and tells the hub how far it came.
func (a *Agent) pullAll(ctx context.Context, m *membership, token string) error {
	moved := false
	for {
		cursors, err := a.cursors(ctx, *m)
		if err != nil {
			return err
		}
		request := wire.PullRequest{
			Device: a.o.DB.Device().Bytes(), Schema: a.o.DB.Registry().Schema, Cursors: cursors, MaxRows: pageRows,
		}
		reply, size, err := a.pull(ctx, *m, token, request)
		if err != nil {
			return err
		}
		more := false
		for i := range reply.Pages {
			if err := a.install(ctx, &reply.Pages[i], size/len(reply.Pages)); err != nil {
				return err
			}
			moved, more = true, more || reply.Pages[i].More
		}
		if !more {
			break
		}
	}
	if !moved {
		return nil
	}
	return a.ack(ctx, *m, token)
}

// cursors reads how far this node has pulled each scope that it reads.
func (a *Agent) cursors(ctx context.Context, m membership) ([]wire.Cursor, error) {
	out := []wire.Cursor{{Scope: m.org.Bytes(), HubEpoch: m.hubEpoch}, {Scope: m.lab.Bytes(), HubEpoch: m.hubEpoch}}
	err := a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		for i, scope := range []lab.ID{m.org, m.lab} {
			rows, err := tx.QueryContext(ctx, "SELECT hub_epoch, pos FROM sync_cursor WHERE scope = ?", scope.String())
			if err != nil {
				return fmt.Errorf("read the cursor: %w", err)
			}
			for rows.Next() {
				if err := rows.Scan(&out[i].HubEpoch, &out[i].Pos); err != nil {
					return fmt.Errorf("read the cursor: %w", err)
				}
			}
			if err := rows.Close(); err != nil {
				return fmt.Errorf("read the cursor: %w", err)
			}
		}
		return nil
	})
	return out, err
}

func (a *Agent) pull(ctx context.Context, m membership, token string, request wire.PullRequest) (wire.PullReply, int, error) {
	var reply wire.PullReply
	body, err := a.codec.Marshal(request)
	if err != nil {
		return reply, 0, err
	}
	began := a.o.Clock()
	size, err := a.packed(ctx, m.hub, "/api/v1/sync/pull", token, body, &reply)
	if err != nil {
		return reply, 0, a.note(ctx, auditLine{kind: kindPull, dir: dirDown, took: a.o.Clock().Sub(began), err: err}, err)
	}
	return reply, size, nil
}

// ack tells the hub how far this node has come, so that it may forget what everybody has seen.
func (a *Agent) ack(ctx context.Context, m membership, token string) error {
	cursors, err := a.cursors(ctx, m)
	if err != nil {
		return err
	}
	body, err := a.codec.Marshal(wire.Ack{Device: a.o.DB.Device().Bytes(), Cursors: cursors})
	if err != nil {
		return err
	}
	_, _, err = a.post(ctx, m.hub, "/api/v1/sync/ack", token, wire.ContentType, body)
	return err
}
