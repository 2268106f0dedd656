package simulate

import (
	"context"
	"sync"
	"time"
)

const (
	firstReload = 500 * time.Millisecond // before a tube without orders is put on again
	lastReload  = 8 * time.Second        // the wait grows to this
	keepTube    = 30 * time.Minute       // a tube that nobody filled is thrown away
)

// tube is one labelled tube that waits for an analyzer.
type tube struct {
	id      string
	printed time.Time
	wait    time.Duration
	due     time.Time
}

// shelf holds the tubes of one analyzer that had no orders yet.
type shelf struct {
	tubes []tube
}

// put keeps a tube for another try, each later than the last.
func (s *shelf) put(t tube) {
	now := time.Now()
	if now.Sub(t.printed) > keepTube {
		return
	}
	t.wait = min(max(2*t.wait, firstReload), lastReload)
	t.due = now.Add(t.wait)
	s.tubes = append(s.tubes, t)
}

// next waits for a new tube or for one whose time has come.
func (s *shelf) next(ctx context.Context, tray <-chan string) (tube, error) {
	first := -1
	for i, t := range s.tubes {
		if first < 0 || t.due.Before(s.tubes[first].due) {
			first = i
		}
	}
	var due <-chan time.Time
	if first >= 0 {
		timer := time.NewTimer(time.Until(s.tubes[first].due))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case id := <-tray:
		return tube{id: id, printed: time.Now()}, nil
	case <-due:
		t := s.tubes[first]
		s.tubes = append(s.tubes[:first], s.tubes[first+1:]...)
		return t, nil
	case <-ctx.Done():
		return tube{}, ctx.Err()
	}
}

// received holds the tubes of which the host named orders to any analyzer: they are in the lab.
type received struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (r *received) add(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ids == nil {
		r.ids = map[string]bool{}
	}
	r.ids[id] = true
}

func (r *received) has(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids[id]
}
