package line

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/link"
	"jaanch/internal/lab"
)

// Limits of what is remembered of the lines. It is for the screen alone: every byte of a message is in the archive.
const (
	tapeBytes  = 64 << 10      // of one connection: 32 busy analyzers fill it in minutes, and it is never given back while they are on
	closedKept = 32            // connections that are over
	closedFor  = 2 * time.Hour // how long one that is over is still shown
)

// Tapes remember what passed on each connection lately.
type Tapes struct {
	newID   func() lab.ID
	now     func() time.Time
	zone    *time.Location // whose midnight ends the day of the faults
	touched func(lab.ID)
	mu      sync.Mutex
	tapes   map[lab.ID]*tape
	faults  map[lab.ID]dayCount // by instrument
}

// dayCount counts faults of one of the lab's days.
type dayCount struct {
	day  lab.Date
	n    int
	code string
	at   time.Time
}

// NewTapes makes the memory of the lines of a lab in that zone. touched is told of every change and must not wait; it may
// be nil.
func NewTapes(newID func() lab.ID, now func() time.Time, zone *time.Location, touched func(lab.ID)) *Tapes {
	if touched == nil {
		touched = func(lab.ID) {}
	}
	return &Tapes{newID: newID, now: now, zone: zone, touched: touched, tapes: map[lab.ID]*tape{}, faults: map[lab.ID]dayCount{}}
}

// tape is one connection.
type tape struct {
	id      lab.ID
	link    string
	address string
	since   time.Time
	closed  time.Time // zero while open
	heard   time.Time // last byte from the analyzer
	in, out int64
	parts   []part
	held    int
	peer    instruments.Peer
	state   instruments.State
	code    string
	faults  int
}

// part is a run of bytes in one direction.
type part struct {
	at    time.Time
	dir   instruments.Dir
	bytes []byte
}

// Watch makes a port that remembers what passes through it. What it gives behaves as the port itself.
func (t *Tapes) Watch(port link.Port, name string) link.Port {
	made := &tape{id: t.newID(), link: name, address: port.Address(), since: t.now()}
	t.mu.Lock()
	t.forget()
	t.tapes[made.id] = made
	t.mu.Unlock()
	t.touched(made.id)
	return &watched{Port: port, tapes: t, tape: made}
}

// forget drops what is too old or too much. The caller holds the lock.
func (t *Tapes) forget() {
	var over []*tape
	for _, x := range t.tapes {
		if !x.closed.IsZero() {
			over = append(over, x)
		}
	}
	slices.SortFunc(over, func(a, b *tape) int { return b.closed.Compare(a.closed) })
	for i, x := range over {
		if i >= closedKept || t.now().Sub(x.closed) > closedFor {
			delete(t.tapes, x.id)
		}
	}
}

// watched is a port with a tape running.
type watched struct {
	link.Port

	tapes *Tapes
	tape  *tape
	once  sync.Once
}

// Read reads the port.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Port.Read(b)
	w.tapes.add(w.tape, instruments.In, b[:n])
	if err != nil {
		w.once.Do(func() { w.tapes.end(w.tape) })
	}
	return n, err
}

// Write writes to the port.
func (w *watched) Write(b []byte) (int, error) {
	n, err := w.Port.Write(b)
	w.tapes.add(w.tape, instruments.Out, b[:n])
	return n, err
}

// Close closes the port; its tape stays for a while.
func (w *watched) Close() error {
	w.once.Do(func() { w.tapes.end(w.tape) })
	return w.Port.Close()
}

func (t *Tapes) add(x *tape, dir instruments.Dir, b []byte) {
	if len(b) == 0 {
		return
	}
	t.mu.Lock()
	now := t.now()
	if dir == instruments.In {
		x.in += int64(len(b))
		x.heard = now
	} else {
		x.out += int64(len(b))
	}
	if last := len(x.parts) - 1; last >= 0 && x.parts[last].dir == dir && now.Sub(x.parts[last].at) < joinWithin && len(x.parts[last].bytes) < joinBytes {
		x.parts[last].bytes = append(x.parts[last].bytes, b...)
	} else {
		x.parts = append(x.parts, part{at: now, dir: dir, bytes: bytes.Clone(b)})
	}
	for x.held += len(b); x.held > tapeBytes && len(x.parts) > 1; {
		x.held -= len(x.parts[0].bytes)
		x.parts = x.parts[1:]
	}
	t.mu.Unlock()
	t.touched(x.id)
}

// A line that brings one byte a read is shown in runs, not in bytes.
const (
	joinWithin = 50 * time.Millisecond
	joinBytes  = 16 << 10
)

func (t *Tapes) end(x *tape) {
	t.mu.Lock()
	x.closed = t.now()
	t.mu.Unlock()
	t.touched(x.id)
}

