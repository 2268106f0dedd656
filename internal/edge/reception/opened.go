package reception

import (
	"context"
	"sync"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

// openedFor is how long an open patient counts as one opening: a screen reads the person again whenever something changes.
const openedFor = 10 * time.Minute

// opened remembers who looks at whom, so that each opening stands in the access log once.
type opened struct {
	mu   sync.Mutex
	last map[opening]time.Time
}

type opening struct {
	user, patient lab.ID
	session       string
}

// note writes the opening of a patient into the access log, before the person is shown.
func (d *Desk) note(ctx context.Context, actor lab.Actor, patient lab.ID) error {
	k, now := opening{user: actor.ID, patient: patient, session: actor.Session}, d.db.Now()
	d.opened.mu.Lock()
	defer d.opened.mu.Unlock()
	for old, at := range d.opened.last {
		if now.Sub(at) >= openedFor {
			delete(d.opened.last, old)
		}
	}
	if _, fresh := d.opened.last[k]; fresh {
		return nil
	}
	if err := d.db.LogAccess(ctx, sqlite.Access{Actor: actor, Action: "patient.open", Entity: "patient", Record: patient}); err != nil {
		return err
	}
	d.opened.last[k] = now
	return nil
}
