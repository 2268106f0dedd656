package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jaanch/internal/edge"
	"jaanch/internal/edge/api"
	"jaanch/internal/httpkit"
	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

// demoNode opens a node with a demonstration lab and serves its API to the test.
func demoNode(t *testing.T) (*edge.Node, *httptest.Server) {
	t.Helper()
	c, err := edge.Load("", map[string]any{"data": filepath.Join(t.TempDir(), "node"), "demo": true})
	if err != nil {
		t.Fatal(err)
	}
	n, err := edge.Open(t.Context(), edge.Options{Config: c, Logger: telemetry.Discard(), Version: "test", WeakPasswords: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := n.Demo(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n, serve(t, n)
}

// serve serves a node's screens and API to the test.
func serve(t *testing.T, n *edge.Node) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(n.Handler())
	t.Cleanup(srv.Close)
	return srv
}

type browser struct {
	t    *testing.T
	base string
	http *http.Client
}

func open(t *testing.T, srv *httptest.Server, login string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, base: srv.URL + "/api/v1", http: &http.Client{Jar: jar}}
	if login != "" {
		if status, body := b.call(http.MethodPost, "/session/login", map[string]string{"login": login, "password": edge.DemoPassword}); status != http.StatusOK {
			t.Fatalf("log in %s: %d %s", login, status, body)
		}
	}
	return b
}

func (b *browser) call(method, path string, in any) (int, []byte) {
	b.t.Helper()
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			b.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, b.base+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", "0123456789abcdef0123456789abcdef")
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, raw
}

// address fills the places of a route's path with something that does not exist.
func address(rt api.Route) string {
	path := rt.Path
	for place, value := range map[string]string{
		"{id}": "01a20086-6fc4-7001-aa7e-8b79e9fe794d", "{test}": "01a20086-6fc4-7001-aa7e-8b79e9fe794d", "{day}": "2026-11-21", "{entity}": "patient",
	} {
		path = strings.ReplaceAll(path, place, value)
	}
	return path
}

// leaves tells whether a call of the route would end the session that the walk stands on.
func leaves(rt api.Route) bool { return strings.HasPrefix(rt.Path, "/session/") }

// Every route is walked by nobody and by each role of the demonstration lab: it answers 401 or 403 exactly where its rule
// refuses, whatever the rest of the request is.
func TestAccessMatrix(t *testing.T) {
	t.Parallel()
	n, srv := demoNode(t)
	people := map[string]httpkit.Session{"": {}}
	for _, d := range edge.DemoLogins() {
		people[d.Login] = httpkit.Session{User: lab.ID{1}, Roles: []string{d.Role}, Proved: time.Now()}
	}
	if len(n.Routes) < 90 {
		t.Fatalf("only %d routes: the walk misses something", len(n.Routes))
	}
	refused := 0
	for login, session := range people {
		b := open(t, srv, login)
		for _, rt := range n.Routes {
			if rt.Rule.IsZero() {
				t.Errorf("%s %s has no rule", rt.Method, rt.Path)
			}
			if leaves(rt) {
				continue
			}
			want := rt.Rule.Check(session, login != "", time.Now())
			status, body := b.call(rt.Method, address(rt), nil)
			got := status == http.StatusUnauthorized || status == http.StatusForbidden
			if got != (want != nil) {
				t.Errorf("%q %s %s: status %d, rule %s says %v: %.200s", login, rt.Method, rt.Path, status, rt.Rule, want, body)
			}
			if want != nil {
				refused++
			}
			if status >= http.StatusInternalServerError {
				t.Errorf("%q %s %s: %d %s", login, rt.Method, rt.Path, status, body)
			}
		}
	}
	if refused < 100 {
		t.Errorf("only %d refusals: the walk proves nothing", refused)
	}
}

// Who is logged in is asked on every first load: nobody is an answer without contents, not a fault.
func TestNobodyIsNoFault(t *testing.T) {
	t.Parallel()
	_, srv := demoNode(t)
	if status, body := open(t, srv, "").call(http.MethodGet, "/session", nil); status != http.StatusNoContent || len(body) != 0 {
		t.Errorf("nobody: status %d, %q", status, body)
	}
	if status, body := open(t, srv, "tech").call(http.MethodGet, "/session", nil); status != http.StatusOK || len(body) == 0 {
		t.Errorf("technician: status %d, %q", status, body)
	}
}

// The document that is committed beside the code is the one that the program makes.
func TestDocumentIsCommitted(t *testing.T) {
	t.Parallel()
	var made bytes.Buffer
	if err := api.Document(&made, "dev"); err != nil {
		t.Fatal(err)
	}
	committed := readFile(t, filepath.Join("..", "..", "docs", "openapi-edge.json"))
	if !bytes.Equal(made.Bytes(), committed) {
		t.Error("docs/openapi-edge.json is not what the program makes: run edge openapi > docs/openapi-edge.json")
	}
}
