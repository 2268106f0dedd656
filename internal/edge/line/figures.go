package line

import (
	"context"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Figures are the lines' day so far, by analyzer.
type Figures struct {
	Instruments []Figure `json:"instruments"`
}

// Figure is one analyzer's day. Faults are those of the line since the node's start: checksums, time-outs, refusals.
type Figure struct {
	InstrumentID lab.ID     `json:"instrument_id"`
	Messages     int        `json:"messages"`
	Cut          int        `json:"cut" doc:"Messages that broke off before their end."`
	Faults       int        `json:"faults"`
	Fault        string     `json:"fault,omitempty" doc:"Code of the newest one."`
	FaultAt      *time.Time `json:"fault_at,omitempty"`
}

// Figures counts messages and faults of today.
func (a *Archive) Figures(ctx context.Context) (Figures, error) {
	out := Figures{Instruments: []Figure{}}
	now := a.db.Now().In(a.zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, a.zone)
	err := a.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.MessagesToday(ctx, midnight.UnixMilli())
		if err != nil {
			return fmt.Errorf("count today's messages: %w", err)
		}
		counts := map[queries.ID]queries.MessagesTodayRow{}
		for _, r := range rows {
			counts[r.InstrumentID] = r
		}
		all, err := q.InstrumentsLinks(ctx)
		if err != nil {
			return fmt.Errorf("read the analyzers: %w", err)
		}
		for _, i := range all {
			f := Figure{InstrumentID: lab.ID(i.ID), Messages: int(counts[i.ID].N), Cut: int(counts[i.ID].Cut)}
			var at time.Time
			if f.Faults, f.Fault, at = a.tapes.Faults(f.InstrumentID); !at.IsZero() {
				utc := at.UTC()
				f.FaultAt = &utc
			}
			out.Instruments = append(out.Instruments, f)
		}
		return nil
	})
	return out, err
}
