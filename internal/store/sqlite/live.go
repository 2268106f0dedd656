package sqlite

import (
	"sync"

	"jaanch/internal/lab"
)

// feedBuffer is how many events a subscriber may lag behind before it is told to read everything again.
const feedBuffer = 256

// Event tells that a commit changed records. It holds no values: who shows them reads them again.
type Event struct {
	From, To int64 // sequences of the journal, both included
	Touched  []Touched
	Lost     bool // events before this one were dropped, because the subscriber was slow: read everything again
}

// Touched is one record that a commit changed.
type Touched struct {
	Entity string
	Record lab.ID
}

// feed hands events to the subscribers, in the order of the journal.
type feed struct {
	mu     sync.Mutex
	subs   map[*Subscription]struct{}
	closed bool
}

// Subscription receives the events of every commit after Subscribe returned.
type Subscription struct {
	feed   *feed
	events chan Event
	lost   bool
}

// Subscribe begins to listen. Cancel it when done.
func (db *DB) Subscribe() *Subscription {
	s := &Subscription{feed: &db.feed, events: make(chan Event, feedBuffer)}
	db.feed.mu.Lock()
	defer db.feed.mu.Unlock()
	if db.feed.closed {
		close(s.events)
		return s
	}
	if db.feed.subs == nil {
		db.feed.subs = map[*Subscription]struct{}{}
	}
	db.feed.subs[s] = struct{}{}
	return s
}

// Events gives the channel; it is closed by Cancel and when the database closes.
func (s *Subscription) Events() <-chan Event { return s.events }

// Cancel stops listening.
func (s *Subscription) Cancel() {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	if _, ok := s.feed.subs[s]; ok {
		delete(s.feed.subs, s)
		close(s.events)
	}
}

func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for s := range f.subs {
		delete(f.subs, s)
		close(s.events)
	}
}

// announce publishes what a commit changed. It never waits for a subscriber.
func (db *DB) announce(done []ran) {
	var e Event
	seen := map[Touched]bool{}
	for _, r := range done {
		if r.err != nil {
			continue
		}
		for _, w := range r.tx.written {
			if e.From == 0 {
				e.From = w.seq
			}
			e.To = w.seq
			if w.table == nil {
				continue
			}
			if t := (Touched{Entity: w.table.entity.Name, Record: w.record}); !seen[t] {
				seen[t] = true
				e.Touched = append(e.Touched, t)
			}
		}
	}
	if e.From == 0 {
		return
	}
	db.feed.mu.Lock()
	defer db.feed.mu.Unlock()
	for s := range db.feed.subs {
		s.send(e)
	}
}

func (s *Subscription) send(e Event) {
	e.Lost = s.lost
	select {
	case s.events <- e:
		s.lost = false
	default:
		s.lost = true
	}
}
