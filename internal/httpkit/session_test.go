package httpkit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"database/sql"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/sqlite3store"
	_ "modernc.org/sqlite"

	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type desk struct {
	clock    *clock
	sessions *httpkit.Sessions
	file     string
	handler  http.Handler
}

// newDesk keeps sessions in a real SQLite file, as a node does, behind four addresses: /in, /prove, /out and /who.
func newDesk(t *testing.T, shared bool) *desk {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sessions.db")
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), httpkit.SessionTableSQLite); err != nil {
		t.Fatal(err)
	}
	d := &desk{clock: newClock(), file: file}
	d.sessions = httpkit.NewSessions(sqlite3store.NewWithCleanupInterval(db, 0), httpkit.SessionOptions{Now: d.clock.Now})
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, r *http.Request, c *http.Cookie, err error) {
		if err != nil {
			httpkit.WriteProblem(w, r, err)
			return
		}
		http.SetCookie(w, c)
	}
	mux.HandleFunc("/in", func(w http.ResponseWriter, r *http.Request) {
		_, c, err := d.sessions.Login(r.Context(), httpkit.Session{User: lab.ID{7}, Name: "Desk", Roles: []string{"technician"}, Shared: shared})
		answer(w, r, c, err)
	})
	mux.HandleFunc("/prove", func(w http.ResponseWriter, r *http.Request) {
		_, c, err := d.sessions.Prove(r.Context())
		answer(w, r, c, err)
	})
	mux.HandleFunc("/out", func(w http.ResponseWriter, r *http.Request) {
		c, err := d.sessions.Logout(r.Context())
		w.Header().Set(httpkit.ClearSiteDataHeader, httpkit.ClearSiteData)
		answer(w, r, c, err)
	})
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
		s, err := httpkit.SessionOf(r.Context())
		if err != nil {
			httpkit.WriteProblem(w, r, err)
			return
		}
		_, _ = w.Write([]byte(s.ID))
	})
	d.handler = d.sessions.Middleware(mux)
	return d
}

func (d *desk) get(path string, https bool, cookie *http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	r.RemoteAddr = "127.0.0.1:999"
	if https {
		r.TLS = &tls.ConnectionState{}
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

func (d *desk) login(t *testing.T, https bool) *http.Cookie {
	t.Helper()
	w := d.get("/in", https, nil)
	if w.Code != 200 || len(w.Result().Cookies()) != 1 {
		t.Fatalf("log-in: %d %s", w.Code, w.Body)
	}
	return w.Result().Cookies()[0]
}

func TestCookieFlags(t *testing.T) {
	t.Parallel()
	d := newDesk(t, false)
	for _, tc := range []struct {
		https bool
		name  string
	}{{true, "__Host-jaanch"}, {false, "jaanch"}} {
		c := d.login(t, tc.https)
		if c.Name != tc.name || c.Secure != tc.https || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("https %v: %+v", tc.https, c)
		}
		if raw, err := base64.RawURLEncoding.DecodeString(c.Value); err != nil || len(raw) != 32 {
			t.Errorf("token of %d bytes, %v", len(raw), err)
		}
	}
}

func TestPlainHTTPFromElsewhereHasNoSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t, false)
	c := d.login(t, false)
	for _, tc := range []struct{ remote, host string }{
		{"192.168.1.9:1", "192.168.1.2:8080"}, {"127.0.0.1:1", "rebound.example:8080"},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://"+tc.host+"/who", nil)
		r.RemoteAddr = tc.remote
		r.AddCookie(c)
		w := httptest.NewRecorder()
		d.handler.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%+v: %d", tc, w.Code)
		}
	}
}

func TestOnlyTheHashIsStored(t *testing.T) {
	t.Parallel()
	d := newDesk(t, false)
	c := d.login(t, false)
	stored, err := os.ReadFile(d.file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(c.Value))
	if bytes.Contains(stored, []byte(c.Value)) {
		t.Error("the token itself is in the file")
	}
	if !bytes.Contains(stored, []byte(base64.RawURLEncoding.EncodeToString(sum[:]))) {
		t.Error("its SHA-256 is not")
	}
}

func TestIdleAndAbsoluteLimits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		shared bool
		step   time.Duration
		alive  int // requests that still find the session
	}{
		{"office in use", false, 59 * time.Minute, 12}, // 12 × 59 min < 12 h < 13 × 59 min
		{"office idle", false, 61 * time.Minute, 0},
		{"bench in use", true, 14 * time.Minute, 51},
		{"bench idle", true, 16 * time.Minute, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, tc.shared)
			c := d.login(t, true)
			for i := 1; ; i++ {
				d.clock.Add(tc.step)
				code := d.get("/who", true, c).Code
				if i <= tc.alive && code != 200 {
					t.Fatalf("request %d: %d", i, code)
				}
				if i > tc.alive {
					if code != http.StatusUnauthorized {
						t.Fatalf("request %d: %d, the limit did not end it", i, code)
					}
					return
				}
			}
		})
	}
}

func TestClockGoingBackRevivesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, false)
	c := d.login(t, true)
	d.clock.Add(-24 * time.Hour)
	if code := d.get("/who", true, c).Code; code != http.StatusUnauthorized {
		t.Errorf("%d", code)
	}
}

func TestNewTokenAtLoginAndProof(t *testing.T) {
	t.Parallel()
	d := newDesk(t, false)
	first := d.login(t, true)
	again := d.get("/in", true, first).Result().Cookies()[0]
	if again.Value == first.Value || d.get("/who", true, first).Code == 200 {
		t.Error("a log-in kept the token that was there before")
	}
	proved := d.get("/prove", true, again).Result().Cookies()[0]
	if proved.Value == again.Value || d.get("/who", true, again).Code == 200 || d.get("/who", true, proved).Code != 200 {
		t.Error("a step up kept the token")
	}
}

func TestLogoutAndKill(t *testing.T) {
	t.Parallel()
	d := newDesk(t, false)
	a, b := d.login(t, true), d.login(t, true)
	w := d.get("/out", true, a)
	if got := w.Result().Cookies()[0]; got.MaxAge >= 0 || got.Name != httpkit.CookieSecure {
		t.Errorf("cookie %+v", got)
	}
	if w.Header().Get("Clear-Site-Data") == "" {
		t.Error("no Clear-Site-Data")
	}
	if d.get("/who", true, a).Code == 200 {
		t.Error("the session outlived the log-out")
	}
	list, err := d.sessions.List(context.Background(), lab.ID{7})
	if err != nil || len(list) != 1 || list[0].ID != d.get("/who", true, b).Body.String() {
		t.Fatalf("list %+v, %v", list, err)
	}
	killed, err := d.sessions.Kill(context.Background(), func(s httpkit.Session) bool { return s.User == lab.ID{7} })
	if err != nil || len(killed) != 1 || killed[0] != list[0].ID {
		t.Fatalf("killed %v, %v", killed, err)
	}
	if d.get("/who", true, b).Code == 200 {
		t.Error("a killed session lives")
	}
}

func TestProvedWithin(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := httpkit.Session{Proved: now.Add(-10 * time.Minute)}
	if !s.ProvedWithin(now, 10*time.Minute) || s.ProvedWithin(now.Add(time.Second), 10*time.Minute) || s.ProvedWithin(now.Add(-time.Hour), 10*time.Minute) {
		t.Error("the ten minutes are not kept")
	}
}
