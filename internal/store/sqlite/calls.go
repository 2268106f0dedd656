package sqlite

import (
	"time"

	"jaanch/internal/store/sqlite/queries"
)

// CallClosed gives when a critical value was told: by the first call that reached somebody who read it back. Nil while it
// is open.
func CallClosed(calls []queries.CallsOfResultRow) *time.Time {
	for _, c := range calls {
		if c.Outcome == "reached" && c.ReadBack != 0 {
			at := time.UnixMilli(c.AtMs).UTC()
			return &at
		}
	}
	return nil
}
