package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"jaanch/internal/store/journal"
)

// FormerEntry is an entry of the journal that this node had before its machine was lost, without personal values.
type FormerEntry struct {
	journal.Entry

	RawFields []byte // canonical, as the digest covers them; nil where the hub has the digest alone
	RawBase   []byte
}

// KeepFormer stores an entry of the former journal, in the order in which it was written. Whoever calls it has checked
// the chain.
func (tx *Tx) KeepFormer(f FormerEntry) error {
	_, err := tx.exec(`INSERT INTO journal_former (epoch, seq, txid, entity, record, subject, op, hlc, wall_ms, zone_min, actor, session, origin_pos,
reason, schema, base, fields, phi_digest, digest, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		f.Epoch, f.Seq, f.TxID, orNullInt(f.Entity), orNullID(f.Record), orNullID(f.Subject), string(f.Op), int64(f.HLC), f.WallMS, f.ZoneMin, f.Actor,
		orNullText(f.Session), orNullBytes(f.OriginPos), orNullText(f.Reason), f.Schema, orNullBytes(f.RawBase), orNullBytes(f.RawFields),
		orNullBytes(f.PHIDigest), f.Digest, f.Hash)
	if err != nil {
		return tx.fail(fmt.Errorf("keep a former entry: %w", err))
	}
	return nil
}

// formerColumns are entryColumns of the former journal: it has neither personal nor old values.
const formerColumns = `seq, epoch, txid, entity, record, subject, op, hlc, wall_ms, zone_min, actor, session, origin_pos,
reason, schema, base, fields, NULL AS phi, NULL AS prev, phi_digest, digest, hash`

// LastFormer gives the newest entry of the former journal; a zero one where there is none.
func (tx *ReadTx) LastFormer(ctx context.Context) (FormerEntry, error) {
	e, _, err := tx.oneFormer(ctx, "SELECT "+formerColumns+" FROM journal_former ORDER BY epoch DESC, seq DESC LIMIT 1")
	return FormerEntry{Entry: e}, err
}

// Former reads one entry of the former journal; false where there is none.
func (tx *ReadTx) Former(ctx context.Context, epoch, seq int64) (journal.Entry, bool, error) {
	return tx.oneFormer(ctx, "SELECT "+formerColumns+" FROM journal_former WHERE epoch = ? AND seq = ?", epoch, seq)
}

func (tx *ReadTx) oneFormer(ctx context.Context, query string, args ...any) (journal.Entry, bool, error) {
	e, err := scanEntry(tx.QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return journal.Entry{}, false, nil
	}
	return e, err == nil, err
}

// FormerCount tells how many entries the former journal has.
func (tx *ReadTx) FormerCount(ctx context.Context) (int64, error) {
	var n int64
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM journal_former").Scan(&n); err != nil {
		return 0, fmt.Errorf("count the former journal: %w", err)
	}
	return n, nil
}
