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
}

func newLines() *lines {
	return &lines{conn: map[lab.ID]instruments.Event{}, stored: map[lab.ID]lab.ID{}, profile: map[lab.ID]string{}}
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
		return
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
