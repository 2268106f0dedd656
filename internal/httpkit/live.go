package httpkit

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"jaanch/internal/lab"
)

// Touch names one record that changed.
type Touch struct {
	Entity string
	ID     lab.ID
}

// Event is one committed change: the position of the journal after it and the records it touched. Scope keeps tenants
// apart: a client gets the events of its own scope alone; a node leaves it zero on both sides.
type Event struct {
	Scope   lab.ID
	Seq     int64
	Touched []Touch
}

// LiveOptions set the pace of the live feed. Zero values mean 50 ms between messages, a ping every 25 s, 10 s to write,
// 500 records in one message, 2,000 clients.
type LiveOptions struct {
	Log        *slog.Logger
	Interval   time.Duration
	Ping       time.Duration
	WriteLimit time.Duration
	MaxTouched int
	MaxClients int
}

// Live tells browsers what has changed. A client that is slow is never queued for: what it has not yet been told is
// kept as one set of records, and when that grows too large it is told to fetch everything anew (resync).
type Live struct {
	opt     LiveOptions
	mu      sync.Mutex
	clients map[*liveClient]struct{}
	seq     map[lab.ID]int64 // newest position by scope
	closed  bool
}

// NewLive makes a feed without clients.
func NewLive(o LiveOptions) *Live {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Interval = orDefault(o.Interval, 50*time.Millisecond)
	o.Ping = orDefault(o.Ping, 25*time.Second)
	o.WriteLimit = orDefault(o.WriteLimit, 10*time.Second)
	if o.MaxTouched == 0 {
		o.MaxTouched = 500
	}
	if o.MaxClients == 0 {
		o.MaxClients = 2000
	}
	return &Live{opt: o, clients: make(map[*liveClient]struct{}), seq: make(map[lab.ID]int64)}
}

// Publish tells everybody of the event's scope. It never waits for a client.
func (l *Live) Publish(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq[e.Scope] = max(l.seq[e.Scope], e.Seq)
	for c := range l.clients {
		if c.scope == e.Scope {
			c.add(e, l.opt.MaxTouched)
		}
	}
}

// Drop closes the connections of these sessions: they logged out or were ended.
func (l *Live) Drop(sessions ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.clients {
		for _, id := range sessions {
			if c.session == id {
				c.stop()
			}
		}
	}
}

// Close ends all connections and takes no more; for the end of the program.
func (l *Live) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for c := range l.clients {
		c.stop()
	}
}

// Clients gives the number of open connections.
func (l *Live) Clients() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.clients)
}

// Subscriber says for whom a connection is opened.
type Subscriber struct {
	Scope   lab.ID
	Session string    // closed with Drop
	Until   time.Time // closed then: the end of the session; zero never
}

// Handler upgrades to a websocket for whoever authorize admits. The first message is {"type":"hello","seq":n}; later
// ones {"type":"change","seq":n,"touched":[{"entity":"result","id":"…"}]} or {"type":"resync","seq":n}.
func (l *Live) Handler(authorize func(*http.Request) (Subscriber, error)) http.Handler {
	upgrader := websocket.Upgrader{
		HandshakeTimeout: 10 * time.Second, ReadBufferSize: 512, WriteBufferSize: 4096, CheckOrigin: sameOrigin,
		Error: func(w http.ResponseWriter, r *http.Request, status int, _ error) {
			WriteProblem(w, r, newProblem(status, "websocket_refused", "This connection was refused."))
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		subscriber, err := authorize(r)
		if err != nil {
			WriteProblem(w, r, err)
			return
		}
		client := newLiveClient(subscriber)
		if err := l.join(client); err != nil {
			WriteProblem(w, r, err)
			return
		}
		defer l.leave(client)
		if !subscriber.Until.IsZero() {
			end := time.AfterFunc(time.Until(subscriber.Until), client.stop)
			defer end.Stop()
		}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // the upgrader has answered
		}
		l.serve(r.Context(), conn, client)
	})
}

// sameOrigin admits pages of ours. A program without an Origin is admitted only when it brings no cookies: it then
// proved itself in another way.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return r.Header.Get("Cookie") == ""
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