// Note takes what a connection tells of itself.
func (t *Tapes) Note(e instruments.Event) {
	t.mu.Lock()
	x := t.byPeer(e.Peer)
	if e.State == instruments.Faulty {
		t.fault(e, x)
	}
	if x == nil {
		t.mu.Unlock()
		return
	}
	if e.Peer.Instrument.IsZero() {
		e.Peer.Instrument = x.peer.Instrument
	}
	x.peer, x.state = e.Peer, e.State
	if e.Code != "" {
		x.code = e.Code
	}
	id := x.id
	t.mu.Unlock()
	t.touched(id)
}

// fault counts a fault on the instrument's account. The caller holds the lock.
func (t *Tapes) fault(e instruments.Event, x *tape) {
	id := e.Peer.Instrument
	if x != nil {
		x.faults++
		if id.IsZero() {
			id = x.peer.Instrument
		}
	}
	if id.IsZero() {
		return
	}
	day := t.day(e.At)
	c := t.faults[id]
	if c.day != day {
		c = dayCount{day: day}
	}
	c.n, c.code, c.at = c.n+1, e.Code, e.At
	t.faults[id] = c
}

// day is the lab's own: in UTC it would turn at half past five in the morning.
func (t *Tapes) day(at time.Time) lab.Date { return lab.DateOf(at.In(t.zone)) }

// byPeer finds the open tape of a connection. The caller holds the lock.
func (t *Tapes) byPeer(p instruments.Peer) *tape {
	var found *tape
	for _, x := range t.tapes {
		if x.closed.IsZero() && x.address == p.Address && x.link == p.Link && (found == nil || x.since.After(found.since)) {
			found = x
		}
	}
	return found
}

// Faults gives how many faults an instrument's lines had today since the node's start, and the newest one.
func (t *Tapes) Faults(instrument lab.ID) (n int, code string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.faults[instrument]
	if c.day != t.day(t.now()) {
		return 0, "", time.Time{}
	}
	return c.n, c.code, c.at
}

// Line is one connection as the screen shows it.
type Line struct {
	ID         lab.ID     `json:"id"`
	Link       string     `json:"link" doc:"The listener or the configured link: astm, hl7, a serial port, an analyzer's name."`
	Address    string     `json:"address"`
	Protocol   string     `json:"protocol" enum:"astm,hl7,raw,unknown"`
	Instrument lab.ID     `json:"instrument_id,omitempty,omitzero"`
	State      string     `json:"state" enum:"connected,idle,receiving,sending,error,disconnected"`
	Problem    string     `json:"problem,omitempty" doc:"Code of the newest fault."`
	Faults     int        `json:"faults"`
	Since      time.Time  `json:"since"`
	Closed     *time.Time `json:"closed,omitempty"`
	Heard      *time.Time `json:"heard,omitempty" doc:"When its last byte came."`
	In         int64      `json:"bytes_in"`
	Out        int64      `json:"bytes_out"`
}

// Lines are the connections, those that spoke last first.
type Lines struct {
	Lines []Line `json:"lines"`
}

// List gives all connections that are remembered.
func (t *Tapes) List() Lines {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	out := Lines{Lines: []Line{}}
	for _, x := range t.tapes {
		out.Lines = append(out.Lines, x.view())
	}
	slices.SortFunc(out.Lines, func(a, b Line) int {
		return cmp.Or(lastOf(b).Compare(lastOf(a)), bytes.Compare(b.ID[:], a.ID[:]))
	})
	return out
}

func lastOf(l Line) time.Time {
	if l.Heard != nil {
		return *l.Heard
	}
	return l.Since
}

func (x *tape) view() Line {
	l := Line{
		ID: x.id, Link: x.link, Address: x.address, Protocol: string(x.peer.Protocol), Instrument: x.peer.Instrument, State: string(x.state),
		Problem: x.code, Faults: x.faults, Since: x.since.UTC(), In: x.in, Out: x.out,
	}
	if l.Protocol == "" {
		l.Protocol = "unknown"
	}
	if l.State == "" {
		l.State = string(instruments.Connected)
	}
	if !x.closed.IsZero() {
		at := x.closed.UTC()
		l.Closed, l.State = &at, string(instruments.Disconnected)
	}
	if !x.heard.IsZero() {
		at := x.heard.UTC()
		l.Heard = &at
	}
	return l
}

// bytesOf gives what is remembered of a connection.
func (t *Tapes) bytesOf(id lab.ID) (Line, []part, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	x, ok := t.tapes[id]
	if !ok {
		return Line{}, nil, false
	}
	var out []part
	for _, p := range x.parts {
		p.bytes = bytes.Clone(p.bytes)
		out = append(out, p)
	}
	return x.view(), out, true
}
