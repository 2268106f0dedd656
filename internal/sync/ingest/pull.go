package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
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
	p := &wire.Page{
		Scope: c.Scope, HubEpoch: hubEpoch, Pos: rows[len(rows)-1].Pos, Epoch: dev.Epoch, LastSeq: dev.LastSeq,
		Rows: []wire.Row{}, More: len(rows) == most,
	}
	b := pageBuilder{in: in, page: p, device: dev.ID, epoch: dev.Epoch, schema: req.Schema, since: since, texts: map[string]int{}}
	for i := range rows {
		if err := b.add(&rows[i]); err != nil {
			return nil, err
		}
	}
	return p, b.addKeys(ctx, tx, dev.Org)
}

// pageBuilder turns records into rows of a page.
type pageBuilder struct {
	in       *Ingest
	page     *wire.Page
	device   lab.ID
	epoch    int64
	schema   int
	since    int64
	texts    map[string]int
	subjects map[int]lab.ID // place of the row → whose personal fields it holds
}

// add takes the groups that moved and are no echo of the node's own.
func (b *pageBuilder) add(row *postgres.Record) error {
	r, err := decodeRecord(b.in.Schema, row)
	if err != nil {
		return err
	}
	entity, known := b.in.Schema.Entity(r.Entity)
	if !known {
		return nil
	}
	out := wire.Row{Entity: r.Entity, ID: r.ID.Bytes(), Deleted: r.Deleted}
	personal := false
	for _, id := range slices.Sorted(maps.Keys(r.Groups)) {
		g := r.Groups[id]
		if g.Pos <= b.since || g.Device == b.device && g.Epoch == b.epoch {
			continue
		}
		rg, phi, err := b.group(entity, r, id, g)
		if err != nil {
			return err
		}
		personal = personal || phi
		out.Groups = append(out.Groups, rg)
	}
	if len(out.Groups) == 0 {
		return nil
	}
	if !r.Subject.IsZero() {
		out.Subject = r.Subject.Bytes()
		if personal {
			if b.subjects == nil {
				b.subjects = map[int]lab.ID{}
			}
			b.subjects[len(b.page.Rows)] = r.Subject
		}
	}
	b.page.Rows = append(b.page.Rows, out)
	return nil
}

// group gives all fields of the group that the node's schema has, also those that are empty.
func (b *pageBuilder) group(entity journal.Entity, r *engine.Record, id int, g engine.Group) (wire.RowGroup, bool, error) {
	fields, phi := map[int]any{}, map[int]any{}
	for _, f := range entity.Fields {
		if f.Group != id || f.Since > b.schema {
			continue
		}
		if f.Personal {
			phi[f.ID] = r.Doc[f.ID]
			continue
		}
		fields[f.ID] = r.Doc[f.ID]
	}
	out := wire.RowGroup{
		Group: id, RV: g.RV, Epoch: g.Epoch, Seq: g.Seq, Actor: b.text(g.Actor), WallMS: g.WallMS, ZoneMin: g.ZoneMin, HLC: uint64(g.HLC),
	}
	if !g.Device.IsZero() {
		out.Device = g.Device.Bytes()
	}
	var err error
	if out.Fields, err = journal.AppendFields(nil, fields); err != nil {
		return out, false, fmt.Errorf("pull: record %s: %w", r.ID, err)
	}
	if len(phi) > 0 {
		if out.PHI, err = journal.AppendFields(nil, phi); err != nil {
			return out, false, fmt.Errorf("pull: record %s: %w", r.ID, err)
		}
	}
	return out, len(phi) > 0, nil
}

func (b *pageBuilder) text(s string) int {
	n, ok := b.texts[s]
	if !ok {
		n = len(b.page.Texts)
		b.texts[s] = n
		b.page.Texts = append(b.page.Texts, s)
	}
	return n
}

// addKeys gives the node the keys under which it will journal the personal fields of the page.
func (b *pageBuilder) addKeys(ctx context.Context, tx pgx.Tx, org lab.ID) error {
	if len(b.subjects) == 0 {
		return nil
	}
	var subjects []lab.ID
	for _, s := range b.subjects {
		subjects = append(subjects, s)
	}
	rows, err := b.in.statement().SubjectKeys(ctx, tx, queries.SubjectKeysParams{Org: org, Subjects: subjects})
	if err != nil {
		return fmt.Errorf("pull: keys: %w", err)
	}
	keys := make(map[lab.ID][]byte, len(rows))
	for _, r := range rows {
		keys[r.Subject] = r.Key
	}
	b.page.Keys = map[int][]byte{}
	given := map[lab.ID]bool{}
	for place := range b.page.Rows {
		s, ok := b.subjects[place]
		if key := keys[s]; ok && key != nil && !given[s] {
			given[s] = true
			b.page.Keys[place] = key
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
