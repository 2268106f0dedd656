package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/policy"
	"jaanch/internal/sync/wire"
)

// errPage tells that a page was dropped; the event says why.
var errPage = errors.New("the page was dropped")

// install writes a page in one Update together with the cursor behind it. If one record cannot be installed (a trigger
// holds its row, a value does not fit), the page is installed record by record and that one is kept aside: it never
// keeps the others from coming.
func (a *Agent) install(ctx context.Context, p *wire.Page, since wire.Cursor) (engine.NodeEvent, error) {
	a.mu.Lock()
	line := auditLine{kind: kindPull, dir: dirDown, count: len(p.Rows), bytes: a.link.pageBytes}
	a.mu.Unlock()
	scope, err := lab.IDFromBytes(p.Scope)
	if err != nil {
		return nil, err
	}
	if err := a.lookAhead(ctx, p); err != nil {
		return nil, err
	}
	began := a.o.Clock()
	in := installer{Agent: a, page: p, scope: scope, since: since}
	err = a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
		if err := in.begin(ctx, tx); err != nil {
			return err
		}
		for i := range p.Rows {
			if err := in.row(ctx, tx, p, i); err != nil {
				return err
			}
		}
		line.took = a.o.Clock().Sub(began)
		return errors.Join(in.retry(ctx, tx), a.settled(tx), saveCursor(ctx, tx, scope, since.Behind(p)), a.audit(ctx, tx, line))
	})
	switch {
	case errors.Is(err, errPage):
		return in.event, nil
	case err == nil:
		return engine.Installed{Cursor: since.Behind(p)}, nil
	case lab.KindOf(err) == lab.KindUnavailable || lab.KindOf(err) == lab.KindUnknown:
		return nil, err
	}
	return in.singly(ctx, line)
}

// lookAhead lets the node search for those whom the page forgets, where they have not been forgotten here.
func (a *Agent) lookAhead(ctx context.Context, p *wire.Page) error {
	if a.o.LookAhead == nil {
		return nil
	}
	for _, raw := range p.Erased {
		subject, err := lab.IDFromBytes(raw)
		if err != nil {
			return err
		}
		known := 0
		err = a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
			return tx.QueryRowContext(ctx, "SELECT count(*) FROM subject_key WHERE subject = ?", raw).Scan(&known)
		})
		if err != nil {
			return err
		}
		if known == 0 {
			continue
		}
		if err := a.o.LookAhead(ctx, subject); err != nil {
			return err
		}
	}
	return nil
}

// settled lets the node derive what follows from the records of a page.
func (a *Agent) settled(tx *sqlite.Tx) error {
	if a.o.Settled == nil {
		return nil
	}
	return a.o.Settled(tx)
}

// installer installs one page.
type installer struct {
	*Agent

	page  *wire.Page
	scope lab.ID
	since wire.Cursor
	event engine.Installed // of a page that was dropped
	anew  bool             // the node is being made again
}

func (in *installer) singly(ctx context.Context, line auditLine) (engine.NodeEvent, error) {
	p := in.page
	for i := range p.Rows {
		err := in.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
			if err := in.begin(ctx, tx); err != nil {
				return err
			}
			return errors.Join(in.row(ctx, tx, p, i), in.settled(tx))
		})
		switch {
		case err == nil:
			continue
		case errors.Is(err, errPage):
			return in.event, nil
		case lab.KindOf(err) == lab.KindUnavailable || lab.KindOf(err) == lab.KindUnknown:
			return nil, err
		}
		in.o.Logger.WarnContext(ctx, "a record from the hub was kept aside", "entity", p.Rows[i].Entity, "code", lab.CodeOf(err))
		err = in.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error { return in.keepAside(ctx, tx, p, i, p.Rows[i].Groups) })
		if err != nil {
			return nil, err
		}
	}
	err := in.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
		return errors.Join(in.retry(ctx, tx), in.settled(tx), saveCursor(ctx, tx, in.scope, in.since.Behind(p)), in.audit(ctx, tx, line))
	})
	return engine.Installed{Cursor: in.since.Behind(p)}, err
}

