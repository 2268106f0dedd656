package bench

import (
	"sync"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/lab"
)

// lines is what connections do at the moment, by connection. It is only for the screen and is lost at a restart.
type lines struct {
	mu      sync.Mutex
	conn    map[lab.ID]instruments.Event
	stored  map[lab.ID]lab.ID // by connection, the raw session that was stored last
	profile map[lab.ID]string // that last read an instrument's messages: a hint, checked in the update
	own     map[lab.ID]bool   // connections of lines that the set-up gives to one instrument
	blank   map[lab.ID]bool   // connections that spoke without a name
}

func newLines() *lines {
	return &lines{conn: map[lab.ID]instruments.Event{}, stored: map[lab.ID]lab.ID{}, profile: map[lab.ID]string{}, own: map[lab.ID]bool{}, blank: map[lab.ID]bool{}}
}

// readBy notes which profile read an instrument's messages.
func (l *lines) readBy(instrument lab.ID, profile string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.profile[instrument] = profile
}

// reader gives the profile that is likely to read an instrument's next message; empty where none did yet.
func (l *lines) reader(instrument lab.ID) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.profile[instrument]
}

func (l *lines) note(e instruments.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.State == instruments.Disconnected {
		delete(l.conn, e.Peer.Conn)
		delete(l.stored, e.Peer.Conn)
		delete(l.own, e.Peer.Conn)
		delete(l.blank, e.Peer.Conn)
		return
	}
	if _, known := l.conn[e.Peer.Conn]; !known && !e.Peer.Instrument.IsZero() {
		l.own[e.Peer.Conn] = true
	}
	if e.Peer.Instrument.IsZero() {
		e.Peer.Instrument = l.conn[e.Peer.Conn].Peer.Instrument
	}
	l.conn[e.Peer.Conn] = e
}

// keeps notes the raw session of a connection that a commit has just made durable.
func (l *lines) keeps(conn, session lab.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, alive := l.conn[conn]; alive {
		l.stored[conn] = session
	}
}

// session gives the raw session of a connection that is certainly stored; zero where none is known to be.
func (l *lines) session(conn lab.ID) lab.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stored[conn]
}

// bind names the instrument behind a connection once it is known.
func (l *lines) bind(conn, instrument lab.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.conn[conn]; ok {
		e.Peer.Instrument = instrument
		l.conn[conn] = e
	}
}

// blankOf notes that a connection spoke without a name, unless its line belongs to one instrument.
func (l *lines) blankOf(p instruments.Peer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, open := l.conn[p.Conn]; open && !l.own[p.Conn] {
		l.blank[p.Conn] = true
	}
}

// crowded tells whether a connection that spoke without a name stands beside another such one at the same place: nobody can
// tell then who of them is who, and one may not be taken for the other.
func (l *lines) crowded(p instruments.Peer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.blank[p.Conn] {
		return false
	}
	for conn := range l.blank {
		other := l.conn[conn].Peer
		if conn != p.Conn && other.Link == p.Link && host(other.Address) == host(p.Address) {
			return true
		}
	}
	return false
}

// of gives the state of an instrument's line, and since when.
func (l *lines) of(instrument lab.ID) (instruments.State, time.Time, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.conn {
		if e.Peer.Instrument == instrument {
			return e.State, e.At, e.Code
		}
	}
	return instruments.Disconnected, time.Time{}, ""
}

// instrument gives the instrument behind a connection; zero while it is not known.
func (l *lines) instrument(conn lab.ID) lab.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn[conn].Peer.Instrument
}
