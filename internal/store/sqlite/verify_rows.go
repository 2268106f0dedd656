package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// rebuilt is what the entries of one record say about its row.
type rebuilt struct {
	entity  int
	record  lab.ID
	last    int64
	deleted bool
	values  map[int]any   // field → value
	setBy   map[int]int64 // field → the entry that set it last
	unknown map[int]bool  // field → its value was erased and nothing was set since
	at      map[int]int64 // group → the entry that changed it last
	maybe   map[int]bool  // group → an erased entry may have changed it since
}

// rows folds the entries record by record and compares each row with the outcome.
func (v *verifier) rows() error {
	tables, err := compileTables(v.ctx, v.tx, v.options.Registry)
	if err != nil {
		return err
	}
	counts := map[int]int64{}
	if err := v.records(tables, counts); err != nil || v.report.Fault != nil {
		return err
	}
	for _, t := range tables.byName {
		if err := v.unjournalled(t, counts[t.entity.ID]); err != nil || v.report.Fault != nil {
			return err
		}
	}
	return nil
}

const recordsText = `SELECT seq, entity, record, op, fields, phi, prev, phi_digest
FROM journal INDEXED BY journal_record WHERE record IS NOT NULL ORDER BY record, seq`

func (v *verifier) records(tables *tables, counts map[int]int64) (err error) {
	rows, err := v.tx.QueryContext(v.ctx, recordsText) //nolint:rowserrcheck // closeRows looks at it
	if err != nil {
		return err
	}
	defer func() { err = closeRows(rows, err) }()
	var now *rebuilt
	finish := func() error {
		if now == nil {
			return nil
		}
		counts[now.entity]++
		return v.compare(tables, now)
	}
	for rows.Next() && v.report.Fault == nil {
		var r rawEntry
		if err := rows.Scan(&r.seq, &r.entity, &r.record, &r.op, &r.fields, &r.phi, &r.prev, &r.phiDigest); err != nil {
			return err
		}
		record, err := lab.IDFromBytes(r.record)
		if err != nil {
			return err
		}
		entity := int(r.entity.Int64)
		if now == nil || now.record != record || now.entity != entity {
			if err := finish(); err != nil {
				return err
			}
			now = &rebuilt{
				entity: entity, record: record, values: map[int]any{}, setBy: map[int]int64{},
				unknown: map[int]bool{}, at: map[int]int64{}, maybe: map[int]bool{},
			}
		}
		if t, ok := tables.byID[entity]; ok {
			v.fold(now, t, &r)
		}
	}
	if v.report.Fault != nil {
		return nil
	}
	return finish()
}

// fold takes one entry into the rebuilt row, and holds its old values against those of the entries before.
func (v *verifier) fold(now *rebuilt, t *table, r *rawEntry) {
	now.last = r.seq
	fields, err := journal.DecodeFields(r.fields)
	phi, err2 := journal.DecodeFields(r.phi)
	prev, err3 := journal.DecodeFields(r.prev)
	if errors.Join(err, err2, err3) != nil {
		v.fault(r.seq, FaultUnreadable)
		return
	}
	for id, old := range prev {
		if !now.unknown[id] && !equalValues(old, now.values[id]) {
			v.fault(r.seq, FaultPrev)
			return
		}
	}
	if d, ok := fields[journal.FieldDeleted].(int64); ok {
		now.deleted = d != 0
	}
	if journal.Op(r.op) == journal.OpTombstone {
		now.deleted = true
	}
	if len(r.phiDigest) > 0 && r.phi == nil {
		now.forget(t, r)
	}
	now.set(r.seq, fields)
	now.set(r.seq, phi)
	for g := range t.touched(journal.Entry{Op: journal.Op(r.op), Fields: fields, PHI: phi}) {
		now.at[g] = r.seq
		delete(now.maybe, g)
	}
}

func (now *rebuilt) set(seq int64, values map[int]any) {
	for id, value := range values {
		if id > 0 {
			now.values[id], now.setBy[id] = value, seq
			delete(now.unknown, id)
		}
	}
}

// forget marks what an erased entry may have set. Which of the personal fields it was is gone with it.
func (now *rebuilt) forget(t *table, r *rawEntry) {
	for _, f := range t.entity.Fields {
		if f.Personal {
			now.unknown[f.ID], now.setBy[f.ID], now.maybe[f.Group] = true, r.seq, true
		}
	}
}

// compare reads the row and finds the first column that is not as its entries say.
func (v *verifier) compare(tables *tables, now *rebuilt) error {
	t, ok := tables.byID[now.entity]
	if !ok {
		return nil // an entity that this program does not know: written by a newer one and since restored
	}
	raw := make([]any, len(t.entity.Fields)+len(bookkeeping))
	into := make([]any, len(raw))
	for i := range raw {
		into[i] = &raw[i]
	}
	err := v.tx.QueryRowContext(v.ctx, t.load, now.record[:]).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		v.rowFault(t, now, now.last, FaultRowMissing)
		return nil
	}
	if err != nil {
		return err
	}
	v.report.Rows++
	for i, f := range t.entity.Fields {
		value, want := stored(raw[i]), now.values[f.ID]
		if now.unknown[f.ID] {
			want = nil
			if equalValues(value, t.blankOf(f)) {
				want = value
			}
		}
		if !equalValues(value, want) {
			v.rowFault(t, now, now.blamed(f), FaultRow)
			return nil
		}
	}
	n := len(t.entity.Fields)
	if deleted, _ := raw[n+2].(int64); deleted != flag(now.deleted) {
		v.rowFault(t, now, now.last, FaultRow)
		return nil
	}
	gv, _ := raw[n+1].([]byte)
	if versions, err := journal.GroupVersions(gv); err != nil || !v.sameVersions(t, now, versions) {
		v.rowFault(t, now, now.last, FaultRowVersions)
	}
	return nil
}

// sameVersions compares the row's group versions. A group of which an erased entry may have set something is left out.
func (v *verifier) sameVersions(t *table, now *rebuilt, versions journal.Versions) bool {
	for _, g := range t.entity.Groups {
		if versions[g.ID] != now.at[g.ID] && !now.maybe[g.ID] {
			return false
		}
	}
	return true
}

// blamed gives the entry that set the field last, else the record's last.
func (now *rebuilt) blamed(f journal.Field) int64 {
	if seq, ok := now.setBy[f.ID]; ok {
		return seq
	}
	return now.last
}

func (v *verifier) rowFault(t *table, now *rebuilt, seq int64, code string) {
	v.report.Fault = &Fault{Seq: seq, Code: code, Entity: t.entity.Name, Record: now.record}
}

// unjournalled finds a row that no entry names, if there are more rows than records.
func (v *verifier) unjournalled(t *table, records int64) error {
	name := quote(t.entity.Table)
	var n int64
	if err := v.tx.QueryRowContext(v.ctx, "SELECT count(*) FROM "+name).Scan(&n); err != nil {
		return fmt.Errorf("count %s: %w", t.entity.Table, err)
	}
	if n <= records {
		return nil
	}
	var id []byte
	err := v.tx.QueryRowContext(v.ctx, "SELECT id FROM "+name+
		" r WHERE NOT EXISTS (SELECT 1 FROM journal WHERE record = r.id AND entity = ?) LIMIT 1", t.entity.ID).Scan(&id)
	if err != nil {
		return fmt.Errorf("find the row without an entry: %w", err)
	}
	record, err := lab.IDFromBytes(id)
	if err != nil {
		return err
	}
	v.report.Fault = &Fault{Code: FaultRowUnknown, Entity: t.entity.Name, Record: record}
	return nil
}
