package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// Head is where the chain stands.
type Head struct {
	Seq   int64
	Epoch int64
	HLC   journal.HLC
	Hash  []byte
}

// Head reads where the chain stands in this snapshot.
func (tx *ReadTx) Head(ctx context.Context) (Head, error) {
	h, err := readHead(ctx, tx, tx.db.device)
	if err != nil {
		return Head{}, err
	}
	return Head{Seq: h.Seq, Epoch: h.Epoch, HLC: h.HLC, Hash: h.Hash}, nil
}

// Head gives where the chain stands inside this update: after the entries that it has written so far.
func (tx *Tx) Head() Head {
	h := tx.w.head
	return Head{Seq: h.Seq, Epoch: h.Epoch, HLC: h.HLC, Hash: h.Hash}
}

const entryColumns = `seq, epoch, txid, entity, record, subject, op, hlc, wall_ms, zone_min, actor, session, origin_pos,
reason, schema, base, fields, phi, prev, phi_digest, digest, hash`

// Entries reads at most limit entries from a sequence on, in order. The last transaction may be cut: whoever needs whole
// ones looks at TxID.
func (tx *ReadTx) Entries(ctx context.Context, from int64, limit int) ([]journal.Entry, error) {
	return tx.entries(ctx, "SELECT "+entryColumns+" FROM journal WHERE seq >= ? ORDER BY seq LIMIT ?", from, limit)
}

// Entry reads one entry; false where there is none.
func (tx *ReadTx) Entry(ctx context.Context, seq int64) (journal.Entry, bool, error) {
	e, err := scanEntry(tx.QueryRowContext(ctx, "SELECT "+entryColumns+" FROM journal WHERE seq = ?", seq))
	if errors.Is(err, sql.ErrNoRows) {
		return journal.Entry{}, false, nil
	}
	return e, err == nil, err
}

// History reads all entries of one record, oldest first.
func (tx *ReadTx) History(ctx context.Context, entity string, record lab.ID) ([]journal.Entry, error) {
	t, err := tx.db.tables.named(entity)
	if err != nil {
		return nil, err
	}
	return tx.entries(ctx, "SELECT "+entryColumns+" FROM journal WHERE record = ? AND entity = ? ORDER BY seq", record[:], t.entity.ID)
}

// SubjectKeys reads the keys of these subjects; an erased subject has none.
func (tx *ReadTx) SubjectKeys(ctx context.Context, subjects []lab.ID) (map[lab.ID][]byte, error) {
	out := make(map[lab.ID][]byte, len(subjects))
	for _, s := range subjects {
		var key []byte
		err := tx.QueryRowContext(ctx, "SELECT key FROM subject_key WHERE subject = ?", s[:]).Scan(&key)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read a subject's key: %w", err)
		}
		out[s] = key
	}
	return out, nil
}

func (tx *ReadTx) entries(ctx context.Context, query string, args ...any) (out []journal.Entry, err error) {
	rows, err := tx.QueryContext(ctx, query, args...) //nolint:rowserrcheck // closeRows looks at it
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// rawEntry is an entry as its row holds it.
type rawEntry struct {
	seq, epoch, txid, hlc, wall, zone, schema        int64
	entity                                           sql.NullInt64
	record, subject, origin, base, fields, phi, prev []byte
	phiDigest, digest, hash                          []byte
	op, actor                                        string
	session, reason                                  sql.NullString
}

func (r *rawEntry) targets() []any {
	return []any{
		&r.seq, &r.epoch, &r.txid, &r.entity, &r.record, &r.subject, &r.op, &r.hlc, &r.wall, &r.zone, &r.actor,
		&r.session, &r.origin, &r.reason, &r.schema, &r.base, &r.fields, &r.phi, &r.prev, &r.phiDigest, &r.digest, &r.hash,
	}
}

// header gives the entry without its fields.
func (r *rawEntry) header() (journal.Entry, error) {
	e := journal.Entry{
		Seq: r.seq, Epoch: r.epoch, TxID: r.txid, Entity: int(r.entity.Int64), Op: journal.Op(r.op),
		HLC: journal.HLC(r.hlc), WallMS: r.wall, ZoneMin: int(r.zone), Actor: r.actor, Session: r.session.String,
		OriginPos: r.origin, Reason: r.reason.String, Schema: int(r.schema),
		PHIDigest: r.phiDigest, Digest: r.digest, Hash: r.hash,
	}
	var err error
	if e.Record, err = optionalID(r.record); err != nil {
		return e, fmt.Errorf("journal entry %d: record: %w", r.seq, err)
	}
	if e.Subject, err = optionalID(r.subject); err != nil {
		return e, fmt.Errorf("journal entry %d: subject: %w", r.seq, err)
	}
	if e.Base, err = journal.DecodeBase(r.base); err != nil {
		return e, fmt.Errorf("journal entry %d: base: %w", r.seq, err)
	}
	return e, nil
}

func optionalID(b []byte) (lab.ID, error) {
	if len(b) == 0 {
		return lab.ID{}, nil
	}
	return lab.IDFromBytes(b)
}

type scanner interface{ Scan(into ...any) error }

func scanEntry(row scanner) (journal.Entry, error) {
	var r rawEntry
	if err := row.Scan(r.targets()...); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return journal.Entry{}, err
		}
		return journal.Entry{}, fmt.Errorf("read the journal: %w", err)
	}
	e, err := r.header()
	if err != nil {
		return e, err
	}
	if e.Fields, err = journal.DecodeFields(r.fields); err != nil {
		return e, fmt.Errorf("journal entry %d: fields: %w", r.seq, err)
	}
	if len(r.phi) > 0 {
		if e.PHI, err = journal.DecodeFields(r.phi); err != nil {
			return e, fmt.Errorf("journal entry %d: personal fields: %w", r.seq, err)
		}
	}
	if len(r.prev) > 0 {
		if e.Prev, err = journal.DecodeFields(r.prev); err != nil {
			return e, fmt.Errorf("journal entry %d: old values: %w", r.seq, err)
		}
	}
	return e, nil
}
