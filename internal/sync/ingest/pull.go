package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
)

// Pull gives a page for each scope in which something moved behind the node's cursor. Page, the node's epoch and its
// last sequence are read in one snapshot: the node can tell by them which of its changes the page has already seen.
func (in *Ingest) Pull(ctx context.Context, org lab.ID, req *wire.PullRequest) (wire.PullReply, error) {
	reply := wire.PullReply{Pages: []wire.Page{}}
	device, err := lab.IDFromBytes(req.Device)
	if err != nil {
		return reply, err
	}
	most := min(max(req.MaxRows, 1), wire.MaxRows)
	err = in.DB.View(ctx, func(tx pgx.Tx) error {
		dev, err := in.statement().DeviceByID(ctx, tx, queries.DeviceByIDParams{Org: org, ID: device})
		if errors.Is(err, pgx.ErrNoRows) {
			return lab.NotFound("device_unknown", "The hub does not know this node.")
		}
		if err != nil {
			return fmt.Errorf("pull: device: %w", err)
		}
		if err := Active(dev.Status); err != nil {
			return err
		}
		if reply.HubEpoch, err = in.statement().HubEpoch(ctx, tx); err != nil {
			return fmt.Errorf("pull: hub epoch: %w", err)
		}
		for _, c := range req.Cursors {
			page, err := in.page(ctx, tx, &dev, req, c, reply.HubEpoch, most)
			if err != nil {
				return err
			}
			if page != nil {
				reply.Pages = append(reply.Pages, *page)
			}
		}
		return nil
	})
	if err != nil {
		return reply, err
	}
	return reply, in.statement().DevicePulled(ctx, in.DB.Pool(), queries.DevicePulledParams{Org: org, Device: device, LastSeen: in.Clock()})
}

// page reads what moved in one scope; nil where nothing did.
func (in *Ingest) page(ctx context.Context, tx pgx.Tx, dev *queries.Device, req *wire.PullRequest, c wire.Cursor, hubEpoch int64, most int) (*wire.Page, error) {
	scope, err := lab.IDFromBytes(c.Scope)
	if err != nil {
		return nil, err
	}
	if scope != dev.Org && scope != dev.Lab {
		return nil, lab.NotFound("scope_unknown", "This node does not read that scope.")
	}
	since := c.Pos
	if c.HubEpoch != hubEpoch {
		since = 0 // positions of another life of the hub mean nothing here
	}
	rows, err := postgres.Feed(ctx, tx, dev.Org, scope, since, most)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	records := make([]*engine.Record, len(rows))
	for i := range rows {
		if records[i], err = decodeRecord(in.Schema, &rows[i]); err != nil {
			return nil, err
		}
	}
	p, subjects, err := engine.BuildPage(in.Schema, engine.PageRequest{
		Device: dev.ID, Epoch: dev.Epoch, LastSeq: dev.LastSeq, Schema: req.Schema, Scope: scope, HubEpoch: hubEpoch, Since: since, Most: most,
	}, records)
	if err != nil {
		return nil, err
	}
	return p, in.addKeys(ctx, tx, dev.Org, p, subjects)
}

// addKeys gives the node the keys under which it will journal the personal fields of the page.
func (in *Ingest) addKeys(ctx context.Context, tx pgx.Tx, org lab.ID, p *wire.Page, of map[int]lab.ID) error {
	if len(of) == 0 {
		return nil
	}
	var subjects []lab.ID
	for _, s := range of {
		subjects = append(subjects, s)
	}
	rows, err := in.statement().SubjectKeys(ctx, tx, queries.SubjectKeysParams{Org: org, Subjects: subjects})
	if err != nil {
		return fmt.Errorf("pull: keys: %w", err)
	}
	keys := make(map[lab.ID][]byte, len(rows))
	for _, r := range rows {
		keys[r.Subject] = r.Key
	}
	p.Keys = map[int][]byte{}
	given := map[lab.ID]bool{}
	for place := range p.Rows {
		s, ok := of[place]
		if key := keys[s]; ok && key != nil && !given[s] {
			given[s] = true
			p.Keys[place] = key
		}
	}
	return nil
}

// Ack notes how far a node has applied what it pulled.
func (in *Ingest) Ack(ctx context.Context, org, device lab.ID, cursors []wire.Cursor) error {
	at := map[string]int64{}
	for _, c := range cursors {
		scope, err := lab.IDFromBytes(c.Scope)
		if err != nil {
			return err
		}
		at[scope.String()] = c.Pos
	}
	b, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("ack: %w", err)
	}
	err = in.statement().DeviceAckedCursor(ctx, in.DB.Pool(), queries.DeviceAckedCursorParams{Org: org, Device: device, Cursor: b, At: in.Clock()})
	if err != nil {
		return fmt.Errorf("ack: %w", err)
	}
	return nil
}
