package line_test

import (
	"testing"
	"time"

	"jaanch/internal/edge/line"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
)

// Faults are counted by the lab's day: one before five in the morning in India belongs to the day that UTC has not begun,
// and the same day of another year is another day.
func TestFaultsOfTheLabsDay(t *testing.T) {
	t.Parallel()
	india := time.FixedZone("IST", 5*3600+1800)
	fault := time.Date(2026, time.November, 22, 4, 0, 0, 0, india)
	for name, tc := range map[string]struct {
		now  time.Time
		want int
	}{
		"a minute later":          {fault.Add(time.Minute), 1},
		"when UTC's day has come": {fault.Add(3 * time.Hour), 1},
		"before midnight":         {fault.Add(20*time.Hour - time.Second), 1},
		"after midnight":          {fault.Add(20 * time.Hour), 0},
		"a year later":            {fault.AddDate(1, 0, 0), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := tc.now
			tapes := line.NewTapes(func() lab.ID { return lab.ID{1} }, now.UTC, india, nil)
			analyzer := lab.ID{7}
			tapes.Note(instruments.Event{At: fault.UTC(), State: instruments.Faulty, Code: "torn", Peer: instruments.Peer{Instrument: analyzer}})
			if n, _, _ := tapes.Faults(analyzer); n != tc.want {
				t.Errorf("%d faults today, want %d", n, tc.want)
			}
		})
	}
}
