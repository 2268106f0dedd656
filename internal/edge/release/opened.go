package release

import (
	"context"
	"sync"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

// openedFor is how long one opening of a case counts: a screen reads its case again whenever something changes, and that
// is still the same opening.
const openedFor = 15 * time.Minute

// opened remembers who opened which case lately. It is lost at a restart, which at worst notes an opening twice.
type opened struct {
	mu   sync.Mutex
	last map[opening]time.Time
}

type opening struct {
	user, visit lab.ID
	session     string
}

// fresh tells whether this is a new opening. Old ones are forgotten on the way.
func (o *opened) fresh(k opening, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if at, ok := o.last[k]; ok && now.Sub(at) < openedFor {
		return false
	}
	for k, at := range o.last {
		if now.Sub(at) >= openedFor {
			delete(o.last, k)
		}
	}
	o.last[k] = now
	return true
}

func (o *opened) forget(k opening) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.last, k)
}

// note writes the opening of a case into the access log, before the case is shown.
func (d *Desk) note(ctx context.Context, actor lab.Actor, visit lab.ID) error {
	k := opening{user: actor.ID, visit: visit, session: actor.Session}
	if !d.opened.fresh(k, d.db.Now()) {
		return nil
	}
	err := d.db.LogAccess(ctx, sqlite.Access{Actor: actor, Action: accessCase, Entity: "visit", Record: visit})
	if err != nil {
		d.opened.forget(k)
	}
	return err
}
