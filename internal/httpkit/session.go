package httpkit

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"jaanch/internal/lab"
)

// The session cookie's names. A browser accepts the first only over HTTPS and only for the host that set it.
const (
	CookieSecure   = "__Host-jaanch"
	CookieLoopback = "jaanch"
)

// Session is one login of one person at one place.
type Session struct {
	ID       string    `json:"id"` // public and opaque, for lists and the journal; never the token
	User     lab.ID    `json:"user"`
	Org      lab.ID    `json:"org"`  // at the hub; zero at a node
	Name     string    `json:"name"` // shown in the list of sessions
	Roles    []string  `json:"roles"`
	Station  string    `json:"station"` // the PC, as it is called in the lab
	Remote   string    `json:"remote"`  // address it was opened from
	Shared   bool      `json:"shared"`  // a bench PC that several people use: the short idle limit
	Created  time.Time `json:"created"`
	LastSeen time.Time `json:"last_seen"` // to the minute
	Proved   time.Time `json:"proved"`    // when password, PIN or key was last asked for: signing wants it within 10 minutes
}

// Actor gives the session's person as the actor of a change.
func (s Session) Actor() lab.Actor {
	return lab.Actor{Kind: lab.ActorUser, ID: s.User, Session: s.ID, Station: s.Station, Roles: s.Roles}
}

// ProvedWithin tells whether the person proved who they are within that time.
func (s Session) ProvedWithin(now time.Time, limit time.Duration) bool {
	age := now.Sub(s.Proved)
	return age >= 0 && age <= limit
}

// SessionOptions set the limits. Zero values mean 60 minutes idle, 15 on a shared PC, 12 hours in all.
type SessionOptions struct {
	Idle       time.Duration
	IdleShared time.Duration
	Absolute   time.Duration
	Now        func() time.Time
	// BehindTLS says that a proxy in front speaks HTTPS to the browser, so that cookies are Secure although the
	// requests that arrive here are not.
	BehindTLS bool
}

// The tables that the two session stores expect. The node's is in a file of its own; expired rows are removed by the
// store itself, whose clean-up the caller starts and stops.
const (
	SessionTableSQLite = `CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, data BLOB NOT NULL, expiry REAL NOT NULL);
CREATE INDEX IF NOT EXISTS sessions_expiry ON sessions(expiry);`
	SessionTablePostgres = `CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, data BYTEA NOT NULL, expiry TIMESTAMPTZ NOT NULL);
CREATE INDEX IF NOT EXISTS sessions_expiry ON sessions(expiry);`
)

// Sessions keeps logins in a store that the caller gives (scs/sqlite3store at a node, scs/pgxstore at the hub). Tokens
// have 256 random bits and only their SHA-256 is stored, so that a copy of the store opens nothing.
type Sessions struct {
	scs   *scs.SessionManager
	store scs.Store
	opt   SessionOptions
}

const (
	recordKey     = "session"
	touchInterval = time.Minute
)

// NewSessions makes the keeper of logins.
func NewSessions(store scs.Store, o SessionOptions) *Sessions {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Idle = orDefault(o.Idle, time.Hour)
	o.IdleShared = orDefault(o.IdleShared, 15*time.Minute)
	o.Absolute = orDefault(o.Absolute, 12*time.Hour)
	m := scs.New()
	m.Store = store
	m.HashTokenInStore = true
	m.Lifetime = o.Absolute
	return &Sessions{scs: m, store: store, opt: o}
}

func orDefault(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}

type (
	sessionKey struct{}
	secureKey  struct{}
)

