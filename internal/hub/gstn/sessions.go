package gstn

import (
	"context"
	"crypto/sha256"
	"strings"
	"sync"
	"time"

	"jaanch/internal/hub/outbox"
	"jaanch/internal/telemetry"
)

// The times of a log-in.
const (
	// early is how long before its end a token is renewed; the portal renews in the last ten minutes only.
	early = 5 * time.Minute
	// resting is how long a refused log-in is not tried again: the portal blocks who tries too often.
	resting = 5 * time.Minute
)

// Sessions keeps the log-ins of a replica, one for each user. One caller renews, the others wait for it. The zero value
// is ready.
type Sessions struct {
	mu   sync.Mutex
	held map[[sha256.Size]byte]*slot
}

// slot is the log-in of one user. Whoever holds the turn may read and renew it.
type slot struct {
	turn    chan struct{}
	session Session
	refused outbox.Outcome
	until   time.Time // of the refusal
}

// who names a user with all that a log-in depends on, so that changed credentials are tried at once.
func who(parts ...string) [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.Join(parts, "\x00")))
}

func (s *Sessions) slot(key [sha256.Size]byte) *slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[[sha256.Size]byte]*slot{}
	}
	if s.held[key] == nil {
		s.held[key] = &slot{turn: make(chan struct{}, 1)}
	}
	return s.held[key]
}

// login makes a log-in; force asks for a new token although the old one lives.
type login func(ctx context.Context, force bool) (Session, outbox.Outcome)

// get gives a live session. Stale is a token that the portal refused, which is not given again.
func (s *Sessions) get(ctx context.Context, key [sha256.Size]byte, now time.Time, stale telemetry.Secret, do login) (Session, outbox.Outcome) {
	at := s.slot(key)
	select {
	case at.turn <- struct{}{}:
		defer func() { <-at.turn }()
	case <-ctx.Done():
		return Session{}, outbox.Outcome{Class: outbox.Later, Code: "irp_login_waits"}
	}
	live := at.session.Token.IsSet() && now.Before(at.session.Expires)
	if live && at.session.Token != stale && now.Before(at.session.Expires.Add(-early)) {
		return at.session, outbox.Outcome{Class: outbox.Done}
	}
	if now.Before(at.until) {
		return Session{}, at.refused
	}
	got, out := do(ctx, live)
	switch out.Class {
	case outbox.Done:
		at.session, at.until = got, time.Time{}
	case outbox.Halted:
		at.session, at.refused, at.until = Session{}, out, now.Add(resting)
	case outbox.Unknown: // nobody was billed by a log-in; the call itself never left
		out.Class = outbox.Later
	case outbox.Later, outbox.Refused, outbox.Absent:
	}
	return got, out
}
