package ingest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/wire"
)

// Watch tells connected nodes that one of their scopes has moved. One query a second asks for all scopes of all nodes
// that are connected to this replica; it runs only while there are any. Heads are polled rather than notified, since
// NOTIFY takes a lock that all commits of the server share.
type Watch struct {
	in    *Ingest
	every time.Duration

	mu   sync.Mutex
	subs map[*Watcher]struct{}
	stop context.CancelFunc // of the running loop, nil without one
}

// NewWatch makes a watch that asks so often.
func NewWatch(in *Ingest, every time.Duration) *Watch {
	return &Watch{in: in, every: every, subs: map[*Watcher]struct{}{}}
}

// Watcher is one node that listens.
type Watcher struct {
	org  lab.ID
	lab  lab.ID
	told []wire.Hint
	news chan []wire.Hint
}

// News gives the heads of the node's scopes, at first and then whenever they have moved. What was not read in time is
// replaced by what is newer.
func (s *Watcher) News() <-chan []wire.Hint { return s.news }

// Subscribe begins to watch the scopes of a node of that lab. Call cancel when the node is gone.
func (w *Watch) Subscribe(org, home lab.ID) (s *Watcher, cancel func()) {
	s = &Watcher{org: org, lab: home, news: make(chan []wire.Hint, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.subs[s] = struct{}{}
	if w.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		w.stop = stop
		go w.loop(ctx)
	}
	return s, func() { w.cancel(s) }
}

func (w *Watch) cancel(s *Watcher) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.subs, s)
	if len(w.subs) == 0 && w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

func (w *Watch) loop(ctx context.Context) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		if heads, err := w.heads(limited); err == nil {
			w.tell(heads)
		} else if ctx.Err() == nil {
			w.in.Logger.WarnContext(ctx, "scope heads cannot be read", "err", err)
		}
		cancel()
	}
}

type scopeKey struct{ org, scope lab.ID }

// heads asks for all scopes that anybody here listens to.
func (w *Watch) heads(ctx context.Context) (map[scopeKey]int64, error) {
	want := map[scopeKey]struct{}{}
	w.mu.Lock()
	for s := range w.subs {
		want[scopeKey{s.org, s.org}], want[scopeKey{s.org, s.lab}] = struct{}{}, struct{}{}
	}
	w.mu.Unlock()
	var p queries.HeadsOfParams
	for k := range maps.Keys(want) {
		p.Orgs, p.Scopes = append(p.Orgs, k.org), append(p.Scopes, k.scope)
	}
	rows, err := w.in.statement().HeadsOf(ctx, w.in.DB.Pool(), p)
	if err != nil {
		return nil, err
	}
	out := make(map[scopeKey]int64, len(rows))
	for _, r := range rows {
		out[scopeKey{r.Org, r.Scope}] = r.Pos
	}
	return out, nil
}

func (w *Watch) tell(heads map[scopeKey]int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for s := range w.subs {
		now := []wire.Hint{
			{Scope: s.org.String(), Pos: heads[scopeKey{s.org, s.org}]},
			{Scope: s.lab.String(), Pos: heads[scopeKey{s.org, s.lab}]},
		}
		if slices.Equal(now, s.told) {
			continue
		}
		s.told = now
		select {
		case <-s.news:
		default:
		}
		s.news <- now
	}
}
