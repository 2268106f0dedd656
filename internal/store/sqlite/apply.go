package sqlite

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// Install is one record as a pull brings it: the hub's values of the groups that are to be installed. Which groups those
// are (never one with a pending local change) is decided before, by sync.
type Install struct {
	Entity  string
	Record  lab.ID
	RV      int64 // the hub's version of the row
	Deleted bool  // the hub's state of the row
	Parts   []Part
}

// Part is what one author contributed to an install; each becomes one entry of op applied.
type Part struct {
	Actor   string // the origin's, as Actor.String gives it
	WallMS  int64  // the origin's wall clock
	ZoneMin int    // the origin's zone
	Origin  []byte // where the value came from, canonical CBOR
	Reason  string // the origin's reason code
	Row     Row
	Base    map[int]int64       // group → the hub's version that is installed
	HLC     map[int]journal.HLC // group → clock of the value
}

// Apply installs what a pull brought. Values that stand there already move the groups' base without an entry. What is
// written is never pushed back as a change, only as header and digest.
func (tx *Tx) Apply(in Install) error {
	t, err := tx.db.tables.named(in.Entity)
	if err != nil {
		return err
	}
	row, err := tx.load(t, in.Record)
	fresh := lab.KindOf(err) == lab.KindNotFound
	if err != nil && !fresh {
		return err
	}
	parts := make([]map[string]any, len(in.Parts))
	merged := map[string]any{}
	for i, p := range in.Parts {
		if parts[i], _, err = t.values(p.Row); err != nil {
			return err
		}
		maps.Copy(merged, parts[i])
	}
	if fresh {
		row = current{values: map[string]any{}}
	}
	if err := tx.forget(t, in.Record, row.values, parts, merged); err != nil {
		return err
	}
	if fresh {
		if err := tx.insertBare(t, in, merged); err != nil {
			return err
		}
	}
	return tx.fail(tx.applyParts(t, in, row, parts, merged, fresh))
}

// forget takes what is personal out of an install about somebody who was erased here: the page may have been on its way
// while the erasure was not yet known where it came from.
func (tx *Tx) forget(t *table, record lab.ID, before map[string]any, parts []map[string]any, merged map[string]any) error {
	if !t.entity.Personal() {
		return nil
	}
	subject := record
	if c := t.entity.Subject; c != "id" {
		if b, ok := subjectValue(t, before, merged)[c].([]byte); ok && len(b) == len(subject) {
			subject = lab.ID(b)
		}
	}
	if erased, err := tx.Erased(subject); err != nil || !erased {
		return err
	}
	for _, f := range t.entity.Fields {
		for _, values := range slices.Concat(parts, []map[string]any{merged}) {
			if _, ok := values[f.Column]; ok && f.Personal {
				values[f.Column] = t.blankOf(f)
			}
		}
	}
	return nil
}

// insertBare writes the row itself; its entries follow part by part.
func (tx *Tx) insertBare(t *table, in Install, merged map[string]any) error {
	args := make([]any, 0, len(t.entity.Fields)+1+len(bookkeeping))
	args = append(args, in.Record[:])
	for _, f := range t.entity.Fields {
		args = append(args, merged[f.Column])
	}
	if _, err := tx.exec(t.insert, append(args, in.RV, []byte(nil), int64(0))...); err != nil {
		return fmt.Errorf("apply %s: %w", in.Entity, err)
	}
	return nil
}

func (tx *Tx) applyParts(t *table, in Install, row current, parts []map[string]any, merged map[string]any, fresh bool) error {
	subject := subjectValue(t, row.values, merged)
	groups := row.groups
	var all []journal.Field
	entered := false // a new row has at least one entry, also when all its values are empty
	for i, p := range in.Parts {
		changed := t.changed(row.values, parts[i])
		last := i == len(in.Parts)-1
		var at int64
		if len(changed) > 0 || last && (in.Deleted != row.deleted || fresh && !entered) {
			e := tx.applied(t, in, p)
			for _, f := range changed {
				e.set(f, parts[i][f.Column])
				if !fresh {
					e.was(tx, f, row.values[f.Column])
				}
			}
			if last && in.Deleted != row.deleted {
				e.Fields[journal.FieldDeleted] = flag(in.Deleted)
			}
			if err := e.settle(tx, t, subject); err != nil {
				return err
			}
			if err := tx.append(e, t); err != nil {
				return err
			}
			at, entered = e.Seq, true
			all = append(all, changed...)
		}
		groups = installed(groups, p, t.groupsOf(changed), at)
	}
	return tx.writeInstall(t, in, all, merged, groups, fresh)
}

func (tx *Tx) writeInstall(t *table, in Install, changed []journal.Field, merged map[string]any, groups []journal.GroupVersion, fresh bool) error {
	var columns []string
	var args []any
	if !fresh {
		for _, f := range changed {
			columns, args = append(columns, f.Column), append(args, merged[f.Column])
		}
	}
	columns = append(columns, bookkeeping...)
	args = append(args, in.RV, journal.PackGroups(groups), flag(in.Deleted), in.Record[:])
	if _, err := tx.exec(t.updateText(columns), args...); err != nil {
		return fmt.Errorf("apply %s: %w", in.Entity, err)
	}
	return nil
}

