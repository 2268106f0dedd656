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
	"jaanch/internal/sync/policy"
	"jaanch/internal/sync/wire"
)

// errEpoch tells that a page speaks of another epoch of this node; it is dropped.
var errEpoch = errors.New("page of another epoch")

// install writes a page in one Update together with the cursor behind it. If one record cannot be installed (a trigger
// holds its row, a value does not fit), the page is installed record by record and that one is kept aside: it never
// keeps the others from coming.
func (a *Agent) install(ctx context.Context, p *wire.Page, size int) error {
	line := auditLine{kind: kindPull, dir: dirDown, count: len(p.Rows), bytes: size}
	began := a.o.Clock()
	err := a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
		if err := a.begin(ctx, tx, p); err != nil {
			return err
		}
		for i := range p.Rows {
			if err := a.installRow(ctx, tx, p, i); err != nil {
				return err
			}
		}
		if err := a.settled(tx); err != nil {
			return err
		}
		line.took = a.o.Clock().Sub(began)
		return errors.Join(saveCursor(ctx, tx, p), a.audit(ctx, tx, line))
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errEpoch):
		return blocked("sync_epoch", "The hub is at another epoch of this node. Ask for support before anything is sent.")
	case lab.KindOf(err) == lab.KindUnavailable || lab.KindOf(err) == lab.KindUnknown:
		return err
	}
	return a.installSingly(ctx, p, line)
}

func (a *Agent) installSingly(ctx context.Context, p *wire.Page, line auditLine) error {
	for i := range p.Rows {
		err := a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
			if err := a.begin(ctx, tx, p); err != nil {
				return err
			}
			return errors.Join(a.installRow(ctx, tx, p, i), a.settled(tx))
		})
		if err == nil {
			continue
		}
		if lab.KindOf(err) == lab.KindUnavailable || lab.KindOf(err) == lab.KindUnknown {
			return err
		}
		a.o.Logger.WarnContext(ctx, "a record from the hub was kept aside", "entity", p.Rows[i].Entity, "code", lab.CodeOf(err))
		err = a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error { return a.keepAside(ctx, tx, p, p.Rows[i]) })
		if err != nil {
			return err
		}
	}
	return a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
		return errors.Join(saveCursor(ctx, tx, p), a.audit(ctx, tx, line))
	})
}

func (a *Agent) settled(tx *sqlite.Tx) error {
	if a.o.Settled == nil {
		return nil
	}
	return a.o.Settled(tx)
}

// begin checks the page's epoch and brings what its records need: the subjects' keys and the hub's clock.
func (a *Agent) begin(ctx context.Context, tx *sqlite.Tx, p *wire.Page) error {
	if p.Epoch != tx.Head().Epoch {
		return errEpoch
	}
	var latest journal.HLC
	for i := range p.Rows {
		for _, g := range p.Rows[i].Groups {
			latest = max(latest, journal.HLC(g.HLC))
		}
		if key, ok := p.Keys[i]; ok {
			_, err := tx.ExecContext(ctx, "INSERT INTO subject_key (subject, key, made_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
				p.Rows[i].Subject, key, tx.Now().UnixMilli())
			if err != nil {
				return fmt.Errorf("install: subject key: %w", err)
			}
		}
	}
	return tx.Witness(latest)
}

func saveCursor(ctx context.Context, tx *sqlite.Tx, p *wire.Page) error {
	scope, err := lab.IDFromBytes(p.Scope)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO sync_cursor (scope, hub_epoch, pos) VALUES (?, ?, ?)
ON CONFLICT (scope) DO UPDATE SET hub_epoch = excluded.hub_epoch, pos = excluded.pos`, scope.String(), p.HubEpoch, p.Pos)
	if err != nil {
		return fmt.Errorf("install: cursor: %w", err)
	}
	return nil
}

// keepAside stores a record that was not installed, for a person or a later program to look at.
func (a *Agent) keepAside(ctx context.Context, tx *sqlite.Tx, p *wire.Page, row wire.Row) error {
	payload, err := a.codec.Marshal(row)
	if err != nil {
		return err
	}
	scope, err := lab.IDFromBytes(p.Scope)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO sync_stage (scope, pos, ent, id, payload, epoch, your_last_seq) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (scope, pos, ent, id) DO UPDATE SET payload = excluded.payload`,
		scope.String(), p.Pos, row.Entity, row.ID, payload, p.Epoch, p.LastSeq)
	if err != nil {
		return fmt.Errorf("keep a record aside: %w", err)
	}
	return nil
}

