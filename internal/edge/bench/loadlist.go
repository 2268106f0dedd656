package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// LoadList gives the load list of one analyzer and day.
func (b *Bench) LoadList(ctx context.Context, id lab.ID, day string) (LoadList, error) {
	out := LoadList{InstrumentID: id, Day: day, Entries: []LoadEntry{}}
	if _, err := lab.ParseDate(day); err != nil {
		return out, err
	}
	err := b.view(ctx, func(tx *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.LoadEntries(ctx, queries.LoadEntriesParams{InstrumentID: queries.ID(id), Day: day})
		if err != nil {
			return fmt.Errorf("read a load list: %w", err)
		}
		r := NewReader(tx, b.zone, lab.ID{})
		for _, e := range rows {
			g, err := r.group(ctx, lab.ID(e.SampleID), Filter{State: "none"}, narrowed{})
			if err != nil {
				return err
			}
			out.Entries = append(out.Entries, LoadEntry{
				ID: lab.ID(e.ID), Position: e.Position, SampleID: g.SampleID, Accession: g.Accession, Sex: g.Sex, Age: g.Age, Panels: strings.Join(g.Panels, ", "),
			})
		}
		return nil
	})
	return out, err
}

// SetLoadList sets the load list of one analyzer and day, and looks again at ids that wait for it.
func (b *Bench) SetLoadList(ctx context.Context, actor lab.Actor, id lab.ID, day string, in LoadListInput) (LoadList, error) {
	if _, err := lab.ParseDate(day); err != nil {
		return LoadList{}, err
	}
	err := b.db.Update(ctx, actor, "loadlist.set", func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		have, err := q.LoadEntries(ctx, queries.LoadEntriesParams{InstrumentID: queries.ID(id), Day: day})
		if err != nil {
			return fmt.Errorf("read a load list: %w", err)
		}
		want := map[string]lab.ID{}
		for _, p := range in.Entries {
			s, err := loadSample(ctx, tx, p)
			if err != nil {
				return err
			}
			if _, twice := want[p.Position]; twice {
				return lab.Invalid("position_twice", "The position "+p.Position+" is on the list twice.")
			}
			want[p.Position] = s
		}
		if err := dropEntries(tx, have, want); err != nil {
			return err
		}
		for position, s := range want {
			if slices.ContainsFunc(have, func(h queries.LoadEntriesRow) bool { return h.Position == position && lab.ID(h.SampleID) == s }) {
				continue
			}
			if err := tx.Insert("load_entry", tx.NewID(), sqlite.Row{"instrument_id": id, "day": day, "position": position, "sample_id": s}); err != nil {
				return err
			}
		}
		if err := b.lookAgain(ctx, tx, id, reasonShort); err != nil {
			return err
		}
		return b.lookAgain(ctx, tx, id, reasonUnknown)
	})
	if err != nil {
		return LoadList{}, err
	}
	return b.LoadList(ctx, id, day)
}

func dropEntries(tx *sqlite.Tx, have []queries.LoadEntriesRow, want map[string]lab.ID) error {
	for _, h := range have {
		if want[h.Position] == lab.ID(h.SampleID) {
			continue
		}
		if err := tx.Tombstone("load_entry", lab.ID(h.ID), "loadlist.set"); err != nil {
			return err
		}
	}
	return nil
}

func loadSample(ctx context.Context, tx *sqlite.Tx, p LoadPlace) (lab.ID, error) {
	if !p.SampleID.IsZero() {
		return p.SampleID, nil
	}
	return sqlite.ScannedTube(ctx, tx, tx.Now(), p.Accession)
}