// applied begins an entry with the origin's author and time and this node's own clock and session.
func (tx *Tx) applied(t *table, in Install, p Part) *draft {
	e := tx.newEntry(t, in.Record, journal.OpApplied, changeOptions{reason: p.Reason})
	e.Actor, e.WallMS, e.ZoneMin, e.OriginPos = p.Actor, p.WallMS, p.ZoneMin, p.Origin
	return e
}

// installed notes the hub's versions on the groups. At moves only where a value changed.
func installed(groups []journal.GroupVersion, p Part, changed []int, at int64) []journal.GroupVersion {
	out := append([]journal.GroupVersion(nil), groups...)
	index := func(id int) int {
		for i := range out {
			if out[i].Group == id {
				return i
			}
		}
		out = append(out, journal.GroupVersion{Group: id})
		return len(out) - 1
	}
	for id, base := range p.Base {
		i := index(id)
		out[i].Base, out[i].HLC = base, p.HLC[id]
	}
	for _, id := range changed {
		out[index(id)].At = at
	}
	return out
}

func subjectValue(t *table, before, after map[string]any) map[string]any {
	c := t.entity.Subject
	if v, ok := after[c]; ok {
		return map[string]any{c: v}
	}
	return map[string]any{c: before[c]}
}

func flag(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

// Witness raises the clock above a reading from elsewhere, so that what is written from now on is later.
func (tx *Tx) Witness(remote journal.HLC) error {
	raised := tx.w.head.HLC.Receive(remote)
	if raised == tx.w.head.HLC {
		return nil
	}
	if err := tx.SetState(StateHLC, int64(raised)); err != nil {
		return tx.fail(err)
	}
	tx.w.head.HLC = raised
	return nil
}

// Epoch is what begins after a restore, a fork or a rebuild.
type Epoch struct {
	Number   int64  // greater than the running one
	Common   int64  // the last sequence that node and hub have in common
	HubHash  []byte // the hub's last hash
	HubClock journal.HLC
	Why      string // "restore", "fork" or "rebuild"
}

// BeginEpoch writes the first entry of a new epoch. Nothing written changes and the sequence runs on.
func (tx *Tx) BeginEpoch(epoch Epoch) error {
	if epoch.Number <= tx.w.head.Epoch {
		return errors.New("begin epoch: the number must be greater than the running one")
	}
	if err := tx.Witness(epoch.HubClock); err != nil {
		return err
	}
	e := tx.newEntry(nil, lab.ID{}, journal.OpEpoch, changeOptions{})
	e.Fields[journal.EpochCommon] = epoch.Common
	e.Fields[journal.EpochHubHash] = epoch.HubHash
	e.Fields[journal.EpochLastSeq] = tx.w.head.Seq
	e.Fields[journal.EpochPrevious] = tx.w.head.Epoch
	e.Fields[journal.EpochWhy] = epoch.Why
	e.Epoch = epoch.Number
	if err := tx.append(e, nil); err != nil {
		return tx.fail(err)
	}
	return tx.fail(tx.SetState(StateEpoch, epoch.Number))
}

// Reissue writes again, in the running epoch, a change of an old epoch that the hub never took: with the old base, author
// and wall time, and with the old position as origin. The row is not touched, for it holds the value already.
func (tx *Tx) Reissue(old journal.Entry, origin []byte) error {
	if len(old.PHIDigest) > 0 && len(old.PHI) == 0 {
		return nil
	}
	t, ok := tx.db.tables.byID[old.Entity]
	if !ok {
		return fmt.Errorf("reissue entry %d: entity %d is not in the registry", old.Seq, old.Entity)
	}
	e := tx.newEntry(t, old.Record, old.Op, changeOptions{reason: old.Reason})
	e.Actor, e.Session, e.WallMS, e.ZoneMin = old.Actor, old.Session, old.WallMS, old.ZoneMin
	e.Subject, e.Base, e.OriginPos, e.Schema = old.Subject, old.Base, origin, old.Schema
	e.Fields, e.PHI = old.Fields, old.PHI
	row, err := tx.load(t, old.Record)
	if err != nil {
		return err
	}
	groups := append([]journal.GroupVersion(nil), row.groups...)
	for id := range t.touched(old) {
		for i := range groups {
			if groups[i].Group == id {
				groups[i].Seq, groups[i].At, groups[i].HLC = e.Seq, e.Seq, e.HLC
			}
		}
	}
	if err := tx.append(e, t); err != nil {
		return tx.fail(err)
	}
	_, err = tx.exec(t.updateText([]string{columnGroups}), journal.PackGroups(groups), old.Record[:])
	return tx.fail(err)
}

// touched gives the groups that an entry changed: all of them for an insert or a tombstone.
func (t *table) touched(e journal.Entry) map[int]bool {
	out := map[int]bool{}
	if e.Op == journal.OpInsert || e.Op == journal.OpTombstone {
		for _, g := range t.entity.Groups {
			out[g.ID] = true
		}
		return out
	}
	for _, f := range t.entity.Fields {
		_, plain := e.Fields[f.ID]
		_, personal := e.PHI[f.ID]
		if plain || personal {
			out[f.Group] = true
		}
	}
	return out
}
