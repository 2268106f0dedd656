package overview

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Trail gives what happened to one record, newest first, as the journal tells it.
func (o *Overview) Trail(ctx context.Context, entity string, id lab.ID) (Trail, error) {
	out := Trail{Changes: []Change{}}
	i := slices.IndexFunc(o.db.Registry().Entities, func(e journal.Entity) bool { return e.Name == entity })
	if i < 0 {
		return out, lab.NotFound("entity_unknown", "There are no records of this kind.")
	}
	kind := o.db.Registry().Entities[i]
	err := o.db.View(ctx, func(tx *sqlite.ReadTx) error {
		entries, err := tx.History(ctx, entity, id)
		if err != nil {
			return fmt.Errorf("read the history of %s %s: %w", entity, id, err)
		}
		q := queries.New(tx)
		for _, e := range slices.Backward(entries) {
			c := Change{Seq: e.Seq, At: time.UnixMilli(e.WallMS).UTC(), Op: string(e.Op), Entity: entity, Reason: e.Reason, Fields: fieldsOf(kind, e)}
			if said, ok := e.PHI[journal.FieldSaid].(string); ok {
				c.Said = said
			}
			if c.By, err = actorName(ctx, q, e.Actor); err != nil {
				return err
			}
			out.Changes = append(out.Changes, c)
		}
		return nil
	})
	return out, err
}

func fieldsOf(kind journal.Entity, e journal.Entry) []FieldChange {
	out := []FieldChange{}
	all := maps.Clone(e.Fields)
	if all == nil {
		all = map[int]any{}
	}
	maps.Copy(all, e.PHI)
	for _, number := range slices.Sorted(maps.Keys(all)) {
		f, ok := kind.Field(number)
		if !ok {
			continue
		}
		out = append(out, FieldChange{Field: f.Column, Old: shown(e.Prev[number]), New: shown(all[number])})
	}
	return out
}

func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return hex.EncodeToString(v)
	default:
		return fmt.Sprint(v)
	}
}

// actorName gives the name of the person behind an entry, else the actor as it stands there.
func actorName(ctx context.Context, q *queries.Queries, actor string) (string, error) {
	text, ok := strings.CutPrefix(actor, "user:")
	if !ok {
		return actor, nil
	}
	id, err := lab.ParseID(text)
	if err != nil {
		return actor, nil //nolint:nilerr // an actor of another form stands as it is
	}
	names, err := q.PersonName(ctx, queries.ID(id))
	if err != nil {
		return "", fmt.Errorf("read the name of user %s: %w", id, err)
	}
	if len(names) == 1 && names[0] != "" {
		return names[0], nil
	}
	return actor, nil
}
