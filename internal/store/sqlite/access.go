package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// Access is one line of the access log: a log-in, a refusal, a print, an export, an opening of a patient. It holds no
// values.
type Access struct {
	Actor  lab.Actor
	Action string // a code, such as "patient.open"
	Entity string // of the record; empty where there is none
	Record lab.ID
}

// accessGenesis begins the chain of a day.
const accessGenesis = "jaanch-access-1"

// LogAccess writes one line in an update of its own and returns when it is durable: what must not be seen without a
// trace is shown after it.
func (db *DB) LogAccess(ctx context.Context, a Access) error {
	return db.Update(ctx, a.Actor, "access", func(tx *Tx) error { return tx.LogAccess(a) }) //nolint:contextcheck // no deadline reaches the writer connection
}

// LogAccess writes one line in this update. The lines of a day (of the lab's zone) are chained; a clock that was set
// back goes on in the later day.
func (tx *Tx) LogAccess(a Access) error {
	day := dayNumber(tx.now.In(tx.db.options.Zone))
	var n, lastDay int64
	var lastHash []byte
	err := tx.scan("SELECT n, day, hash FROM access_log ORDER BY n DESC LIMIT 1", nil, &n, &lastDay, &lastHash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("access log: %w", err)
	}
	day = max(day, lastDay)
	previous := dayGenesis(day)
	if lastDay == day {
		previous = lastHash
	}
	at := tx.now.UnixMilli()
	actor := a.Actor.String()
	hash := accessHash(previous, n+1, day, at, actor, a.Actor.Session, a.Actor.Station, a.Action, a.Entity, a.Record)
	_, err = tx.exec(`INSERT INTO access_log (n, day, at_ms, actor, session, station, action, entity, record, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, n+1, day, at, actor, orNullText(a.Actor.Session), orNullText(a.Actor.Station), a.Action,
		orNullText(a.Entity), orNullID(a.Record), hash)
	if err != nil {
		return fmt.Errorf("access log: %w", err)
	}
	return nil
}

// CloseAccessDays enters the head of every day that is over in the journal, so that the log of that day can no longer be
// changed unseen. It is run daily; a day that was missed is made up for.
func (db *DB) CloseAccessDays(ctx context.Context) error {
	return db.Update(ctx, lab.System(), "access_day", func(tx *Tx) error {
		days, err := tx.openDays()
		if err != nil {
			return err
		}
		for _, d := range days {
			e := tx.newEntry(nil, lab.ID{}, journal.OpInsert, changeOptions{})
			e.Fields[journal.AccessDay], e.Fields[journal.AccessCount], e.Fields[journal.AccessHash] = d.day, d.count, d.hash
			if err := tx.append(e, nil); err != nil {
				return tx.fail(err)
			}
			if _, err := tx.exec("INSERT INTO access_day (day, count, head, seq) VALUES (?, ?, ?, ?)", d.day, d.count, d.hash, e.Seq); err != nil {
				return tx.fail(fmt.Errorf("close day of the access log: %w", err))
			}
		}
		return nil
	})
}

type accessDay struct {
	day, count int64
	hash       []byte
}

const openDaysText = `SELECT day, count(*), (SELECT hash FROM access_log l WHERE l.day = a.day ORDER BY n DESC LIMIT 1)
FROM access_log a WHERE day < ? AND day > (SELECT coalesce(max(day), 0) FROM access_day) GROUP BY day ORDER BY day`

// openDays gives the days before today that have lines and no head yet.
func (tx *Tx) openDays() (days []accessDay, err error) {
	today := dayNumber(tx.now.In(tx.db.options.Zone))
	rows, err := tx.query(openDaysText, today) //nolint:rowserrcheck // closeRows looks at it
	if err != nil {
		return nil, fmt.Errorf("access log: %w", err)
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		var d accessDay
		if err := rows.Scan(&d.day, &d.count, &d.hash); err != nil {
			return nil, fmt.Errorf("access log: %w", err)
		}
		days = append(days, d)
	}
	return days, nil
}

// ForgetAccess removes the lines of whole days that are more than a year old and whose head stands in the journal.
func (db *DB) ForgetAccess(ctx context.Context) error {
	return db.Update(ctx, lab.System(), "access_day", func(tx *Tx) error {
		before := dayNumber(tx.now.In(tx.db.options.Zone).AddDate(-1, 0, -2))
		_, err := tx.exec(`DELETE FROM access_log WHERE day < ? AND day IN (SELECT day FROM access_day)
AND at_ms < (SELECT max(at_ms) FROM access_log) - 31622400000`, before)
		if err != nil {
			return fmt.Errorf("forget access: %w", err)
		}
		return nil
	})
}

// VerifyAccess walks the access log and gives the number of the first line that is not as it was written, 0 when all is
// well. A closed day must end with the head that the journal has.
func (db *DB) VerifyAccess(ctx context.Context) (bad int64, err error) {
	err = db.View(ctx, func(tx *ReadTx) error {
		heads, err := tx.dayHeads(ctx)
		if err != nil {
			return err
		}
		bad, err = tx.walkAccess(ctx, heads)
		return err
	})
	return bad, err
}

func (tx *ReadTx) walkAccess(ctx context.Context, heads map[int64]accessDay) (bad int64, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT n, day, at_ms, actor, session, station, action, entity, record, hash FROM access_log ORDER BY n") //nolint:rowserrcheck // closeRows looks at it
	if err != nil {
		return 0, fmt.Errorf("verify the access log: %w", err)
	}
	defer func() { err = closeRows(rows, err) }()
	var now accessDay // the day that is walked, with its last hash
	var before int64
	for rows.Next() {
		var n, day, at int64
		var actor, action string
		var session, station, entity sql.NullString
		var record, hash []byte
		if err := rows.Scan(&n, &day, &at, &actor, &session, &station, &action, &entity, &record, &hash); err != nil {
			return 0, fmt.Errorf("verify the access log: %w", err)
		}
		if day != now.day {
			if !now.closes(heads) || day < now.day {
				return before, nil
			}
			now = accessDay{day: day, hash: dayGenesis(day)}
		}
		id, err := optionalID(record)
		if err != nil || before != 0 && n != before+1 ||
			string(accessHash(now.hash, n, day, at, actor, session.String, station.String, action, entity.String, id)) != string(hash) {
			return n, nil
		}
		now.hash, before = hash, n
		now.count++
	}
	if !now.closes(heads) {
		return before, nil
	}
	return 0, nil
}

// closes tells whether the day ends as the journal says; a day without a head is still open.
func (d accessDay) closes(heads map[int64]accessDay) bool {
	h, ok := heads[d.day]
	return !ok || h.count == d.count && string(h.hash) == string(d.hash)
}

// dayHeads reads the heads from the journal itself, not from the table that is beside it for the triggers.
func (tx *ReadTx) dayHeads(ctx context.Context) (map[int64]accessDay, error) {
	entries, err := tx.entries(ctx, "SELECT "+entryColumns+" FROM journal WHERE seq IN (SELECT seq FROM access_day) ORDER BY seq")
	if err != nil {
		return nil, err
	}
	out := make(map[int64]accessDay, len(entries))
	for _, e := range entries {
		day, _ := e.Fields[journal.AccessDay].(int64)
		count, _ := e.Fields[journal.AccessCount].(int64)
		hash, _ := e.Fields[journal.AccessHash].([]byte)
		out[day] = accessDay{day: day, count: count, hash: hash}
	}
	return out, nil
}

func dayNumber(t time.Time) int64 {
	return int64(t.Year())*10000 + int64(t.Month())*100 + int64(t.Day())
}

func dayGenesis(day int64) []byte {
	h := sha256.New()
	h.Write([]byte(accessGenesis))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(day)))
	return h.Sum(nil)
}

// accessHash chains one line. Texts carry their length, so that no two lines have the same bytes.
func accessHash(previous []byte, n, day, at int64, actor, session, station, action, entity string, record lab.ID) []byte {
	b := make([]byte, 0, 256)
	b = append(b, previous...)
	for _, v := range []int64{n, day, at} {
		b = binary.BigEndian.AppendUint64(b, uint64(v))
	}
	for _, s := range []string{actor, session, station, action, entity} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(append(b, record[:]...))
	return sum[:]
}