func (l *Live) join(c *liveClient) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.clients) >= l.opt.MaxClients {
		return &lab.Error{Kind: lab.KindUnavailable, Code: "live_full", Message: "Too many screens are open. Try again later."}
	}
	l.clients[c] = struct{}{}
	c.hello, c.pending.Seq = true, l.seq[c.scope]
	c.wakeUp()
	return nil
}

func (l *Live) leave(c *liveClient) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.clients, c)
}

// serve runs one connection: this goroutine alone writes, a second one reads so that pongs and the end are heard.
func (l *Live) serve(ctx context.Context, conn *websocket.Conn, c *liveClient) {
	defer func() { _ = conn.Close() }() // it is over either way
	go c.read(conn, 2*l.opt.Ping)
	ping := time.NewTicker(l.opt.Ping)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-c.done:
			_ = conn.WriteControl(websocket.CloseMessage,
				websocket.FormatCloseMessage(websocket.CloseGoingAway, ""), time.Now().Add(time.Second)) // a courtesy
			return
		case <-ping.C:
			err = conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(l.opt.WriteLimit))
		case <-c.wake:
			err = l.send(conn, c)
		}
		if err != nil {
			l.opt.Log.DebugContext(ctx, "live connection ended", "err", err)
			return
		}
	}
}

// send writes what is pending and then rests, so that a burst of changes becomes few messages.
func (l *Live) send(conn *websocket.Conn, c *liveClient) error {
	if err := conn.SetWriteDeadline(time.Now().Add(l.opt.WriteLimit)); err != nil {
		return err //nolint:wrapcheck // logged as it is by serve
	}
	l.mu.Lock()
	m := c.take()
	l.mu.Unlock()
	if err := conn.WriteJSON(m); err != nil {
		return err //nolint:wrapcheck // logged as it is by serve
	}
	rest := time.NewTimer(l.opt.Interval)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-c.done:
	}
	return nil
}

// liveClient is one connection and what it has not yet been told. Its fields are guarded by Live.mu.
type liveClient struct {
	scope   lab.ID
	session string
	wake    chan struct{} // holds one token when there is something to send
	done    chan struct{}
	once    sync.Once
	hello   bool
	resync  bool
	pending liveMessage
	seen    map[Touch]struct{}
}

func newLiveClient(s Subscriber) *liveClient {
	return &liveClient{scope: s.Scope, session: s.Session, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

type liveMessage struct {
	Type    string      `json:"type"`
	Seq     int64       `json:"seq"`
	Touched []liveTouch `json:"touched,omitempty"`
}

type liveTouch struct {
	Entity string `json:"entity"`
	ID     string `json:"id"`
}

func (c *liveClient) add(e Event, limit int) {
	c.pending.Seq = max(c.pending.Seq, e.Seq)
	for _, t := range e.Touched {
		if c.resync {
			break
		}
		if _, ok := c.seen[t]; ok {
			continue
		}
		if len(c.seen) >= limit {
			c.resync, c.seen, c.pending.Touched = true, nil, nil
			break
		}
		if c.seen == nil {
			c.seen = make(map[Touch]struct{})
		}
		c.seen[t] = struct{}{}
		c.pending.Touched = append(c.pending.Touched, liveTouch{Entity: t.Entity, ID: t.ID.String()})
	}
	c.wakeUp()
}

// take gives what is pending as one message and empties it. A hello says the position only: whoever has just connected
// fetches anyway.
func (c *liveClient) take() liveMessage {
	m := c.pending
	switch {
	case c.hello:
		m.Type, m.Touched = "hello", nil
	case c.resync:
		m.Type, m.Touched = "resync", nil
	default:
		m.Type = "change"
	}
	c.hello, c.resync, c.seen, c.pending.Touched = false, false, nil, nil
	return m
}

func (c *liveClient) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *liveClient) stop() { c.once.Do(func() { close(c.done) }) }

// read hears pongs and the end of the connection. Clients have nothing to say: what they send is dropped, and a message
// beyond the limit ends the connection.
func (c *liveClient) read(conn *websocket.Conn, quiet time.Duration) {
	defer c.stop()
	conn.SetReadLimit(4096)
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(quiet)) }
	conn.SetPongHandler(alive)
	if alive("") != nil {
		return
	}
	for {
		if _, _, err := conn.NextReader(); err != nil {
			return
		}
	}
}