// begin drops a page that does not fit where the node stands, and brings what its records need: erasures, the people's
// keys and the hub's clock.
func (in *installer) begin(ctx context.Context, tx *sqlite.Tx) error {
	p := in.page
	cursor, err := readCursor(ctx, tx, in.scope, in.since.HubEpoch)
	if err != nil {
		return err
	}
	in.event = engine.Installed{Cursor: cursor, Epoch: p.Epoch != tx.Head().Epoch || p.LastSeq > tx.Head().Seq, Stale: !sameCursor(cursor, in.since)}
	if in.event.Epoch || in.event.Stale {
		return errPage
	}
	for _, raw := range p.Erased {
		if err := in.forget(ctx, tx, raw); err != nil {
			return err
		}
	}
	if err := in.keys(ctx, tx, p); err != nil {
		return err
	}
	if in.anew, err = rebuilding(tx); err != nil {
		return err
	}
	var latest journal.HLC
	for i := range p.Rows {
		for _, g := range p.Rows[i].Groups {
			latest = max(latest, journal.HLC(g.HLC))
		}
	}
	return tx.Witness(latest)
}

func (in *installer) keys(ctx context.Context, tx *sqlite.Tx, p *wire.Page) error {
	for i := range p.Rows {
		key, ok := p.Keys[i]
		if !ok {
			continue
		}
		if gone, err := erased(tx, p.Rows[i].Subject); err != nil {
			return err
		} else if gone {
			continue
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO subject_key (subject, key, made_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			p.Rows[i].Subject, key, tx.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("install: subject key: %w", err)
		}
	}
	return nil
}

// forget erases a person who was erased elsewhere, with what is kept aside of them. Somebody who was never here is noted
// as well: a page that was made before the erasure may still come.
func (in *installer) forget(ctx context.Context, tx *sqlite.Tx, raw []byte) error {
	subject, err := lab.IDFromBytes(raw)
	if err != nil {
		return err
	}
	var known int
	err = rowsOf(ctx, tx, func(into func(...any) error) error { return into(&known) }, "SELECT count(*) FROM subject_key WHERE subject = ?", raw)
	if err != nil {
		return err
	}
	if gone, err := erased(tx, raw); err != nil || gone && known == 0 {
		return err
	}
	staged, err := in.staged(ctx, tx)
	if err != nil {
		return err
	}
	for _, s := range staged {
		if bytes.Equal(s.page.Rows[0].Subject, raw) {
			if err := in.unstage(ctx, tx, s.page.Rows[0]); err != nil {
				return err
			}
		}
	}
	return in.erase(tx, subject)
}

// erased tells that the person was erased here: neither their key nor their fields come back.
func erased(tx *sqlite.Tx, subject []byte) (bool, error) {
	id, err := lab.IDFromBytes(subject)
	if err != nil {
		return false, err
	}
	return tx.Erased(id)
}

// row installs of a record what engine.PlanRow lets in, and keeps the rest aside.
func (in *installer) row(ctx context.Context, tx *sqlite.Tx, p *wire.Page, place int) error {
	row := &p.Rows[place]
	entity, known := in.o.DB.Registry().EntityByID(row.Entity)
	if !known {
		return nil // newer than this program: the hub sends it again after the upgrade
	}
	id, err := lab.IDFromBytes(row.ID)
	if err != nil {
		return err
	}
	if len(row.Subject) > 0 {
		gone, err := erased(tx, row.Subject)
		if err != nil {
			return err
		}
		if gone {
			row = engine.WithoutPHI(row)
		}
	}
	here, err := in.here(ctx, tx, entity, id, row)
	if err != nil {
		return err
	}
	plan := engine.PlanRow(in.schema, in.o.DB.Device(), p, row, here)
	if len(plan.Hold) > 0 {
		if err := in.keepAside(ctx, tx, p, place, plan.Hold); err != nil {
			return err
		}
	}
	if len(plan.Install) == 0 {
		return nil
	}
	install, err := installOf(entity, id, row, plan.Install, p.Texts)
	if err != nil {
		return err
	}
	if err := tx.Apply(install); err != nil {
		return err
	}
	if in.o.Applied == nil {
		return nil
	}
	return in.o.Applied(tx, entity.Name, id)
}

// here reads what stands where the row will land.
func (in *installer) here(ctx context.Context, tx *sqlite.Tx, entity journal.Entity, id lab.ID, row *wire.Row) (engine.Here, error) {
	here := engine.Here{Anew: in.anew}
	var err error
	if here.Groups, here.Found, err = localGroups(ctx, tx, entity, id); err != nil {
		return here, err
	}
	for _, l := range policy.Locks() {
		if here.Found && l.Entity == entity.Name && !here.Locked {
			if here.Locked, err = in.isLocked(ctx, tx, l, id); err != nil {
				return here, err
			}
		}
	}
	closed, ok := in.schema.Closing(row)
	if !ok || here.Found {
		return here, nil
	}
	target, _ := in.schema.Entity(closed.Entity)
	if _, has := target.Column(policy.ContentHash); !has {
		return here, nil
	}
	err = rowsOf(ctx, tx, func(into func(...any) error) error { return into(&here.Closes) },
		`SELECT "`+policy.ContentHash+`" FROM "`+target.Table+`" WHERE id = ?`, closed.ID.Bytes()) // the names are the registry's
	return here, err
}

// localGroups reads the bookkeeping of a record's groups.
func localGroups(ctx context.Context, tx *sqlite.Tx, entity journal.Entity, id lab.ID) (map[int]journal.GroupVersion, bool, error) {
	rows, err := tx.QueryContext(ctx, `SELECT _gv FROM "`+entity.Table+`" WHERE id = ?`, id[:]) // the name is the registry's
	if err != nil {
		return nil, false, fmt.Errorf("install %s: %w", entity.Name, err)
	}
	defer rows.Close() //nolint:errcheck // read to its end below
	out := map[int]journal.GroupVersion{}
	found := false
	for rows.Next() {
		var gv []byte
		if err := rows.Scan(&gv); err != nil {
			return nil, false, fmt.Errorf("install %s: %w", entity.Name, err)
		}
		found = true
		groups, err := journal.UnpackGroups(gv)
		if err != nil {
			return nil, false, fmt.Errorf("install %s: %w", entity.Name, err)
		}
		for _, g := range groups {
			out[g.Group] = g
		}
	}
	return out, found, rows.Err()
}

func (a *Agent) isLocked(ctx context.Context, tx *sqlite.Tx, l policy.Lock, id lab.ID) (bool, error) {
	var n int
	by, ok := a.o.DB.Registry().Entity(l.By)
	if !ok {
		return false, nil
	}
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM "`+by.Table+`" WHERE "`+l.Column+`" = ? AND _del = 0`, id[:]).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("install: look for a verification: %w", err)
	}
	return n > 0, nil
}

// installOf sorts the groups by their author: each author's part becomes an entry of its own.
func installOf(entity journal.Entity, id lab.ID, row *wire.Row, groups []wire.RowGroup, texts []string) (sqlite.Install, error) {
	in := sqlite.Install{Entity: entity.Name, Record: id, Deleted: row.Deleted}
	for _, g := range groups {
		in.RV = max(in.RV, g.RV)
		if g.Actor < 0 || g.Actor >= len(texts) {
			return in, errors.New("install: author out of range")
		}
		origin, err := originOf(g)
		if err != nil {
			return in, err
		}
		i := slices.IndexFunc(in.Parts, func(p sqlite.Part) bool { return bytes.Equal(p.Origin, origin) })
		if i < 0 {
			i = len(in.Parts)
			in.Parts = append(in.Parts, sqlite.Part{
				Actor: texts[g.Actor], WallMS: g.WallMS, ZoneMin: g.ZoneMin, Origin: origin, Reason: kindPull,
				Row: sqlite.Row{}, Base: map[int]int64{}, HLC: map[int]journal.HLC{},
			})
		}
		part := &in.Parts[i]
		for _, raw := range [][]byte{g.Fields, g.PHI} {
			fields, err := journal.DecodeFields(raw)
			if err != nil {
				return in, err
			}
			for number, v := range fields {
				if f, ok := entity.Field(number); ok {
					part.Row[f.Column] = v
				}
			}
		}
		if g.Group != engine.GroupDeleted {
			part.Base[g.Group], part.HLC[g.Group] = g.RV, journal.HLC(g.HLC)
		}
	}
	return in, nil
}

// originOf is where a value came from, as the journal keeps it: device (null for the hub itself), epoch, sequence.
func originOf(g wire.RowGroup) ([]byte, error) {
	return wire.Origin(g.Device, g.Epoch, g.Seq)
}