// installRow installs those groups of a record that have no younger change here, are not our own, and may be changed
// from outside at all.
func (a *Agent) installRow(ctx context.Context, tx *sqlite.Tx, p *wire.Page, place int) error {
	row := &p.Rows[place]
	entity, known := a.o.DB.Registry().EntityByID(row.Entity)
	if !known {
		return nil // newer than this program: the hub sends it again after the upgrade
	}
	id, err := lab.IDFromBytes(row.ID)
	if err != nil {
		return err
	}
	here, found, err := localGroups(ctx, tx, entity, id)
	if err != nil {
		return err
	}
	var groups, held []wire.RowGroup
	for _, g := range row.Groups {
		if isEcho(g, a.o.DB.Device(), p.Epoch) || isPending(here, g.Group, p.LastSeq) {
			continue
		}
		fits, err := a.mayInstall(ctx, tx, entity, id, g, row, found)
		if err != nil {
			return err
		}
		if fits {
			groups = append(groups, g)
		} else {
			held = append(held, g)
		}
	}
	if err := a.holdBack(ctx, tx, p, *row, held); err != nil || len(groups) == 0 {
		return err
	}
	in, err := installOf(entity, id, row, groups, p.Texts)
	if err != nil {
		return err
	}
	if err := tx.Apply(in); err != nil {
		return err
	}
	if a.o.Applied == nil {
		return nil
	}
	return a.o.Applied(tx, entity.Name, id)
}

// holdBack keeps those groups of a record aside that may not be installed.
func (a *Agent) holdBack(ctx context.Context, tx *sqlite.Tx, p *wire.Page, row wire.Row, held []wire.RowGroup) error {
	if len(held) == 0 {
		return nil
	}
	row.Groups = held
	return a.keepAside(ctx, tx, p, row)
}

// groupDeleted is the number under which the hub keeps a record's deletion.
const groupDeleted = 0

func isEcho(g wire.RowGroup, device lab.ID, epoch int64) bool {
	return g.Epoch == epoch && bytes.Equal(g.Device, device[:])
}

// isPending tells that the group's newest local change is one that the page has not seen, acknowledged or not.
func isPending(here map[int]journal.GroupVersion, group int, lastSeq int64) bool {
	return here[group].Seq > lastSeq || group == groupDeleted && allYounger(here, lastSeq)
}

// allYounger tells that the whole row changed here after what the page has seen, as a tombstone does.
func allYounger(here map[int]journal.GroupVersion, lastSeq int64) bool {
	for _, g := range here {
		if g.Seq <= lastSeq {
			return false
		}
	}
	return len(here) > 0
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

// mayInstall holds back what must not change from outside without somebody here: a verified value, a wider role, a user
// who is let in again. The rest comes in.
func (a *Agent) mayInstall(ctx context.Context, tx *sqlite.Tx, entity journal.Entity, id lab.ID, g wire.RowGroup, row *wire.Row, found bool) (bool, error) {
	switch {
	case entity.Name == "user_role":
		return row.Deleted || g.Group == groupDeleted, nil
	case entity.Name == "user" && found && groupName(entity, g.Group) == "access":
		return disables(entity, g)
	}
	if other, err := a.vouchesForOther(ctx, tx, entity, g); err != nil || other {
		return false, err
	}
	for _, l := range policy.Locks() {
		if !found || l.Entity != entity.Name || l.Group != groupName(entity, g.Group) {
			continue
		}
		locked, err := a.isLocked(ctx, tx, l, id)
		if err != nil || locked {
			return false, err
		}
	}
	return true, nil
}

func groupName(entity journal.Entity, id int) string {
	g, _ := entity.Group(id)
	return g.Name
}

// disables tells whether the group says that the user may no longer log in.
func disables(entity journal.Entity, g wire.RowGroup) (bool, error) {
	fields, err := journal.DecodeFields(g.Fields)
	if err != nil {
		return false, err
	}
	active, ok := entity.Column("active")
	return ok && fields[active.ID] == int64(0), nil
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
		if g.Group != groupDeleted {
			part.Base[g.Group], part.HLC[g.Group] = g.RV, journal.HLC(g.HLC)
		}
	}
	return in, nil
}

// originOf is where a value came from, as the journal keeps it: device (null for the hub itself), epoch, sequence.
func originOf(g wire.RowGroup) ([]byte, error) {
	return wire.Origin(g.Device, g.Epoch, g.Seq)
}
