package sqlite

import (
	"context"
	"fmt"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite/queries"
)

// Actions of the access log. They say what was done with a record, never what stood in it.
const (
	AccessReportOpen  = "report.open"
	AccessReportPrint = "report.print"
	AccessCaseOpen    = "case.open"
)

// LogAccess notes that the update's actor looked at, printed or exported a record. The log is chained within each day of
// the lab: the hash of an entry covers the one before it.
func LogAccess(ctx context.Context, tx *Tx, action, entity string, record lab.ID) error {
	q := queries.New(tx)
	last, err := q.LastAccess(ctx)
	if err != nil {
		return fmt.Errorf("read the end of the access log: %w", err)
	}
	date := lab.DateOf(tx.Now().In(tx.db.options.Zone))
	entry := queries.AddAccessParams{
		N: 1, Day: int64(date.Year*10000 + int(date.Month)*100 + date.Day), AtMs: tx.Now().UnixMilli(), Actor: tx.Actor().String(),
		Login: tx.Actor().Session, Place: tx.Actor().Station, Action: action, Noun: entity, Record: record.Bytes(),
	}
	var before []byte
	if len(last) > 0 {
		entry.N = last[0].N + 1
		entry.Day = max(entry.Day, last[0].Day) // a clock that was set back opens no day again
		if last[0].Day == entry.Day {
			before = last[0].Hash
		}
	}
	entry.Hash = accessHash(before, entry)
	if err := q.AddAccess(ctx, entry); err != nil {
		return fmt.Errorf("add to the access log: %w", err)
	}
	return nil
}

func accessHash(before []byte, e queries.AddAccessParams) []byte {
	var c lab.Canonical
	c.Line("before", string(before))
	c.Int("n", int(e.N))
	c.Int("day", int(e.Day))
	c.Int("at", int(e.AtMs))
	c.Line("actor", e.Actor)
	c.Line("session", e.Login)
	c.Line("station", e.Place)
	c.Line("action", e.Action)
	c.Line("entity", e.Noun)
	c.Line("record", string(e.Record))
	sum := c.Sum()
	return sum[:]
}
