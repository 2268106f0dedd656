package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/lab"
)

// Bulk statements. They take whole batches as arrays or by COPY: one statement a row would cost more than the work. sqlc
// has no form for a join with several arrays nor for COPY into a partitioned table.

// RecordKey names a record within an organisation.
type RecordKey struct {
	Entity int
	ID     lab.ID
}

// Record is a row of table record. Groups and Doc are JSON as sync/ingest writes them.
type Record struct {
	RecordKey

	Home      lab.ID
	RV        int64
	Pos       int64
	CreatedBy lab.ID
	Subject   lab.ID
	Groups    []byte
	Doc       []byte
	Locked    []int32
	Deleted   bool
}

const recordColumns = "r.entity, r.id, r.home, r.rv, r.pos, r.created_by, r.subject, r.groups, r.doc, r.locked, r.del"

// LoadRecords reads the records of those keys that exist. Each key is one look-up in the primary key: the LATERAL with
// its LIMIT keeps the planner from reading the whole organisation instead.
func LoadRecords(ctx context.Context, tx pgx.Tx, org lab.ID, keys []RecordKey) ([]Record, error) {
	entities := make([]int32, len(keys))
	ids := make([]lab.ID, len(keys))
	for i, k := range keys {
		entities[i], ids[i] = int32(k.Entity), k.ID
	}
	rows, err := tx.Query(ctx, `SELECT `+recordColumns+` FROM unnest($2::integer[], $3::uuid[]) AS k(entity, id)
CROSS JOIN LATERAL (SELECT x.entity, x.id, x.home, x.rv, x.pos, x.created_by, x.subject, x.groups, x.doc, x.locked, x.del FROM record x
    WHERE x.org = $1 AND x.entity = k.entity AND x.id = k.id LIMIT 1) r`, org, entities, ids)
	return collectRecords(rows, err)
}

// RecordsOfSubject reads everything that is about a person.
func RecordsOfSubject(ctx context.Context, tx pgx.Tx, org, subject lab.ID) ([]Record, error) {
	rows, err := tx.Query(ctx, `SELECT `+recordColumns+` FROM record r WHERE r.org = $1 AND r.subject = $2`, org, subject)
	return collectRecords(rows, err)
}

// Feed reads the records of a scope that moved behind the cursor, in the order of their positions.
func Feed(ctx context.Context, tx pgx.Tx, org, scope lab.ID, after int64, most int) ([]Record, error) {
	rows, err := tx.Query(ctx, `SELECT `+recordColumns+` FROM record r WHERE r.org = $1 AND r.home = $2 AND r.pos > $3
ORDER BY r.pos LIMIT $4`, org, scope, after, most)
	return collectRecords(rows, err)
}

func collectRecords(rows pgx.Rows, err error) ([]Record, error) {
	if err != nil {
		return nil, fmt.Errorf("postgres: read records: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Record, error) {
		var r Record
		var entity int32
		err := row.Scan(&entity, &r.ID, &r.Home, &r.RV, &r.Pos, &r.CreatedBy, &r.Subject, &r.Groups, &r.Doc, &r.Locked, &r.Deleted)
		r.Entity = int(entity)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: read records: %w", err)
	}
	return out, nil
}

// SaveRecords writes the records, new and old, in one statement.
func SaveRecords(ctx context.Context, tx pgx.Tx, org lab.ID, now time.Time, records []Record) error {
	if len(records) == 0 {
		return nil
	}
	n := len(records)
	entity, id, home, created, subject := make([]int32, n), make([]lab.ID, n), make([]lab.ID, n), make([]lab.ID, n), make([]lab.ID, n)
	rv, pos, groups, doc, locked, del := make([]int64, n), make([]int64, n), make([]string, n), make([]string, n), make([]string, n), make([]bool, n)
	for i, r := range records {
		entity[i], id[i], home[i], created[i], subject[i] = int32(r.Entity), r.ID, r.Home, r.CreatedBy, r.Subject
		rv[i], pos[i], groups[i], doc[i], locked[i], del[i] = r.RV, r.Pos, string(r.Groups), string(r.Doc), arrayText(r.Locked), r.Deleted
	}
	_, err := tx.Exec(ctx, `INSERT INTO record (org, entity, id, home, rv, pos, created_by, subject, groups, doc, locked, del, changed_at)
SELECT $1, entity, id, home, rv, pos, created_by, subject, groups::jsonb, doc::jsonb, locked::integer[], del, $13::timestamptz
FROM unnest($2::integer[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::uuid[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::boolean[])
    AS n(entity, id, home, rv, pos, created_by, subject, groups, doc, locked, del)
ON CONFLICT (org, entity, id) DO UPDATE SET rv = excluded.rv, pos = excluded.pos, subject = excluded.subject,
    groups = excluded.groups, doc = excluded.doc, locked = excluded.locked, del = excluded.del, changed_at = excluded.changed_at`,
		org, entity, id, home, rv, pos, created, subject, groups, doc, locked, del, now)
	if err != nil {
		return fmt.Errorf("postgres: save records: %w", err)
	}
	return nil
}

// arrayText is Postgres' text form of an array of numbers.
func arrayText(v []int32) string {
	b := []byte{'{'}
	for i, n := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return string(append(b, '}'))
}

// JournalRow is a row of table journal.
type JournalRow struct {
	Epoch, Seq, TxID        int64
	Entity                  int
	Record, Subject         lab.ID
	Op                      string
	HLC, HLCEff, WallMS     int64
	ZoneMin                 int
	Actor, Session          string
	OriginPos               []byte
	Reason                  string
	Schema                  int
	Base, Fields, PHI       []byte
	PHIDigest, Digest, Hash []byte
	Outcome                 int16
	Conflict                lab.ID
}

// CopyJournal stores the entries of a batch.
func CopyJournal(ctx context.Context, tx pgx.Tx, org, device lab.ID, recv time.Time, rows []JournalRow) error {
	columns := []string{
		"org", "device", "epoch", "seq", "recv_at", "txid", "entity", "record", "subject", "op", "hlc", "hlc_eff", "wall_ms",
		"zone_min", "actor", "session", "origin_pos", "reason", "schema", "base", "fields", "phi", "phi_digest", "digest",
		"hash", "outcome", "conflict",
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"journal"}, columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		r := &rows[i]
		record := any(r.Record)
		if r.Record.IsZero() {
			record = [16]byte{} // the column holds no NULL: an entry of no record names the zero id
		}
		return []any{
			org, device, r.Epoch, r.Seq, recv, r.TxID, int32(r.Entity), record, r.Subject, r.Op, r.HLC, r.HLCEff, r.WallMS,
			int32(r.ZoneMin), r.Actor, r.Session, none(r.OriginPos), r.Reason, int32(r.Schema), none(r.Base), none(r.Fields), none(r.PHI),
			none(r.PHIDigest), r.Digest, r.Hash, r.Outcome, r.Conflict,
		}, nil
	}))
	if err != nil {
		return fmt.Errorf("postgres: copy journal: %w", err)
	}
	return nil
}

func none(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// SaveKeys stores the keys of subjects that are not known yet.
func SaveKeys(ctx context.Context, tx pgx.Tx, org lab.ID, subjects []lab.ID, keys [][]byte) error {
	if len(subjects) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO subject_key (org, subject, key) SELECT $1, s, k FROM unnest($2::uuid[], $3::bytea[]) AS n(s, k)
ON CONFLICT DO NOTHING`, org, subjects, keys)
	if err != nil {
		return fmt.Errorf("postgres: save keys: %w", err)
	}
	return nil
}
