package bench

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/store/sqlite/queries"
)

// An analyzer that gets no answer in time gives its message up and sends it again as a whole. What came over the first
// time was acknowledged frame by frame, so it is kept; but nobody said that it was all, so nothing of it is filed. It waits
// as incomplete until the whole message is there, and is then its duplicate. When the whole one never comes, it goes on
// waiting for a person.

// lookBack bounds the search for the whole message that came before its torn repetition, also where its rows carry times:
// nothing older is on an analyzer's mind, and what is not found waits for a person.
const lookBack = 31 * 24 * time.Hour

// whole tells whether a message came to its own end, so that its rows may be filed. EOT is no such end, unless the profile
// knows an analyzer that never sends an L record.
func (b *Bench) whole(m instruments.Message, name string) bool {
	if m.Ending != instruments.Closed {
		return m.Ending == instruments.Terminated
	}
	p, ok := b.profiles.Get(name)
	return ok && p.Link.EOTEnds
}

// rowsOf gives the rows that are known to have come as they were sent. Of a torn message the last group may lack its end.
func rowsOf(m instruments.Message, d driver.Message) []driver.Observation {
	if m.Ending == instruments.Cut {
		return d.Complete()
	}
	return d.Observations
}

// longer looks for a message that holds all of an incomplete one, the whole one or an earlier try that came further, and
// makes the incomplete one its duplicate. A whole message without times counts for a quarter of an hour, as duplicates do.
func (s *intake) longer(ctx context.Context, id int64, m instruments.Message, d driver.Message, device device) (sql.NullInt64, error) {
	var of sql.NullInt64
	found, err := s.holding(ctx, id, m, d, device)
	if err != nil || found == 0 {
		return of, err
	}
	of = sql.NullInt64{Int64: found, Valid: true}
	if err := s.q.ReplaceMessage(ctx, queries.ReplaceMessageParams{DuplicateOf: of, ID: id}); err != nil {
		return of, fmt.Errorf("replace message %d: %w", id, err)
	}
	return of, nil
}

func (s *intake) holding(ctx context.Context, id int64, m instruments.Message, d driver.Message, device device) (int64, error) {
	rows := rowsOf(m, d)
	if len(rows) == 0 {
		return 0, nil
	}
	back := lookBack
	if !d.TimedAll {
		back = repeatWithin
	}
	whole, err := s.q.WholeOf(ctx, queries.WholeOfParams{
		Sender: d.Sender.Raw, InstrumentID: queries.ID(device.id), MapCode: rows[0].MapCode, SampleText: rows[0].SampleID, SinceMs: s.tx.Now().Add(-back).UnixMilli(),
	})
	if err != nil {
		return 0, fmt.Errorf("look for the whole of a message: %w", err)
	}
	for _, w := range whole {
		if driver.Begins(m.Protocol, m.Text, w.Text) {
			return w.ID, nil
		}
	}
	others, err := s.incomplete(ctx, id, d, device)
	if err != nil {
		return 0, err
	}
	for _, o := range others {
		if int(o.N) >= len(rows) && driver.Begins(m.Protocol, m.Text, o.Text) {
			return o.ID, nil
		}
	}
	return 0, nil
}

func (s *intake) incomplete(ctx context.Context, id int64, d driver.Message, device device) ([]queries.IncompleteOfRow, error) {
	if len(d.Observations) == 0 {
		return nil, nil
	}
	rows, err := s.q.IncompleteOf(ctx, queries.IncompleteOfParams{
		Sender: d.Sender.Raw, ID: id, InstrumentID: queries.ID(device.id), SampleText: d.Observations[0].SampleID,
	})
	if err != nil {
		return nil, fmt.Errorf("look for what was given up: %w", err)
	}
	return rows, nil
}

// replace makes duplicates of the earlier tries that a message contains. One that was torn brings fewer rows than it has
// bytes: it replaces none that brought more. What a person has decided on meanwhile stays as it is: the same values of the
// whole message then stand there already.
func (s *intake) replace(ctx context.Context, id int64, m instruments.Message, d driver.Message, device device) error {
	tries, err := s.incomplete(ctx, id, d, device)
	if err != nil {
		return err
	}
	rows := len(rowsOf(m, d))
	for _, t := range tries {
		if int(t.N) > rows || !driver.Begins(m.Protocol, t.Text, m.Text) {
			continue
		}
		if err := s.q.ReplaceMessage(ctx, queries.ReplaceMessageParams{DuplicateOf: sql.NullInt64{Int64: id, Valid: true}, ID: t.ID}); err != nil {
			return fmt.Errorf("replace message %d: %w", t.ID, err)
		}
		if err := s.q.ReplaceObservations(ctx, t.ID); err != nil {
			return fmt.Errorf("replace the rows of message %d: %w", t.ID, err)
		}
	}
	return nil
}
