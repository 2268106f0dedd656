package httpkit_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
)

type liveMessage struct {
	Type    string
	Seq     int64
	Touched []struct{ Entity, ID string }
}

func startLive(t *testing.T, o httpkit.LiveOptions, s httpkit.Subscriber) (*httpkit.Live, string) {
	t.Helper()
	live := httpkit.NewLive(o)
	server := httptest.NewServer(live.Handler(func(r *http.Request) (httpkit.Subscriber, error) {
		if r.URL.Path == "/refused" {
			return s, &lab.Error{Kind: lab.KindUnauthenticated, Code: "login_needed"}
		}
		return s, nil
	}))
	t.Cleanup(func() {
		live.Close()
		server.Close()
	})
	return live, "ws" + strings.TrimPrefix(server.URL, "http")
}

func dial(t *testing.T, url string, header http.Header) *websocket.Conn {
	t.Helper()
	conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), url, header)
	if err != nil {
		t.Fatalf("dial: %v %v", err, resp)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func next(t *testing.T, conn *websocket.Conn) liveMessage {
	t.Helper()
	var m liveMessage
	if err := conn.ReadJSON(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLiveTellsChanges(t *testing.T) {
	t.Parallel()
	scope := lab.ID{1}
	live, url := startLive(t, httpkit.LiveOptions{Interval: time.Millisecond}, httpkit.Subscriber{Scope: scope})
	live.Publish(httpkit.Event{Scope: scope, Seq: 41})
	conn := dial(t, url, nil)
	if m := next(t, conn); m.Type != "hello" || m.Seq != 41 {
		t.Fatalf("%+v", m)
	}
	live.Publish(httpkit.Event{Scope: lab.ID{2}, Seq: 99, Touched: []httpkit.Touch{{Entity: "patient", ID: lab.ID{9}}}})
	live.Publish(httpkit.Event{Scope: scope, Seq: 42, Touched: []httpkit.Touch{{Entity: "result", ID: lab.ID{8}}}})
	m := next(t, conn)
	if m.Type != "change" || m.Seq != 42 || len(m.Touched) != 1 || m.Touched[0].Entity != "result" || m.Touched[0].ID != (lab.ID{8}).String() {
		t.Errorf("%+v", m)
	}
}

// While the writer rests, changes gather into one message, and each record is named once.
func TestLiveCoalesces(t *testing.T) {
	t.Parallel()
	live, url := startLive(t, httpkit.LiveOptions{Interval: 300 * time.Millisecond}, httpkit.Subscriber{})
	conn := dial(t, url, nil)
	next(t, conn)
	for i := range 100 {
		live.Publish(httpkit.Event{Seq: int64(i + 1), Touched: []httpkit.Touch{{Entity: "result", ID: lab.ID{byte(i % 3)}}}})
	}
	total, messages := 0, 0
	for {
		m := next(t, conn)
		messages++
		total += len(m.Touched)
		if m.Seq == 100 {
			break
		}
	}
	if messages > 2 || total > 6 {
		t.Errorf("%d messages, %d records for 100 changes of 3 records", messages, total)
	}
}

func TestLiveSlowClientIsToldToResync(t *testing.T) {
	t.Parallel()
	live, url := startLive(t, httpkit.LiveOptions{Interval: 300 * time.Millisecond, MaxTouched: 10}, httpkit.Subscriber{})
	conn := dial(t, url, nil)
	next(t, conn)
	for i := range 50 {
		live.Publish(httpkit.Event{Seq: int64(i + 1), Touched: []httpkit.Touch{{Entity: "result", ID: lab.ID{byte(i)}}}})
	}
	for {
		m := next(t, conn)
		if m.Type == "resync" && m.Seq == 50 && len(m.Touched) == 0 {
			return
		}
		if m.Seq >= 50 {
			t.Fatalf("%+v", m)
		}
	}
}

func TestLiveEndsWithTheSession(t *testing.T) {
	t.Parallel()
	live, url := startLive(t, httpkit.LiveOptions{}, httpkit.Subscriber{Session: "s1"})
	conn := dial(t, url, nil)
	next(t, conn)
	live.Drop("another")
	live.Publish(httpkit.Event{Seq: 5})
	if m := next(t, conn); m.Seq != 5 {
		t.Fatalf("%+v", m)
	}
	live.Drop("s1")
	_, _, err := conn.ReadMessage()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.CloseGoingAway {
		t.Errorf("%v", err)
	}
}

func TestLiveEndsWhenTheSessionDoes(t *testing.T) {
	t.Parallel()
	_, url := startLive(t, httpkit.LiveOptions{}, httpkit.Subscriber{Until: time.Now().Add(100 * time.Millisecond)})
	conn := dial(t, url, nil)
	next(t, conn)
	_, _, err := conn.ReadMessage()
	if closed, ok := errors.AsType[*websocket.CloseError](err); !ok || closed.Code != websocket.CloseGoingAway {
		t.Errorf("%v", err)
	}
}

func TestLivePings(t *testing.T) {
	t.Parallel()
	_, url := startLive(t, httpkit.LiveOptions{Ping: 200 * time.Millisecond}, httpkit.Subscriber{})
	conn := dial(t, url, nil)
	pinged := errors.New("pinged")
	conn.SetPingHandler(func(string) error { return pinged })
	next(t, conn)
	if _, _, err := conn.ReadMessage(); !errors.Is(err, pinged) {
		t.Errorf("%v", err)
	}
}

func TestLiveClientWithoutPongsIsDropped(t *testing.T) {
	t.Parallel()
	live, url := startLive(t, httpkit.LiveOptions{Ping: 50 * time.Millisecond}, httpkit.Subscriber{})
	conn := dial(t, url, nil)
	conn.SetPingHandler(func(string) error { return nil }) // hears, and never answers
	next(t, conn)
	if _, _, err := conn.ReadMessage(); err == nil || live.Clients() > 1 {
		t.Errorf("%v, %d clients", err, live.Clients())
	}
}

func TestLiveAdmission(t *testing.T) {
	t.Parallel()
	_, url := startLive(t, httpkit.LiveOptions{MaxClients: 1}, httpkit.Subscriber{})
	host := strings.TrimPrefix(url, "ws://")
	for _, tc := range []struct {
		name, path string
		header     http.Header
		status     int
	}{
		{"another site", "", http.Header{"Origin": {"https://evil.example"}}, 403},
		{"cookies without an origin", "", http.Header{"Cookie": {"jaanch=x"}}, 403},
		{"nobody logged in", "/refused", nil, 401},
	} {
		_, resp, err := websocket.DefaultDialer.DialContext(t.Context(), url+tc.path, tc.header)
		if err == nil || resp == nil || resp.StatusCode != tc.status {
			t.Errorf("%s: %v, %v", tc.name, err, resp)
		}
	}
	dial(t, url, http.Header{"Origin": {"http://" + host}, "Cookie": {"jaanch=x"}})
	_, resp, err := websocket.DefaultDialer.DialContext(t.Context(), url, nil)
	if err == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("beyond the limit: %v", fmt.Sprint(resp))
	}
}

// The router's wrappers must let a websocket through.
func TestLiveBehindTheRouter(t *testing.T) {
	t.Parallel()
	router, err := httpkit.NewRouter(httpkit.RouterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	live := httpkit.NewLive(httpkit.LiveOptions{})
	router.Handle("/api/v1/live", live.Handler(func(*http.Request) (httpkit.Subscriber, error) { return httpkit.Subscriber{}, nil }))
	server := httptest.NewServer(router)
	t.Cleanup(func() {
		live.Close()
		server.Close()
	})
	conn := dial(t, "ws"+strings.TrimPrefix(server.URL, "http")+"/api/v1/live", http.Header{"Origin": {server.URL}})
	if m := next(t, conn); m.Type != "hello" {
		t.Errorf("%+v", m)
	}
}
