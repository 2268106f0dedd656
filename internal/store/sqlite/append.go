package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// draft is an entry that is being written.
type draft struct {
	journal.Entry
}

// newEntry begins an entry at the next sequence. The head moves only when the entry is stored.
func (tx *Tx) newEntry(t *table, id lab.ID, op journal.Op, o changeOptions) *draft {
	e := &draft{journal.Entry{
		Seq: tx.w.head.Seq + 1, Epoch: tx.w.head.Epoch, Op: op, Record: id,
		HLC: tx.w.head.HLC.Next(tx.now.UnixMilli()), WallMS: tx.now.UnixMilli(), ZoneMin: tx.zoneMin,
		Actor: tx.actor.String(), Session: tx.actor.Session, Reason: tx.reason, Schema: tx.db.tables.schema,
	}}
	size := 0
	if t != nil {
		e.Entity = t.entity.ID
		if op == journal.OpInsert {
			size = len(t.entity.Fields)
		}
	}
	e.Fields = make(map[int]any, size)
	if o.reason != "" {
		e.Reason = o.reason
	}
	if o.said != "" {
		e.PHI = map[int]any{journal.FieldSaid: o.said}
	}
	if !o.resolves.IsZero() {
		e.Fields[journal.FieldResolves] = o.resolves.Bytes()
	}
	return e
}

func (e *draft) set(f journal.Field, v any) {
	if !f.Personal {
		e.Fields[f.ID] = v
		return
	}
	if e.PHI == nil {
		e.PHI = map[int]any{}
	}
	e.PHI[f.ID] = v
}

// was notes the old value. What an erasure writes keeps none.
func (e *draft) was(tx *Tx, f journal.Field, v any) {
	if tx.erasing {
		return
	}
	if e.Prev == nil {
		e.Prev = map[int]any{}
	}
	e.Prev[f.ID] = v
}

// settle names the subject whose personal fields (or whose old ones) the entry holds: the record's own, or the record itself
// where its subject is not known, as with a discarded message of a stranger. In a record that is about nobody it is the
// person who writes.
func (e *draft) settle(tx *Tx, t *table, values map[string]any) error {
	if len(e.PHI) == 0 {
		return nil
	}
	switch c := t.entity.Subject; c {
	case "":
	case "id":
		e.Subject = e.Record
	default:
		if b, ok := values[c].([]byte); ok && len(b) == len(e.Subject) {
			e.Subject = lab.ID(b)
		} else {
			e.Subject = e.Record
		}
	}
	if e.Subject.IsZero() && tx.actor.Kind == lab.ActorUser {
		e.Subject = tx.actor.ID
	}
	if e.Subject.IsZero() {
		return fmt.Errorf("write %s: personal fields of nobody", t.entity.Name)
	}
	return nil
}

// key gives the subject's key; a subject that has none gets one.
func (tx *Tx) key(subject lab.ID) ([]byte, error) {
	if k, ok := tx.keys[subject]; ok {
		return k, nil
	}
	var k []byte
	err := tx.scan("SELECT key FROM subject_key WHERE subject = ?", []any{subject[:]}, &k)
	if errors.Is(err, sql.ErrNoRows) {
		if k, err = randomKey(tx.db.options.Rand); err != nil {
			return nil, err
		}
		_, err = tx.exec("INSERT INTO subject_key (subject, key, made_ms) VALUES (?, ?, ?)", subject[:], k, tx.now.UnixMilli())
	}
	if err != nil {
		return nil, fmt.Errorf("get the subject's key: %w", err)
	}
	if tx.keys == nil {
		tx.keys = map[lab.ID][]byte{}
	}
	tx.keys[subject] = k
	return k, nil
}

const (
	appendText = `INSERT INTO journal (seq, epoch, txid, entity, record, op, hlc, wall_ms, zone_min, actor, session, reason, schema, fields, digest, hash,
subject, origin_pos, base, phi, prev, phi_digest)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	// appendPlain is for an entry without personal fields, old values, base and origin, as nearly all of an analyzer's are: a
	// column that is not named is NULL, and costs nothing to bind.
	appendPlain = `INSERT INTO journal (seq, epoch, txid, entity, record, op, hlc, wall_ms, zone_min, actor, session, reason, schema, fields, digest, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

// append seals the entry onto the chain and stores it.
func (tx *Tx) append(e *draft, t *table) error {
	if tx.txid == 0 {
		tx.txid = tx.w.head.TxID + 1
	}
	e.TxID = tx.txid
	if t != nil {
		tx.w.kept.wrote(t.entity.Name)
	}
	var key []byte
	if len(e.PHI) > 0 {
		var err error
		if key, err = tx.key(e.Subject); err != nil {
			return err
		}
	}
	parts, err := e.Seal(tx.w.head.Hash, key)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	text := appendPlain
	args := append(make([]any, 0, 22), e.Seq, e.Epoch, e.TxID, orNullInt(e.Entity), orNullID(e.Record), string(e.Op), int64(e.HLC), e.WallMS, e.ZoneMin, e.Actor,
		orNullText(e.Session), orNullText(e.Reason), e.Schema, parts.Fields, e.Digest, e.Hash)
	if !e.Subject.IsZero() || len(e.OriginPos)+len(parts.Base)+len(parts.PHI)+len(parts.Prev)+len(e.PHIDigest) > 0 {
		text = appendText
		args = append(args, orNullID(e.Subject), orNullBytes(e.OriginPos), orNullBytes(parts.Base), orNullBytes(parts.PHI), orNullBytes(parts.Prev), orNullBytes(e.PHIDigest))
	}
	_, err = tx.exec(text, args...)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	tx.w.head = head{Seq: e.Seq, Epoch: e.Epoch, TxID: e.TxID, HLC: e.HLC, Hash: e.Hash}
	tx.written = append(tx.written, written{seq: e.Seq, table: t, record: e.Record, fields: e.Fields, phi: e.PHI})
	return nil
}

func orNullInt(v int) any {
	if v == 0 {
		return nil
	}
	return v
}

func orNullID(id lab.ID) any {
	if id.IsZero() {
		return nil
	}
	return id[:]
}

func orNullText(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orNullBytes(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}