// Middleware reads the cookie and puts the session, if there is a living one, into the context. It refuses nothing by
// itself: routes ask by SessionOf.
func (s *Sessions) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), secureKey{}, s.isSecure(r))
		ctx = context.WithValue(ctx, remoteKey{}, RemoteIP(r))
		ctx, err := s.scs.Load(ctx, s.token(r))
		if err != nil {
			WriteProblem(w, r, unavailable(err))
			return
		}
		session, ok := s.current(ctx)
		if ok {
			if err := s.touch(ctx, &session); err != nil {
				WriteProblem(w, r, unavailable(err))
				return
			}
			ctx = context.WithValue(ctx, sessionKey{}, session)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func unavailable(err error) *lab.Error {
	return &lab.Error{
		Kind: lab.KindUnavailable, Code: "sessions_unavailable", Message: "Logins cannot be read right now. Try again.", Cause: err,
	}
}

// SessionOf gives the session of the request; an unauthenticated error where there is none.
func SessionOf(ctx context.Context) (Session, error) {
	session, ok := ctx.Value(sessionKey{}).(Session)
	if !ok {
		return Session{}, &lab.Error{Kind: lab.KindUnauthenticated, Code: "login_needed", Message: "Log in first."}
	}
	return session, nil
}

// isSecure tells whether the browser speaks HTTPS to us.
func (s *Sessions) isSecure(r *http.Request) bool { return r.TLS != nil || s.opt.BehindTLS }

// token gives the token out of the one cookie that counts on this kind of connection. Plain HTTP counts on loopback
// alone.
func (s *Sessions) token(r *http.Request) string {
	name := CookieSecure
	if !s.isSecure(r) {
		if !isLoopback(r) {
			return ""
		}
		name = CookieLoopback
	}
	c, err := r.Cookie(name)
	if err != nil || len(c.Value) > 128 {
		return ""
	}
	return c.Value
}

// current reads the session record and holds it against both limits with our own clock. A clock that went back to
// before the login revives nothing.
func (s *Sessions) current(ctx context.Context) (Session, bool) {
	session, ok := decodeSession(s.scs.GetBytes(ctx, recordKey))
	return session, ok && s.alive(session)
}

func (s *Sessions) alive(session Session) bool {
	now, idle := s.opt.Now(), s.opt.Idle
	if session.Shared {
		idle = s.opt.IdleShared
	}
	return now.Sub(session.LastSeen) <= idle && now.Sub(session.Created) <= s.opt.Absolute &&
		!now.Before(session.Created.Add(-touchInterval))
}

func (s *Sessions) touch(ctx context.Context, session *Session) error {
	now := s.opt.Now()
	if now.Sub(session.LastSeen) < touchInterval {
		return nil
	}
	session.LastSeen = now
	_, err := s.save(ctx, *session)
	return err
}

func (s *Sessions) save(ctx context.Context, session Session) (string, error) {
	body, err := json.Marshal(session)
	if err != nil {
		return "", fmt.Errorf("encode session: %w", err)
	}
	s.scs.Put(ctx, recordKey, body)
	token, _, err := s.scs.Commit(ctx)
	if err != nil {
		return "", fmt.Errorf("store session: %w", err)
	}
	return token, nil
}

func decodeSession(body []byte) (Session, bool) {
	var session Session
	if len(body) == 0 || json.Unmarshal(body, &session) != nil {
		return Session{}, false
	}
	return session, true
}

// Login opens a session under a new token and gives the cookie to set. The caller has checked the credentials. ID and
// the times are filled in here, Remote when it is empty.
func (s *Sessions) Login(ctx context.Context, session Session) (Session, *http.Cookie, error) {
	if err := s.scs.RenewToken(ctx); err != nil {
		return Session{}, nil, fmt.Errorf("new session token: %w", err)
	}
	now := s.opt.Now()
	session.ID, session.Created, session.LastSeen, session.Proved = rand.Text(), now, now, now
	if session.Remote == "" {
		session.Remote = RemoteOf(ctx)
	}
	token, err := s.save(ctx, session)
	if err != nil {
		return Session{}, nil, err
	}
	return session, s.cookie(ctx, token, 0), nil
}

// Prove notes that the person has just proved who they are again, and gives the cookie of a new token, since a session
// that can do more must not keep its old name.
func (s *Sessions) Prove(ctx context.Context) (Session, *http.Cookie, error) {
	session, err := SessionOf(ctx)
	if err != nil {
		return Session{}, nil, err
	}
	if err := s.scs.RenewToken(ctx); err != nil {
		return Session{}, nil, fmt.Errorf("new session token: %w", err)
	}
	session.Proved, session.LastSeen = s.opt.Now(), s.opt.Now()
	token, err := s.save(ctx, session)
	if err != nil {
		return Session{}, nil, err
	}
	return session, s.cookie(ctx, token, 0), nil
}

// Logout ends the session of the request and gives the cookie that removes the browser's. Send ClearSiteData with it.
func (s *Sessions) Logout(ctx context.Context) (*http.Cookie, error) {
	if err := s.scs.Destroy(ctx); err != nil {
		return nil, fmt.Errorf("end session: %w", err)
	}
	return s.cookie(ctx, "", -1), nil
}

// ClearSiteData is the header that makes a browser forget what it kept of us; sent at logout.
const (
	ClearSiteDataHeader = "Clear-Site-Data"
	ClearSiteData       = `"cache", "cookies", "storage"`
)

// cookie lives until the browser closes; the server's limits decide before that.
func (s *Sessions) cookie(ctx context.Context, token string, maxAge int) *http.Cookie {
	secure, _ := ctx.Value(secureKey{}).(bool)
	c := &http.Cookie{
		Name: CookieLoopback, Value: token, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if secure {
		c.Name, c.Secure = CookieSecure, true
	}
	return c
}

// Ends gives when a session ends at the latest, for a websocket that it opened.
func (s *Sessions) Ends(session Session) time.Time { return session.Created.Add(s.opt.Absolute) }

// List gives the living sessions, newest first; of one user, or of all when user is zero.
func (s *Sessions) List(ctx context.Context, user lab.ID) ([]Session, error) {
	out := []Session{}
	err := s.each(ctx, func(_ string, session Session) error {
		if s.alive(session) && (user.IsZero() || session.User == user) {
			out = append(out, session)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b Session) int { return b.Created.Compare(a.Created) })
	return out, err
}

// Kill ends the sessions that match; it gives their ids, so that open websockets can be closed with them. A user who is
// disabled loses all of theirs by it.
func (s *Sessions) Kill(ctx context.Context, match func(Session) bool) ([]string, error) {
	var killed []string
	err := s.each(ctx, func(key string, session Session) error {
		if !match(session) {
			return nil
		}
		if err := s.delete(ctx, key); err != nil {
			return err
		}
		killed = append(killed, session.ID)
		return nil
	})
	return killed, err
}

// each walks the store itself: its keys are hashes already, which scs would hash again.
func (s *Sessions) each(ctx context.Context, visit func(key string, session Session) error) error {
	all, err := s.all(ctx)
	if err != nil {
		return fmt.Errorf("list sessions: %w", err)
	}
	for key, body := range all {
		_, values, err := s.scs.Codec.Decode(body)
		if err != nil {
			continue // written by an older version; it expires by itself
		}
		record, _ := values[recordKey].([]byte)
		session, ok := decodeSession(record)
		if !ok {
			continue
		}
		if err := visit(key, session); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sessions) all(ctx context.Context) (map[string][]byte, error) {
	if c, ok := s.store.(scs.IterableCtxStore); ok {
		return c.AllCtx(ctx) //nolint:wrapcheck // each wraps it
	}
	it, ok := s.store.(scs.IterableStore)
	if !ok {
		return nil, fmt.Errorf("store %T cannot list", s.store)
	}
	return it.All() //nolint:wrapcheck // each wraps it
}

func (s *Sessions) delete(ctx context.Context, key string) error {
	var err error
	if c, ok := s.store.(scs.CtxStore); ok {
		err = c.DeleteCtx(ctx, key)
	} else {
		err = s.store.Delete(key)
	}
	if err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// isLoopback tells whether the request comes from this machine and asks for it by a loopback name. The name counts
// too: a page of another site whose name was made to point here must not pass for us.
func isLoopback(r *http.Request) bool {
	peer, err := netip.ParseAddr(RemoteIP(r))
	return err == nil && peer.Unmap().IsLoopback() && isLoopbackName(r.Host)
}

func isLoopbackName(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
