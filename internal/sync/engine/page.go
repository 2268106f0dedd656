package engine

import (
	"fmt"
	"maps"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/wire"
)

// PageRequest is what a page is made for. Epoch and LastSeq are what the hub has of the node, read in the same snapshot
// as the records.
type PageRequest struct {
	Device   lab.ID
	Epoch    int64
	LastSeq  int64
	Schema   int // of the node's program
	Scope    lab.ID
	HubEpoch int64
	Since    int64
	Most     int
}

// BuildPage makes a page of records in the order of their positions: the groups that moved, without the node's own
// echoes. It also gives whose personal fields stand in which row, so that the keys can be added.
func BuildPage(s *Schema, req PageRequest, records []*Record) (*wire.Page, map[int]lab.ID, error) {
	p := &wire.Page{
		Scope: req.Scope.Bytes(), HubEpoch: req.HubEpoch, Pos: records[len(records)-1].Pos, Epoch: req.Epoch, LastSeq: req.LastSeq,
		Rows: []wire.Row{}, More: len(records) == req.Most,
	}
	b := pageBuilder{schema: s, req: req, page: p, texts: map[string]int{}, subjects: map[int]lab.ID{}}
	for _, r := range records {
		if err := b.add(r); err != nil {
			return nil, nil, err
		}
	}
	return p, b.subjects, nil
}

type pageBuilder struct {
	schema   *Schema
	req      PageRequest
	page     *wire.Page
	texts    map[string]int
	subjects map[int]lab.ID // place of the row → whose personal fields it holds
}

func (b *pageBuilder) add(r *Record) error {
	if r.Entity == EntityErasure {
		b.page.Erased = append(b.page.Erased, r.ID.Bytes())
		return nil
	}
	entity, known := b.schema.Entity(r.Entity)
	if !known {
		return nil
	}
	out := wire.Row{Entity: r.Entity, ID: r.ID.Bytes(), Deleted: r.Deleted}
	personal := false
	for _, id := range slices.Sorted(maps.Keys(r.Groups)) {
		g := r.Groups[id]
		if g.Pos <= b.req.Since || g.Device == b.req.Device && g.Epoch == b.req.Epoch {
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
			b.subjects[len(b.page.Rows)] = r.Subject
		}
	}
	b.page.Rows = append(b.page.Rows, out)
	return nil
}

// group gives all fields of the group that the node's schema has, also those that are empty.
func (b *pageBuilder) group(entity journal.Entity, r *Record, id int, g Group) (wire.RowGroup, bool, error) {
	fields, phi := map[int]any{}, map[int]any{}
	for _, f := range entity.Fields {
		if f.Group != id || f.Since > b.req.Schema {
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
		return out, false, fmt.Errorf("page: record %s: %w", r.ID, err)
	}
	if len(phi) > 0 {
		if out.PHI, err = journal.AppendFields(nil, phi); err != nil {
			return out, false, fmt.Errorf("page: record %s: %w", r.ID, err)
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
